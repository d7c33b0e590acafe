// What a backfill is: everything that decides which reports count.

import Observations

/// Which of a station's accepted reports count.
public enum ReportsRule: String, Hashable, Sendable, CaseIterable {
  /// Every one.
  case all
  /// One an hour: no special, a METAR before others, and no SYNOP that copies a METAR.
  case routine
}

/// The rule of a backfill. It is the job's identity: partials made under one rule are not merged with
/// those of another.
public struct BackfillRule: Hashable, Sendable {
  public var quality: QualityRule
  public var reports: ReportsRule

  public init(quality: QualityRule = .passed, reports: ReportsRule = .all) {
    self.quality = quality
    self.reports = reports
  }

  /// The rule as text, stable over versions that compute the same.
  public var fingerprint: String {
    "backfill/1 window=3600s quality=\(quality.rawValue) reports=\(reports.rawValue)"
      + " ahead=\(AggregationRule.aheadSecondsMax)s"
  }

  /// The rule that a fingerprint of this version stands for; nil for any other text.
  public init?(fingerprint: String) {
    for quality in QualityRule.allCases {
      for reports in ReportsRule.allCases {
        let rule = BackfillRule(quality: quality, reports: reports)
        if rule.fingerprint == fingerprint {
          self = rule
          return
        }
      }
    }
    return nil
  }
}
