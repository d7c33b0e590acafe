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
        if ByteText.isSummaryReport(parts.reportType) { return try body(.rejected(.summaryReport)) }
        if let refusal = quality.refusal(of: parts.temperature) {
          return try body(.rejected(refusal))
        }
        guard let tenths = parts.temperature.tenths else {
          return try body(.rejected(.missingTemperature))
        }
        return try body(
          .accepted(
            station: parts.station, seconds: parts.time.secondsSinceEpoch, tenths: tenths))
      }
    }
  }
}
