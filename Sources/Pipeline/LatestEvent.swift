// Where the watermark stood at an offset: what a fold that begins in the middle must know.

import Aggregation
import LogStore
import Observations

enum LatestEvent {
  /// The greatest event time of all records before `target` that the rule accepts, in seconds since
  /// 1970 UTC; nil when there is none.
  ///
  /// A mark where a segment begins spares reading what is before it, and knows of what retention has
  /// removed. Where there is none (a store of an earlier version, or another quality rule), the hour
  /// of the newest window that began with removed records stands in for them.
  static func seconds(
    before target: Offset, _ rule: AggregationRule, in store: LogStore
  ) throws -> Int64? {
    let isPulled = try store.read { try SourceName.isPulled(TopicName.raw, $0) }
    var (start, latest) = try store.read { view -> (Offset, Int64?) in
      if let mark = try WatermarkMarks.newest(upTo: target, rule.quality, view) {
        return (mark.offset, mark.latestEventSeconds)
      }
      let start = try view.topic(TopicName.raw).startOffset
      return (start, start > .zero ? try newestHour(before: start, view) : nil)
    }
    let reader = try store.reader(of: TopicName.raw, from: start)
    while reader.position < target, let batch = try reader.next() {
      // Most batches of an ordered log end later than all before; the others need no look.
      guard isPulled || batch.eventTimes.upperBound > (latest ?? .min / 1000) * 1000 else {
        continue
      }
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

  /// When the newest window that began before an offset began, in seconds since 1970 UTC.
  private static func newestHour(before start: Offset, _ view: ReadTransaction) throws -> Int64? {
    var latest: Int64?
    try view.forEachDayBlock(key: []) { _, day, block in
      for hour in 0..<24
      where block.slots[hour].accumulator.count > 0
        && block.slots[hour].firstOffset < start.rawValue
      {
        latest = max(latest ?? .min, (day * 24 + Int64(hour)) * 3600)
      }
    }
    return latest
  }
}
