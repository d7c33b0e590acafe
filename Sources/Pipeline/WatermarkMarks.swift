// How far event time had come where each segment of the raw topic begins. Retention removes whole
// segments, so this is what a fold that begins at the oldest record needs to know of those before.
//
// A mark depends on the log and the quality rule alone, so that resets and replays leave them as they are.

import Aggregation
import LogStore
import Observations

enum WatermarkMarks {
  /// What the records before an offset have made of event time.
  struct Mark: Equatable {
    let offset: Offset
    let clock: EventClock
  }

  /// Keeps the marks that stand where a segment begins, and forgets those of segments that are gone.
  static func save(
    _ marks: [Mark], _ quality: QualityRule, in transaction: WriteTransaction
  ) throws {
    guard !marks.isEmpty else { return }
    let raw = try transaction.topic(TopicName.raw)
    let bases = Set(try transaction.segments(of: raw).map(\.baseOffset))
    let wanted = marks.filter { bases.contains($0.offset) }
    guard !wanted.isEmpty else { return }
    let key = Array(quality.rawValue.utf8)
    for mark in wanted {
      try transaction.setState(
        group: GroupName.watermarks, key: key, block: mark.offset.rawValue,
        value: Array(mark.clock.text.utf8))
    }
    var old: [Int64] = []
    try transaction.forEachState(
      group: GroupName.watermarks, key: key, blocks: Int64.min...(raw.startOffset.rawValue - 1)
    ) { _, offset, _ in old.append(offset) }
    for offset in old {
      try transaction.removeState(group: GroupName.watermarks, key: key, block: offset)
    }
  }

  /// The newest mark at or before an offset, of those whose following records the log still has.
  static func newest(
    upTo target: Offset, _ quality: QualityRule, _ view: ReadTransaction
  ) throws -> Mark? {
    let start = try view.topic(TopicName.raw).startOffset
    guard start <= target else { return nil }
    var newest: Mark?
    try view.forEachState(
      group: GroupName.watermarks, key: Array(quality.rawValue.utf8),
      blocks: start.rawValue...target.rawValue
    ) { _, offset, value in
      if let clock = EventClock(text: String(decoding: value, as: UTF8.self)) {
        newest = Mark(offset: Offset(offset), clock: clock)
      }
    }
    return newest
  }
}
