// What an aggregation remembers besides its windows: counts, the watermark, and where it began.

import Observations

/// The job's own part of a checkpoint, kept as readable text lines of `name value`.
public struct AggregationProgress: Hashable, Sendable {
  public var acceptedCount: Int64 = 0
  /// Records that came after their window was final; they count among the accepted.
  public var lateCount: Int64 = 0
  public var rejectedCounts: [RejectionReason: Int64] = [:]
  /// Greatest event time accepted, in seconds since 1970 UTC.
  public var latestEventSeconds: Int64?
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
    latestEventSeconds.map { $0 - rule.delaySeconds }
  }

  public func encoded() -> [UInt8] {
    var lines = [
      "accepted \(acceptedCount)", "late \(lateCount)", "origin \(originOffset)",
      "hourly-output-origin \(hourlyOutputOrigin)", "station-output-origin \(stationOutputOrigin)",
      "revision-origin \(revisionOrigin)", "revision-max \(revisionMax)",
    ]
    if let latestEventSeconds { lines.append("latest-event \(latestEventSeconds)") }
    for reason in rejectedCounts.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      lines.append("rejected/\(reason.rawValue) \(rejectedCounts[reason] ?? 0)")
    }
    return Array(lines.joined(separator: "\n").utf8)
  }

  /// nil when the bytes are not such text.
  public init?(_ bytes: [UInt8]) {
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ")
      guard parts.count == 2, let value = Int64(parts[1]) else { return nil }
      switch parts[0] {
      case "accepted": acceptedCount = value
      case "late": lateCount = value
      case "origin": originOffset = value
      case "hourly-output-origin": hourlyOutputOrigin = value
      case "station-output-origin": stationOutputOrigin = value
      case "revision-origin": revisionOrigin = value
      case "revision-max": revisionMax = value
      case "latest-event": latestEventSeconds = value
      default:
        guard parts[0].hasPrefix("rejected/"),
          let reason = RejectionReason(rawValue: String(parts[0].dropFirst("rejected/".count)))
        else { return nil }
        rejectedCounts[reason] = value
      }
    }
  }
}
