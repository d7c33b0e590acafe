// How far event time had come at an offset: what a fold that begins in the middle must know.

import Aggregation
import LogStore
import Observations

extension EventClock {
  /// What all records before `target` make of event time under a rule.
  ///
  /// A mark where a segment begins spares reading what is before it, and knows of what retention has
  /// removed. Where there is none (another quality rule), the hour of the newest window that began with
  /// removed records stands in for them.
  static func before(
    _ target: Offset, _ rule: AggregationRule, in store: LogStore
  ) throws -> EventClock {
    var (start, clock) = try store.read { view -> (Offset, EventClock) in
      if let mark = try WatermarkMarks.newest(upTo: target, rule.quality, view) {
        return (mark.offset, mark.clock)
      }
      let start = try view.topic(TopicName.raw).startOffset
      let latest = start > .zero ? try newestHour(before: start, view) : nil
      return (start, EventClock(latestEventSeconds: latest))
    }
    let reader = try store.reader(of: TopicName.raw, from: start)
    while reader.position < target, let batch = try reader.next() {
      let aheadMax = batch.appendTime / 1000 + AggregationRule.aheadSecondsMax
      try batch.forEach { record in
        guard record.offset < target else { return }
        if record.kind == .control {
          if case .idle(let seconds) = try RawTopic.control(record), seconds <= aheadMax {
            clock.note(idleSeconds: seconds)
          }
        } else if let value = record.value {
          ObservationJudge.judge(value, quality: rule.quality) { verdict in
            guard case .accepted(_, let seconds, _) = verdict, seconds <= aheadMax else { return }
            clock.note(eventSeconds: seconds)
          }
        }
      }
    }
    return clock
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
