// librdkafka, wrapped once: a producer.

import CRdKafka

/// How a message's key decides its partition.
public enum Partitioner: String, Sendable, CaseIterable {
  /// As Kafka's own (Java) clients; a message without key goes anywhere.
  case murmur2
  /// As librdkafka's default, which most other clients have.
  case crc32

  var property: String { self == .murmur2 ? "murmur2_random" : "consistent_random" }
}

/// Sends messages: in order, each once as far as the session of this producer goes, and with
/// transactions once whatever happens. Used by one thread.
public final class KafkaProducer {
  private let handle: KafkaHandle
  private var topics: [String: OpaquePointer] = [:]
  /// The topic of the last message: most go to the same one.
  private var lastTopic: (name: String, handle: OpaquePointer)?
  public let isTransactional: Bool

  /// Asked while the queue is full; then `produce` throws a transient failure.
  public var shouldStop: () -> Bool = { false }

  /// - Parameters:
  ///   - transactionalID: the same for who goes on after a crash; nil: no transactions.
  ///   - properties: above those of the settings.
  ///   - defaults: below those of the settings.
  public init(
    _ settings: KafkaSettings, transactionalID: String?, partitioner: Partitioner = .murmur2,
    properties: [String: String] = [:], defaults: [String: String] = [:]
  ) throws(KafkaFailure) {
    var own = [
      "enable.idempotence": "true", "acks": "all", "partitioner": partitioner.property,
      "delivery.report.only.error": "true",
    ]
    if let transactionalID { own["transactional.id"] = transactionalID }
    own.merge(properties) { _, new in new }
    isTransactional = transactionalID != nil
    handle = try KafkaHandle(
      .producer, settings, own, defaults: Self.defaults.merging(defaults) { $1 })
  }

  private static let defaults = [
    "linger.ms": "5", "queue.buffering.max.messages": "200000",
    "queue.buffering.max.kbytes": "131072", "batch.num.messages": "50000",
  ]

  deinit {
    // What is still queued belongs to a transaction that was not committed, or was not waited for.
    rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    for topic in topics.values { rd_kafka_topic_destroy(topic) }
  }

  // MARK: Messages

