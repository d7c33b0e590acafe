// How far a consumer of a topic is behind.

/// A consumer group's place in a topic, and what it has not read.
public struct ConsumerLag: Sendable {
  public let checkpoint: Checkpoint
  /// Records that were not read; those that are there no more count too.
  public let recordCount: Int64
  /// When the oldest of them that is still there was appended, in milliseconds since 1970 UTC; nil: none.
  public let oldestAppendTime: Int64?

  /// The age of the oldest record that was not read, in seconds.
  public func seconds(at nowMilliseconds: Int64) -> Int64 {
    oldestAppendTime.map { max(0, (nowMilliseconds - $0) / 1000) } ?? 0
  }

  /// Of every consumer, in the order of groups and topics.
  public static func all(_ view: ReadTransaction) throws -> [ConsumerLag] {
    try view.checkpoints().map { checkpoint in
      let topic = try view.topic(checkpoint.topic)
      return ConsumerLag(
        checkpoint: checkpoint, recordCount: topic.nextOffset - checkpoint.nextOffset,
        oldestAppendTime: try view.appendTime(
          of: topic, at: max(topic.startOffset, checkpoint.nextOffset)))
    }
  }
}
