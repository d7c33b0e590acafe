// An idempotent producer, with transactions where it has an id for them.

import CRdKafka
import LogStore
import Synchronization

/// Used by one thread.
public final class KafkaProducer {
  /// The first message that could not be delivered.
  private final class Deliveries: Sendable {
    let failure = Mutex<KafkaFailure?>(nil)
  }

  private let deliveries = Deliveries()
  private var client: OpaquePointer?
  private var topics: [String: OpaquePointer] = [:]

  public init(_ settings: KafkaSettings, transactionalID: String?) throws(KafkaFailure) {
    var own = [
      ("acks", "all"), ("enable.idempotence", "true"), ("partitioner", "murmur2_random"),
      ("linger.ms", "5"), ("queue.buffering.max.messages", "1000000"),
    ]
    if let transactionalID { own.append(("transactional.id", transactionalID)) }
    let configuration = try settings.configuration(own)
    rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(deliveries).toOpaque())
    rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
      guard let message, let opaque, message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else {
        return
      }
      let failure = KafkaFailure(message.pointee.err, "a message was not delivered")
      Unmanaged<Deliveries>.fromOpaque(opaque).takeUnretainedValue().failure.withLock {
        $0 = $0 ?? failure
      }
    }
    client = try KafkaSettings.client(RD_KAFKA_PRODUCER, configuration)
  }

  deinit { close() }

  /// Drops what was not sent.
  public func close() {
    guard let client else { return }
    rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
    for topic in topics.values { rd_kafka_topic_destroy(topic) }
    topics = [:]
    rd_kafka_destroy(client)
    self.client = nil
  }

  private func open() -> OpaquePointer {
    guard let client else { preconditionFailure("the producer was closed") }
    return client
  }

  private func check(_ error: OpaquePointer?, _ what: String) throws(KafkaFailure) {
    if let error { throw KafkaFailure(taking: error, what) }
  }

  private static func milliseconds(_ seconds: Double) -> Int32 { Int32(seconds * 1000) }

  /// Ends what a former producer of the same id has left open, and refuses what it may still send.
  public func initTransactions(timeout: Double) throws(KafkaFailure) {
    try check(
      rd_kafka_init_transactions(open(), Self.milliseconds(timeout)),
      "taking over transactions failed")
  }

  public func beginTransaction() throws(KafkaFailure) {
    deliveries.failure.withLock { $0 = nil }
    try check(rd_kafka_begin_transaction(open()), "beginning a transaction failed")
  }

  public func sendOffsets(
    _ offsets: [TopicPartition: Int64], groupMetadata: KafkaGroupMetadata, timeout: Double = 30
  ) throws(KafkaFailure) {
    let list = PartitionList(offsets)
    try check(
      rd_kafka_send_offsets_to_transaction(
        open(), list.list, groupMetadata.metadata, Self.milliseconds(timeout)),
      "committing offsets in a transaction failed")
  }

  public func commitTransaction(timeout: Double) throws(KafkaFailure) {
    // A call that timed out may be made again, and goes on where it was.
    try check(
      rd_kafka_commit_transaction(open(), Self.milliseconds(timeout)),
      "committing a transaction failed")
  }

  public func abortTransaction(timeout: Double) throws(KafkaFailure) {
    try check(
      rd_kafka_abort_transaction(open(), Self.milliseconds(timeout)),
      "aborting a transaction failed")
  }

  public func flush(timeout: Double) throws(KafkaFailure) {
    let code = rd_kafka_flush(open(), Self.milliseconds(timeout))
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaFailure(code, "sending failed") }
    if let failure = deliveries.failure.withLock({ $0 }) { throw failure }
  }

  /// Queues a copy of a message; waits while the queue is full.
  /// - Parameters:
  ///   - partition: nil for that of the key.
  ///   - timestamp: milliseconds since 1970 UTC; nil for now.
  public func produce(
    topic name: String, partition: Int32?, key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?, timestamp: Int64? = nil, headers: [RecordHeader] = []
  ) throws(KafkaFailure) {
    let topic = try topic(name)
    var list: OpaquePointer?
    if !headers.isEmpty {
      list = rd_kafka_headers_new(headers.count)
      for header in headers {
        rd_kafka_header_add(list, header.name, -1, header.value, header.value.count)
      }
    }
    while true {
      let code = moaa_rd_kafka_produce(
        open(), topic, partition ?? -1, key?.baseAddress, key?.count ?? 0, value?.baseAddress,
        value?.count ?? 0, timestamp ?? 0, list)
      if code == RD_KAFKA_RESP_ERR_NO_ERROR { break }
      guard code == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
        if let list { rd_kafka_headers_destroy(list) }
        throw KafkaFailure(code, "producing to \(name) failed")
      }
      rd_kafka_poll(open(), 100)
    }
    produced += 1
    if produced % 1000 == 0 { rd_kafka_poll(open(), 0) }
  }

  private var produced = 0

  private func topic(_ name: String) throws(KafkaFailure) -> OpaquePointer {
    if let topic = topics[name] { return topic }
    guard let topic = rd_kafka_topic_new(open(), name, nil) else {
      throw KafkaFailure(rd_kafka_last_error(), "using topic \(name) failed")
    }
    topics[name] = topic
    return topic
  }
}
