// Sends the records of a chunk, and the position behind them, in one transaction.

import LogStore

/// A producer for one push, as long as nothing goes wrong with it.
final class PushProducer {
  private let producer: KafkaProducer
  private let target: String
  private let key: [UInt8]
  private let options: PushOptions
  private let quarantine: RecordQuarantine
  private let recordBytesMax: Int
  private let shouldStop: () -> Bool
  private let transactionTimeout: Duration

  /// Of a transaction, however long it may wait: then the broker gives it up.
  static func transactionTimeout(_ settings: KafkaSettings) -> Duration {
    .milliseconds(settings.number("transaction.timeout.ms") ?? 60_000)
  }

  /// - Parameters:
  ///   - bytesMax: the largest batch that the topic takes; message.max.bytes of the settings stands above
  ///     it.
  ///   - isSingle: sends each record alone, so that a refusal says which it was.
  init(
    _ settings: KafkaSettings, transactionalID: String, target: String, key: [UInt8],
    options: PushOptions, quarantine: RecordQuarantine, bytesMax: Int, isSingle: Bool,
    shouldStop: @escaping () -> Bool
  ) throws(KafkaFailure) {
    let bytesMax = settings.number("message.max.bytes") ?? bytesMax
    transactionTimeout = Self.transactionTimeout(settings)
    var defaults = [
      "message.max.bytes": "\(bytesMax)", "batch.size": "\(min(bytesMax, 1_000_000))",
    ]
    if options.isTransactional {
      defaults["transaction.timeout.ms"] = "\(transactionTimeout.milliseconds)"
    }
    producer = try KafkaProducer(
      settings, transactionalID: options.isTransactional ? transactionalID : nil,
      properties: isSingle ? ["batch.num.messages": "1"] : [:], defaults: defaults)
    producer.shouldStop = shouldStop
    self.target = target
    self.key = key
    self.options = options
    self.quarantine = quarantine
    recordBytesMax = bytesMax
    self.shouldStop = shouldStop
  }

  /// Ends what a push that was killed has left open.
  func begin() throws {
    guard options.isTransactional else { return }
    do {
      try patiently(.seconds(60)) { timeout throws(KafkaFailure) in
        try producer.initTransactions(timeout: timeout)
      }
    } catch let failure as KafkaFailure where failure.isUnsupported {
      throw KafkaFailure.own(
        "the broker has no transactions: \(failure.words)",
        remedy: "--at-least-once does without them: after a failure records may be there twice.")
    }
  }

  /// Sends a chunk; it is not there before `finish`.
  /// - Returns: what was sent.
  /// - Throws: `RecordRefused`; `KafkaFailure`, with the record's offset + 1 as its tag where it is
  ///   about one.
  func send(_ chunk: PushChunk) throws -> PushSummary {
    var done = PushSummary()
    if options.isTransactional { try producer.beginTransaction() }
    for piece in chunk.pieces {
      let appendTime = piece.batch.appendTime
      try piece.batch.forEach(from: piece.offsets.lowerBound) { record in
        guard record.offset < piece.offsets.upperBound else { return }
        guard record.kind == .data else {
          done.controlCount += 1
          return
        }
        guard !quarantine.holds(record.offset) else { return }
        let time = options.timestamps == .append ? appendTime : record.eventTime
        let headers = record.headers
        if let misfit = misfit(record, time, headers) {
          return try quarantine.note(record.offset, misfit)
        }
        try producer.produce(
          topic: target, key: record.key, value: record.value, timestamp: time,
          headers: headers.map { ($0.name, $0.value) }, tag: Int(record.offset.rawValue) + 1)
        done.recordCount += 1
        done.byteCount += Int64((record.key?.count ?? 0) + (record.value?.count ?? 0))
      }
    }
    return done
  }

  /// Why Kafka cannot take a record, as far as that can be seen here.
  private func misfit(_ record: RecordView, _ time: Int64, _ headers: [RecordHeader]) -> String? {
    if time <= 0 {
      return "Kafka has no time before 1970, and librdkafka takes 0 for none; --timestamps append "
        + "sends the time of the append"
    }
    var byteCount = (record.key?.count ?? 0) + (record.value?.count ?? 0) + Self.overhead
    for header in headers { byteCount += header.name.utf8.count + (header.value?.count ?? 0) + 10 }
    guard byteCount > recordBytesMax else { return nil }
    return
      "it takes \(byteCount) bytes, and topic \(target) takes \(recordBytesMax) at once "
      + "(max.message.bytes; message.max.bytes of --kafka-config)"
  }

  /// Of a batch that holds one record. Source: Kafka's documentation, "Message Format".
  private static let overhead = 61 + 26

  /// Sends the position, and makes all of it visible at once.
  /// - Throws: a transient failure when the outcome is not known.
  func finish(_ position: PushPosition) throws {
    if !options.isTransactional { try flush() }
    try key.withUnsafeBytes { key in
      try position.bytes.withUnsafeBytes { value in
        try producer.produce(
          topic: PositionTopic.name, partition: PositionTopic.partition.partition, key: key,
          value: value, timestamp: 0)
      }
    }
    guard options.isTransactional else { return try flush() }
    try patiently(transactionTimeout) { timeout throws(KafkaFailure) in
      try producer.commitTransaction(timeout: timeout)
    }
  }

  private func flush() throws {
    try patiently(.seconds(60)) { timeout throws(KafkaFailure) in
      try producer.flush(timeout: timeout)
    }
  }

  /// Gives up what was not finished, where the broker is there to hear it.
  func abort() {
    guard options.isTransactional else { return }
    try? producer.abortTransaction(timeout: .seconds(2))
  }

  /// Calls again and again, for a short time each, so that it can be stopped between.
  private func patiently(
    _ patience: Duration, _ call: (Duration) throws(KafkaFailure) -> Void
  ) throws {
    let start = ContinuousClock.now
    while true {
      do throws(KafkaFailure) {
        return try call(.milliseconds(500))
      } catch {
        guard error.isTimeout, ContinuousClock.now - start < patience else { throw error }
      }
      if shouldStop() { throw PushStopped() }
    }
  }
}
