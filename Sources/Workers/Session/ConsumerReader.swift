// Reads what others have committed, by a consumer without a group.

import KafkaSync

/// Reads single partitions to their end.
final class ConsumerReader: PartitionReader {
  /// Reads what is committed.
  private let committed: KafkaConsumer
  /// Knows where a partition ends, with the transactions that are open there.
  private let uncommitted: KafkaConsumer
  /// Called between reads, so that the group does not take the member for dead; throws to end the reading.
  private let onPause: () throws -> Void
  private static let patience = Duration.seconds(30)
  /// How long nothing may come before the end. Tests make it short.
  var silence = Duration.seconds(30)
  /// librdkafka wants a name; no offset is committed under it.
  private static let noGroup = "moaa"
  private static let messagesMax = 10_000

  init(_ settings: KafkaSettings, onPause: @escaping () throws -> Void) throws {
    committed = try KafkaConsumer(settings, group: Self.noGroup)
    uncommitted = try KafkaConsumer(
      settings, group: Self.noGroup, properties: ["isolation.level": "read_uncommitted"])
    self.onPause = onPause
  }

  func close() {
    committed.close()
    uncommitted.close()
  }

  func range(of topic: String, _ partition: Int32) throws -> (start: Int64, end: Int64) {
    let range = try uncommitted.watermarks(
      of: TopicPartition(topic, partition), timeout: Self.patience)
    return (range.low, range.high)
  }

  func read(
    _ topic: String, _ partition: Int32, from start: Int64?,
    _ body: (Int64, UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int64 {
    let place = TopicPartition(topic, partition)
    let range = try range(of: topic, partition)
    if let start, start > range.end || start < range.start {
      throw OffsetGone(topic: topic, partition: partition, offset: start)
    }
    guard start ?? range.start < range.end else { return range.end }
    let wanted = start ?? range.start
    try committed.assign([place: wanted])
    defer { try? committed.assign([:]) }
    var next = wanted
    var lastProgress = ContinuousClock.now
    // The end that the consumer tells of is that of committed records: while a transaction is open before
    // ours, it lies before it.
    while next < range.end {
      let before = next
      let batch = committed.poll(countMax: Self.messagesMax, timeout: .milliseconds(500))
      for failure in batch.failures.values { throw failure }
      try committed.checkClient()
      try batch.forEach { message in
        guard let key = message.key, let value = message.value else {
          throw WorkerFailure(
            .damaged,
            "record \(message.offset) of \(topic), partition \(partition), has no key or no value",
            remedy: "Nobody else may write to that topic. Begin anew with another --group")
        }
        if message.offset < range.end { try body(message.offset, key, value) }
        next = message.offset + 1
      }
      if let end = batch.ends[place] { next = max(next, end) }
      if next > before { lastProgress = .now }
      guard ContinuousClock.now - lastProgress < silence else {
        throw KafkaFailure.passing(
          "\(topic), partition \(partition), cannot be read to its end, offset \(range.end), but only to "
            + "\(next): a transaction there is still open")
      }
      try onPause()
    }
    return range.end
  }
}