  /// Queues a message; waits while the queue is full.
  /// - Parameters:
  ///   - partition: nil: by its key.
  ///   - timestamp: in milliseconds since 1970 UTC. librdkafka takes 0 for the present.
  ///   - tag: comes back in the failure, if it is not delivered.
  /// - Throws: also the failure of a message before it.
  public func produce(
    topic: String, partition: Int32? = nil, key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?, timestamp: Int64,
    headers: [(name: String, value: [UInt8]?)] = [], tag: Int = 0
  ) throws(KafkaFailure) {
    let topic = try handle(of: topic)
    while true {
      let list = headers.isEmpty ? nil : Self.list(headers)
      let code = moaa_kafka_produce(
        handle.pointer, topic, partition ?? RD_KAFKA_PARTITION_UA, Self.address(key),
        key?.count ?? 0, Self.address(value), value?.count ?? 0, timestamp, list,
        UnsafeMutableRawPointer(bitPattern: tag))
      if code == RD_KAFKA_RESP_ERR_NO_ERROR { break }
      if let list { rd_kafka_headers_destroy(list) }
      if code == RD_KAFKA_RESP_ERR__STATE, isTransactional { try checkTransaction() }
      guard code == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
        var failure = handle.failure(code, while: "producing")
        failure.tag = tag
        throw failure
      }
      rd_kafka_poll(handle.pointer, 100)
      try handle.checkDeliveries()
      if shouldStop() {
        throw .passing("it was asked to stop while what had been sent was not confirmed")
      }
    }
    sinceServed += 1
    guard sinceServed >= Self.messagesPerServing else { return }
    sinceServed = 0
    rd_kafka_poll(handle.pointer, 0)
    try handle.checkDeliveries()
  }

  /// Why the transaction takes no more messages. It has failed, and its next message is told only that;
  /// what a message before it met says more, and else what a commit is told. The report of that message
  /// may still be on its way.
  private func checkTransaction() throws(KafkaFailure) {
    for _ in 0..<10 {
      rd_kafka_poll(handle.pointer, 100)
      try handle.checkDeliveries()
    }
    try commitTransaction(timeout: .seconds(5))
  }

  private var sinceServed = 0
  private static let messagesPerServing = 1000

  /// What is empty has an address, what is not there has none.
  private static func address(_ bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
    guard let bytes else { return nil }
    return bytes.baseAddress ?? nothing
  }

  /// An address that is never read.
  private static var nothing: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: 1) }

  private static func list(_ headers: [(name: String, value: [UInt8]?)]) -> OpaquePointer? {
    let list = rd_kafka_headers_new(headers.count)
    for header in headers {
      // With its length, because a name may hold a zero.
      let nameCount = header.name.utf8.count
      if let value = header.value {
        value.withUnsafeBytes { bytes in
          _ = rd_kafka_header_add(
            list, header.name, nameCount, bytes.baseAddress ?? nothing, bytes.count)
        }
      } else {
        _ = rd_kafka_header_add(list, header.name, nameCount, nil, 0)
      }
    }
    return list
  }

  private func handle(of topic: String) throws(KafkaFailure) -> OpaquePointer {
    if let lastTopic, lastTopic.name == topic { return lastTopic.handle }
    guard let found = topics[topic] ?? rd_kafka_topic_new(handle.pointer, topic, nil) else {
      throw handle.failure(rd_kafka_last_error(), while: "producing to \(topic)")
    }
    topics[topic] = found
    lastTopic = (topic, found)
    return found
  }

  /// Waits until all messages are confirmed.
  /// - Throws: the failure of the first that was not; a transient one when some are still under way.
  public func flush(timeout: Duration = .seconds(60)) throws(KafkaFailure) {
    let code = rd_kafka_flush(handle.pointer, timeout.milliseconds)
    try handle.checkDeliveries()
    try handle.check(code, while: "waiting for confirmations")
  }

  // MARK: Transactions

  /// Ends what an earlier producer of the same transactional id has left open: what it had committed
  /// takes place, the rest does not; and it can do nothing any more.
  public func initTransactions(timeout: Duration = .seconds(30)) throws(KafkaFailure) {
    try handle.check(
      rd_kafka_init_transactions(handle.pointer, timeout.milliseconds),
      while: "beginning with transactions")
  }

  public func beginTransaction() throws(KafkaFailure) {
    handle.forgetDeliveries()
    try handle.check(
      rd_kafka_begin_transaction(handle.pointer), while: "beginning a transaction")
  }

  /// Makes the group's offsets part of the transaction.
  /// - Throws: of kind `abort` when the group has gone on without this member.
  public func sendOffsets(
    _ offsets: [TopicPartition: Int64], of consumer: KafkaConsumer,
    timeout: Duration = .seconds(30)
  ) throws(KafkaFailure) {
    let list = PartitionList(offsets)
    try consumer.withGroupMetadata { metadata throws(KafkaFailure) in
      try handle.check(
        rd_kafka_send_offsets_to_transaction(
          handle.pointer, list.list, metadata, timeout.milliseconds),
        while: "adding offsets to a transaction")
    }
  }

  /// - Throws: a failure of kind `transient` when it is not known yet whether the transaction takes
  ///   place: this may be called again. Of kind `abort`: it does not.
  public func commitTransaction(timeout: Duration = .seconds(60)) throws(KafkaFailure) {
    let failed = rd_kafka_commit_transaction(handle.pointer, timeout.milliseconds)
    guard failed != nil else {
      handle.noteSuccess()
      return
    }
    // What a message met says more than that the transaction failed for it.
    do throws(KafkaFailure) {
      try handle.checkDeliveries()
    } catch {
      rd_kafka_error_destroy(failed)
      throw error
    }
    try handle.check(failed, while: "committing a transaction")
  }

  public func abortTransaction(timeout: Duration = .seconds(30)) throws(KafkaFailure) {
    try handle.check(
      rd_kafka_abort_transaction(handle.pointer, timeout.milliseconds),
      while: "giving a transaction up")
    handle.forgetDeliveries()
  }
}
