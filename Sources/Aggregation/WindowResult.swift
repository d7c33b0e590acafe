// The emission of a window, and its bytes on the aggregate topics.

import Observations

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

  /// The record key: `2022-06-24T08:00:00Z`, for a station `72530094846/2022-06-24T08:00:00Z`.
  public func appendRecordKey(to bytes: inout [UInt8]) {
    if !key.isEmpty {
      bytes.append(contentsOf: key)
      bytes.append(UInt8(ascii: "/"))
    }
    Timestamp(secondsSinceEpoch: hour * 3600).append(to: &bytes)
  }

  /// The record value (wire contract): `{"datetime":{"start":…,"end":…},"mean_tmp":…,"max_tmp":…,
  /// "min_tmp":…,"count":…,"sum_tenths":…,"revision":…,"final":…}`, for a station with
  /// `"station":…` before it all. Temperatures in °C, the mean rounded half to even to 6 decimals.
  public func appendValue(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    if !key.isEmpty {
      bytes.append(contentsOf: "\"station\":\"".utf8)
      Self.appendEscaped(key, to: &bytes)
      bytes.append(contentsOf: "\",".utf8)
    }
    bytes.append(contentsOf: "\"datetime\":{\"start\":\"".utf8)
    Timestamp(secondsSinceEpoch: hour * 3600).appendWithMilliseconds(to: &bytes)
    bytes.append(contentsOf: "\",\"end\":\"".utf8)
    Timestamp(secondsSinceEpoch: (hour + 1) * 3600).appendWithMilliseconds(to: &bytes)
    bytes.append(contentsOf: "\"},\"mean_tmp\":".utf8)
    FigureText.appendShortMillionths(accumulator.meanMillionths, to: &bytes)
    bytes.append(contentsOf: ",\"max_tmp\":".utf8)
    FigureText.appendTenths(Int64(accumulator.maxTenths), to: &bytes)
    bytes.append(contentsOf: ",\"min_tmp\":".utf8)
    FigureText.appendTenths(Int64(accumulator.minTenths), to: &bytes)
    bytes.append(contentsOf: ",\"count\":".utf8)
    FigureText.append(accumulator.count, to: &bytes)
    bytes.append(contentsOf: ",\"sum_tenths\":".utf8)
    FigureText.append(accumulator.sumTenths, to: &bytes)
    bytes.append(contentsOf: ",\"revision\":".utf8)
    FigureText.append(revision, to: &bytes)
    bytes.append(contentsOf: isFinal ? ",\"final\":true}".utf8 : ",\"final\":false}".utf8)
  }

  /// Station ids may hold any text that a producer sends; quotes, backslashes and control
  /// characters are escaped.
  private static func appendEscaped(_ text: [UInt8], to bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
  }
}
