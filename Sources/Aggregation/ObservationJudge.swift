// Whether a raw record counts, by the rules that look at nothing but the record.

import Observations

/// The verdict on one raw value.
public enum ObservationJudge {
  public enum Verdict {
    case rejected(RejectionReason)
    /// Tenths of a degree Celsius at a moment, in seconds since 1970 UTC. The station is a view
    /// valid inside the closure only.
    case accepted(station: UnsafeRawBufferPointer, seconds: Int64, tenths: Int16)
  }

  @inline(__always)
  public static func judge<R>(
    _ value: UnsafeRawBufferPointer, quality: QualityRule, _ body: (Verdict) throws -> R
  ) rethrows -> R {
    try RawObservation.read(value) { result in
      switch result {
      case .failure(let fault): return try body(.rejected(fault.reason))
      case .success(let parts):
        return try body(
          verdict(
            parts.station, parts.time, parts.temperature, ReportKind(parts.reportType), quality))
      }
    }
  }

  /// The verdict on a row of a file: that on the raw record that would be made of it.
  @inline(__always)
  public static func judge(row: ObservationRow, quality: QualityRule) -> Verdict {
    judge(row: row, kind: ReportKind(row.text(.reportType)), quality: quality)
  }

  /// - Parameter kind: what the row's REPORT_TYPE names.
  @inline(__always)
  static func judge(row: ObservationRow, kind: ReportKind, quality: QualityRule) -> Verdict {
    verdict(row.station, row.time, row.temperature, kind, quality)
  }

  /// Whether something is dated so far after the moment it was received that it is refused.
  @inline(__always)
  static func isTooFarAhead(seconds: Int64, receivedSeconds: Int64) -> Bool {
    seconds > receivedSeconds + AggregationRule.aheadSecondsMax
  }

  @inline(__always)
  private static func verdict(
    _ station: UnsafeRawBufferPointer, _ time: Timestamp, _ temperature: TemperatureField,
    _ kind: ReportKind, _ quality: QualityRule
  ) -> Verdict {
    if kind == .summary { return .rejected(.summaryReport) }
    if let refusal = quality.refusal(of: temperature) { return .rejected(refusal) }
    guard let tenths = temperature.tenths else { return .rejected(.missingTemperature) }
    return .accepted(station: station, seconds: time.secondsSinceEpoch, tenths: tenths)
  }
}
