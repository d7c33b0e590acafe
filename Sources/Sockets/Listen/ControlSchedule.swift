// When a listener writes control records: the trigger, and the rule for an idle source. The clock decides
// here and nowhere else; what was decided stands in the log.

import Aggregation
import Pipeline

/// Times are those of a monotonic clock, in milliseconds.
struct ControlSchedule {
  let triggerMilliseconds: Int64
  /// nil: a silent source is waited for without end.
  let idleMilliseconds: Int64?
  private var lastTriggerTime: Int64
  private var lastRecordTime: Int64
  /// Whether records have come that no control record has followed.
  private(set) var hasUnshown: Bool
  /// Greatest event time received, in seconds since 1970 UTC.
  private var latestEventSeconds: Int64?
  /// Whether nothing has come since that was said last, or since the beginning.
  private var hasToldIdle: Bool

  /// - Parameter end: how the log ends: a listener that comes after a crash goes on from there.
  init(
    triggerMilliseconds: Int64, idleMilliseconds: Int64?, now: Int64, end: RawTopicEnd
  ) {
    self.triggerMilliseconds = triggerMilliseconds
    self.idleMilliseconds = idleMilliseconds
    lastTriggerTime = now
    lastRecordTime = now
    hasUnshown = end.hasUnshown
    latestEventSeconds = end.latestEventSeconds
    // What ended with a trigger was interrupted before its source was idle, or before it was asked to end.
    hasToldIdle = !end.hasUnshown && end.lastControl != .trigger
  }

  /// - Parameter receivedSeconds: the time of day, in seconds since 1970 UTC.
  mutating func note(eventSeconds: Int64, receivedSeconds: Int64, now: Int64) {
    hasUnshown = true
    hasToldIdle = false
    lastRecordTime = now
    // The aggregation refuses what is further ahead, so it says nothing about how far time has come.
    guard eventSeconds <= receivedSeconds + AggregationRule.aheadSecondsMax else { return }
    latestEventSeconds = max(latestEventSeconds ?? eventSeconds, eventSeconds)
  }

  /// The control record that is due, if one is; it counts as written.
  mutating func takeDue(now: Int64) -> ControlRecord? {
    if let idleMilliseconds, let latestEventSeconds, !hasToldIdle,
      now - lastRecordTime >= idleMilliseconds
    {
      hasToldIdle = true
      hasUnshown = false
      lastTriggerTime = now
      return .idle(seconds: latestEventSeconds)
    }
    guard hasUnshown, now - lastTriggerTime >= triggerMilliseconds else { return nil }
    hasUnshown = false
    lastTriggerTime = now
    return .trigger
  }

  /// Until when nothing is due; nil: as long as nothing comes.
  func nextTime() -> Int64? {
    var times: [Int64] = []
    if hasUnshown { times.append(lastTriggerTime + triggerMilliseconds) }
    if let idleMilliseconds, latestEventSeconds != nil, !hasToldIdle {
      times.append(lastRecordTime + idleMilliseconds)
    }
    return times.min()
  }

  /// Of the last record, in milliseconds since 1970 UTC.
  var eventTime: Int64 { (latestEventSeconds ?? 0) * 1000 }
}
