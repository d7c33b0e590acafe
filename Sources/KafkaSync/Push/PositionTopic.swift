// The topic `moaa_sync`: where positions of pushes stand, by key.

import CRdKafka

/// Reads the last committed position of a key. The topic is compacted, and has one partition.
struct PositionTopic {
  static let name = "moaa_sync"
  static let partition = TopicPartition(name, 0)
  static let settings = ["cleanup.policy": "compact", "retention.ms": "-1"]

  let connection: KafkaSettings
  /// The name under which the brokers know who reads; no member of any group.
  let group: String
  /// How many records the first look goes back. Each further one goes eight times as far.
  var firstStep: Int64 = 1000
  let shouldStop: () -> Bool

  /// - Returns: nil when there is none.
  /// - Throws: a transient failure while a transaction is open whose end has to be known;
  ///   `PushStopped`.
  func read(_ key: [UInt8]) throws -> PushPosition? {
    let (low, high) = try bounds()
    guard high > low else { return nil }
    let consumer = try KafkaConsumer(
      connection, group: group, defaults: ["fetch.wait.max.ms": "10"])
    var (step, end) = (firstStep, high)
    while end > low {
      let start = max(low, end - step)
      if let found = try last(of: key, from: start, to: end, consumer) { return found.position }
      (end, step) = (start, step * 8)
    }
    return nil
  }

  /// The offsets that there are, of open transactions too: a transaction of another store that has
  /// begun before our last one, and is open, hides ours from whoever reads what is committed.
  private func bounds() throws(KafkaFailure) -> (low: Int64, high: Int64) {
    try KafkaConsumer(
      connection, group: group, properties: ["isolation.level": "read_uncommitted"]
    ).watermarks(of: Self.partition)
  }

  private struct Found {
    /// nil: the key was removed.
    let position: PushPosition?
  }

  /// The last record of a key within a range of offsets, all of it read.
  private func last(
    of key: [UInt8], from start: Int64, to end: Int64, _ consumer: KafkaConsumer
  ) throws -> Found? {
    try consumer.assign([Self.partition: start])
    var found: Found?
    var reached = start
    var lastProgress = ContinuousClock.now
    while reached < end {
      if shouldStop() { throw PushStopped() }
      let batch = consumer.poll(countMax: 10_000, timeout: .milliseconds(100))
      for run in batch.runs {
        try batch.forEach(in: run) { message in
          reached = max(reached, message.offset + 1)
          guard message.offset < end, let found = message.key, found.elementsEqual(key) else {
            return
          }
          try note(message)
        }
      }
      if let offset = batch.ends[Self.partition] { reached = max(reached, offset) }
      if let failure = batch.failures[Self.partition] { throw failure }
      try consumer.checkClient()
      if !batch.isEmpty { lastProgress = .now }
      guard ContinuousClock.now - lastProgress < Self.patience else {
        throw KafkaFailure.passing(
          "\(Self.name) cannot be read to its end, offset \(end), but only to \(reached): a "
            + "transaction there is still open")
      }
    }
    return found

    func note(_ message: KafkaMessage) throws {
      guard let value = message.value else {
        found = Found(position: nil)
        return
      }
      guard let position = PushPosition(bytes: value) else {
        throw KafkaFailure.own(
          "\(Self.name) has no position of moaa at offset \(message.offset), but: "
            + String(decoding: value.prefix(200), as: UTF8.self),
          remedy: "Say who writes to it, and push to another cluster or remove the record.")
      }
      found = Found(position: position)
    }
  }

  private static let patience = Duration.seconds(30)
}

/// Somebody has asked to stop.
struct PushStopped: Error {}
