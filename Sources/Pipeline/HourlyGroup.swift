// The consumer group of the hourly aggregation in the store: its first checkpoint, and what it
// remembers of the watermark.

import Aggregation
import LogStore

enum HourlyGroup {
  /// Makes the raw topic and, for a store that has none, the group's checkpoint at the oldest record,
  /// under no rule yet: from now on retention waits for the aggregation, whenever it runs first.
  static func register(in transaction: WriteTransaction) throws {
    let raw = try transaction.createTopic(TopicName.raw)
    guard try checkpoint(transaction) == nil else { return }
    var progress = AggregationProgress()
    progress.originOffset = raw.startOffset.rawValue
    try transaction.save(
      Checkpoint(
        group: GroupName.hourly, topic: TopicName.raw, nextOffset: raw.startOffset, fingerprint: "",
        jobState: progress.encoded()))
  }

  /// nil when nothing was ingested or aggregated yet.
  static func checkpoint(_ view: ReadTransaction) throws -> Checkpoint? {
    try view.checkpoint(group: GroupName.hourly, topic: TopicName.raw)
  }

  /// The job's own part of a checkpoint.
  static func progress(of checkpoint: Checkpoint) throws -> AggregationProgress {
    if checkpoint.jobState.isEmpty { return AggregationProgress() }
    guard let progress = AggregationProgress(checkpoint.jobState) else {
      throw StoreError(
        .damaged, "the checkpoint of group \(checkpoint.group) does not decode",
        remedy:
          "Was it written by a later moaa? Else `moaa reset \(checkpoint.group) --to earliest`")
    }
    return progress
  }

  /// Whether records have been folded, or at least a rule has been settled.
  static func hasRule(_ checkpoint: Checkpoint) -> Bool { !checkpoint.fingerprint.isEmpty }
}
