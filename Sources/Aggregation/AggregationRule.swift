// What an hourly aggregation is: everything that can change a figure or an emission.

import Observations

/// The rule of an hourly aggregation. It is the job's identity: a checkpoint made under one rule is
/// not continued under another.
public struct AggregationRule: Hashable, Sendable {
  public enum OutputMode: String, Sendable, CaseIterable {
    /// A control record emits the windows that changed.
    case changed
    /// A control record emits every hour over all stations, as the pipeline did that this replaces.
    case complete
  }

  public var quality: QualityRule
  public var outputMode: OutputMode
  /// How far the watermark stays behind the greatest event time, in seconds.
  public var delaySeconds: Int64
  /// How far past a window's end, in watermark seconds, a record still revises it; nil: unbounded.
  public var allowedLatenessSeconds: Int64?

  public init(
    quality: QualityRule = .passed, outputMode: OutputMode = .changed, delaySeconds: Int64 = 1800,
    allowedLatenessSeconds: Int64? = nil
  ) {
    precondition(
      delaySeconds >= 0 && allowedLatenessSeconds ?? 0 >= 0, "a time span is not negative")
    self.quality = quality
    self.outputMode = outputMode
    self.delaySeconds = delaySeconds
    self.allowedLatenessSeconds = allowedLatenessSeconds
  }

  /// A record whose event time is further ahead of its own append time is refused, since one wrong
  /// year must not drag the watermark along: one day.
  public static let aheadSecondsMax: Int64 = 86_400
  /// When so many windows have changed, they are emitted even if no watermark tick comes, so that
  /// memory stays bounded in a backfill of the past.
  public static let changedWindowsMax = 65_536

  /// The rule as text, stable over versions that compute the same.
  public var fingerprint: String {
    "hourly/2 window=3600s quality=\(quality.rawValue) delay=\(delaySeconds)s lateness="
      + (allowedLatenessSeconds.map { "\($0)s" } ?? "unbounded") + " output=\(outputMode.rawValue)"
      + " ahead=\(Self.aheadSecondsMax)s"
  }

  /// The rule that a fingerprint of this version stands for; nil for any other text.
  public init?(fingerprint: String) {
    var values: [Substring: Substring] = [:]
    for part in fingerprint.split(separator: " ").dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2 else { return nil }
      values[pair[0]] = pair[1]
    }
    func seconds(_ name: Substring) -> Int64? {
      values[name].flatMap { $0.hasSuffix("s") ? Int64($0.dropLast()) : nil }
    }
    guard let quality = values["quality"].flatMap({ QualityRule(rawValue: String($0)) }),
      let output = values["output"].flatMap({ OutputMode(rawValue: String($0)) }),
      let delay = seconds("delay")
    else { return nil }
    self.init(
      quality: quality, outputMode: output, delaySeconds: delay,
      allowedLatenessSeconds: seconds("lateness"))
    // Whatever this version cannot express, it must not take for something else.
    guard self.fingerprint == fingerprint else { return nil }
  }
}
