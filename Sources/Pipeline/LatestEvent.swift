// Where the watermark stood at an offset: what a fold that begins in the middle must know.

import Aggregation
import LogStore
import Observations

enum LatestEvent {
  /// The greatest event time of all records before `target` that the rule accepts, in seconds since
  /// 1970 UTC; nil when there is none.
  /// Of records that retention has removed, the hour of the newest window that began with them
  /// stands in.
  static func seconds(
    before target: Offset, _ rule: AggregationRule, in store: LogStore
  ) throws -> Int64? {
    let start = try store.read { try $0.topic(TopicName.raw).startOffset }
    var latest: Int64?
    if start > .zero {
      try store.read { view in
        try view.forEachDayBlock(key: []) { _, day, block in
          for hour in 0..<24
          where block.slots[hour].accumulator.count > 0
            && block.slots[hour].firstOffset < start.rawValue
          {
            latest = max(latest ?? .min, (day * 24 + Int64(hour)) * 3600)
          }
        }
      }
    }
    let reader = try store.reader(of: TopicName.raw, from: start)
    while reader.position < target, let batch = try reader.next() {
      // Most batches of an ordered log end later than all before; the others need no look.
      guard batch.eventTimes.upperBound > (latest ?? .min / 1000) * 1000 else { continue }
      try batch.forEach { record in
        guard record.offset < target, record.kind == .data, let value = record.value else { return }
        ObservationJudge.judge(value, quality: rule.quality) { verdict in
          guard case .accepted(_, let seconds, _) = verdict,
            seconds <= batch.appendTime / 1000 + AggregationRule.aheadSecondsMax
          else { return }
          latest = max(latest ?? seconds, seconds)
        }
      }
    }
    return latest
  }
}
