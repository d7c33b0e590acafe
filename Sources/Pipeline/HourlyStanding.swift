// How the hourly aggregation of a store stands, for status and metrics.

import Aggregation
import LogStore

/// What one view of a store says of its aggregation.
public struct HourlyStanding: Sendable {
  /// In seconds since 1970 UTC; nil before the first record.
  public let watermarkSeconds: Int64?
  /// Counts since the aggregation began.
  public let progress: AggregationProgress

  /// nil when nothing was ingested or aggregated yet.
  public static func read(_ view: ReadTransaction) throws -> HourlyStanding? {
    guard let checkpoint = try HourlyGroup.checkpoint(view) else { return nil }
    let progress = try HourlyGroup.progress(of: checkpoint)
    let rule = AggregationRule(fingerprint: checkpoint.fingerprint) ?? AggregationRule()
    return HourlyStanding(
      watermarkSeconds: progress.watermarkSeconds(rule), progress: progress)
  }
}
