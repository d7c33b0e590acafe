// The emission of a window.

/// What is emitted for one hour of one key.
public struct WindowResult: Hashable, Sendable {
  /// The station id; empty: all stations.
  public let key: [UInt8]
  /// Hours since 1970-01-01T00:00Z.
  public let hour: Int64
  public let accumulator: Accumulator
  public let revision: Int64
  /// Whether the watermark had passed the window's end.
  public let isFinal: Bool

  public init(key: [UInt8], hour: Int64, accumulator: Accumulator, revision: Int64, isFinal: Bool) {
    self.key = key
    self.hour = hour
    self.accumulator = accumulator
    self.revision = revision
    self.isFinal = isFinal
  }

  /// The record key, as `WindowResultEncoder` writes it.
  public func appendRecordKey(to bytes: inout [UInt8]) {
    var encoder = WindowResultEncoder()
    encoder.appendRecordKey(of: self, to: &bytes)
  }

  /// The record value, as `WindowResultEncoder` writes it.
  public func appendValue(to bytes: inout [UInt8]) {
    var encoder = WindowResultEncoder()
    encoder.appendValue(of: self, to: &bytes)
  }
}
