// The bytes of emissions on the aggregate topics (wire contract).

import Observations

/// Writes emissions. Results of one hour usually come together, so the texts of the last hour are kept.
public struct WindowResultEncoder {
  private var hour = Int64.min
  /// `2022-06-24T08:00:00` of the hour's start and of its end.
  private var start: [UInt8] = []
  private var end: [UInt8] = []

  public init() {}

  private mutating func prepare(_ hour: Int64) {
    guard hour != self.hour else { return }
    self.hour = hour
    start.removeAll(keepingCapacity: true)
    end.removeAll(keepingCapacity: true)
    Timestamp(secondsSinceEpoch: hour * 3600).append(to: &start)
    Timestamp(secondsSinceEpoch: (hour + 1) * 3600).append(to: &end)
    start.removeLast()
    end.removeLast()
  }

  /// The record key: `2022-06-24T08:00:00Z`, for a station `72530094846/2022-06-24T08:00:00Z`.
  public mutating func appendRecordKey(of result: WindowResult, to bytes: inout [UInt8]) {
    prepare(result.hour)
    if !result.key.isEmpty {
      bytes.append(contentsOf: result.key)
      bytes.append(UInt8(ascii: "/"))
    }
    bytes.append(contentsOf: start)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// The record value: `{"datetime":{"start":…,"end":…},"mean_tmp":…,"max_tmp":…,"min_tmp":…,
  /// "count":…,"sum_tenths":…,"revision":…,"final":…}`, for a station with `"station":…` before it
  /// all. Temperatures in °C, the mean rounded half to even to 6 decimals.
  public mutating func appendValue(of result: WindowResult, to bytes: inout [UInt8]) {
    prepare(result.hour)
    let accumulator = result.accumulator
    bytes.append(capacity: Self.valueBytesMax + 6 * result.key.count) { cursor in
      cursor.put(UInt8(ascii: "{"))
      if !result.key.isEmpty {
        cursor.put("\"station\":\"")
        for byte in result.key { cursor.putEscaped(byte) }
        cursor.put("\",")
      }
      cursor.put("\"datetime\":{\"start\":\"")
      start.withUnsafeBytes { cursor.put($0) }
      cursor.put(".000Z\",\"end\":\"")
      end.withUnsafeBytes { cursor.put($0) }
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
      FigureText.put(result.revision, to: &cursor)
      if result.isFinal {
        cursor.put(",\"final\":true}")
      } else {
        cursor.put(",\"final\":false}")
      }
    }
  }

  /// The text of a value but for the station, 178 bytes, and six figures.
  private static let valueBytesMax = 178 + 6 * FigureText.byteCountMax
}
