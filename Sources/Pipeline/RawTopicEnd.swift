// How the raw topic ends: what a source that goes on after a crash must know.

import Aggregation
import LogStore

public struct RawTopicEnd: Sendable, Equatable {
  /// Whether it ends with records that no control record has followed.
  public var hasUnshown = false
  /// What its last record says, when that is a control record.
  public var lastControl: ControlRecord?
  /// Greatest event time accepted, in seconds since 1970 UTC.
  public var latestEventSeconds: Int64?

  public init(
    hasUnshown: Bool = false, lastControl: ControlRecord? = nil, latestEventSeconds: Int64? = nil
  ) {
    self.hasUnshown = hasUnshown
    self.lastControl = lastControl
    self.latestEventSeconds = latestEventSeconds
  }

  public static func read(_ store: LogStore) throws -> RawTopicEnd {
    guard let last = try RawTopic.lastRecord(of: store) else { return RawTopicEnd() }
    let (end, rule) = try store.read { view in
      let stored = try HourlyGroup.checkpoint(view)
      return (
        try view.topic(TopicName.raw).nextOffset,
        stored.flatMap { AggregationRule(fingerprint: $0.fingerprint) } ?? AggregationRule()
      )
    }
    return RawTopicEnd(
      hasUnshown: last.control == nil, lastControl: last.control,
      latestEventSeconds: try EventClock.before(end, rule, in: store).latestEventSeconds)
  }
}
