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
    bytes.append(capacity: Self.valueBytesMax + 6 * key.count) { cursor in
      cursor.put(UInt8(ascii: "{"))
      if !key.isEmpty {
        cursor.put("\"station\":\"")
        for byte in key { cursor.putEscaped(byte) }
        cursor.put("\",")
      }
      cursor.put("\"datetime\":{\"start\":\"")
      Timestamp(secondsSinceEpoch: hour * 3600).put(to: &cursor)
      cursor.put(".000Z\",\"end\":\"")
      Timestamp(secondsSinceEpoch: (hour + 1) * 3600).put(to: &cursor)
      cursor.put(".000Z\"},\"mean_tmp\":")
      FigureText.putShortMillionths(accumulator.meanMillionths, to: &cursor)
      cursor.put(",\"max_tmp\":")
      FigureText.putTenths(Int64(accumulator.maxTenths), to: &cursor)
      cursor.put(",\"min_tmp\":")
      FigureText.putTenths(Int64(accumulator.minTenths), to: &cursor)
      cursor.put(",\"count\":")
      FigureText.put(accumulator.count, to: &cursor)
      cursor.put(",\"sum_tenths\":")
      FigureText.put(accumulator.sumTenths, to: &cursor)
      cursor.put(",\"revision\":")
      FigureText.put(revision, to: &cursor)
      if isFinal { cursor.put(",\"final\":true}") } else { cursor.put(",\"final\":false}") }
    }
  }

  /// The text of a value but for the station, 178 bytes, and six figures.
  private static let valueBytesMax = 178 + 6 * FigureText.byteCountMax
}
