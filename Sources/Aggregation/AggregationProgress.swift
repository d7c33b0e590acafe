// What an aggregation remembers besides its windows: counts, the watermark, and where it began.

import Observations

/// The job's own part of a checkpoint, kept as readable text lines of `name value`.
public struct AggregationProgress: Hashable, Sendable {
  public var acceptedCount: Int64 = 0
  /// Records that came after their window was final; they count among the accepted.
  public var lateCount: Int64 = 0
  public var rejectedCounts: [RejectionReason: Int64] = [:]
  /// How far event time has come.
  public var clock = EventClock()
  /// The input offset this aggregation began at: 0, or where a reset put it.
  public var originOffset: Int64 = 0
  /// The aggregate topics' next offsets at that moment.
  public var hourlyOutputOrigin: Int64 = 0
  public var stationOutputOrigin: Int64 = 0
  /// No emission since then has a revision at or below this, so that revisions rise over a reset.
  public var revisionOrigin: Int64 = 0
  /// The greatest revision ever emitted.
  public var revisionMax: Int64 = 0

  public init() {}

  public var rejectedCount: Int64 { rejectedCounts.values.reduce(0, +) }

  /// The watermark, in seconds since 1970 UTC; nil before the first record.
  public func watermarkSeconds(_ rule: AggregationRule) -> Int64? {
    clock.watermarkSeconds(delaySeconds: rule.delaySeconds)
  }

  public func encoded() -> [UInt8] {
    var lines = [
      "accepted \(acceptedCount)", "late \(lateCount)", "origin \(originOffset)",
      "hourly-output-origin \(hourlyOutputOrigin)", "station-output-origin \(stationOutputOrigin)",
      "revision-origin \(revisionOrigin)", "revision-max \(revisionMax)",
    ]
    if let seconds = clock.latestEventSeconds { lines.append("latest-event \(seconds)") }
    if let seconds = clock.idleSeconds { lines.append("idle \(seconds)") }
    for reason in rejectedCounts.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      lines.append("rejected/\(reason.rawValue) \(rejectedCounts[reason] ?? 0)")
    }
    return Array(lines.joined(separator: "\n").utf8)
  }

  /// nil when the bytes are not what `encoded` makes: a line is missing, unknown, or there twice.
  public init?(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    var values: [Substring: Int64] = [:]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let parts = line.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2, let value = Int64(parts[1]),
        values.updateValue(value, forKey: parts[0]) == nil
      else { return nil }
    }
    guard let accepted = values.removeValue(forKey: "accepted"),
      let late = values.removeValue(forKey: "late"),
      let origin = values.removeValue(forKey: "origin"),
      let hourlyOutput = values.removeValue(forKey: "hourly-output-origin"),
      let stationOutput = values.removeValue(forKey: "station-output-origin"),
      let revisionOrigin = values.removeValue(forKey: "revision-origin"),
      let revisionMax = values.removeValue(forKey: "revision-max")
    else { return nil }
    acceptedCount = accepted
    lateCount = late
    originOffset = origin
    hourlyOutputOrigin = hourlyOutput
    stationOutputOrigin = stationOutput
    self.revisionOrigin = revisionOrigin
    self.revisionMax = revisionMax
    clock.latestEventSeconds = values.removeValue(forKey: "latest-event")
    clock.idleSeconds = values.removeValue(forKey: "idle")
    for (name, value) in values {
      guard name.hasPrefix("rejected/"),
        let reason = RejectionReason(rawValue: String(name.dropFirst("rejected/".count)))
      else { return nil }
      rejectedCounts[reason] = value
    }
  }
}
