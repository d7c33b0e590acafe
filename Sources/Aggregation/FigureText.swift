// Figures as text, from integers only.

import Observations

/// Writes temperatures as decimal text.
public enum FigureText {
  /// A sign, the 19 digits of the greatest number, and a point.
  static let byteCountMax = 24

  /// Tenths of a degree with one decimal: `-93.2`, `0.0`.
  public static func appendTenths(_ tenths: Int64, to bytes: inout [UInt8]) {
    bytes.append(capacity: byteCountMax) { putTenths(tenths, to: &$0) }
  }

  /// Millionths of a degree with six decimals: `13.428571`.
  public static func appendMillionths(_ millionths: Int64, to bytes: inout [UInt8]) {
    bytes.append(capacity: byteCountMax) { putMillionths(millionths, to: &$0) }
  }

  /// Millionths as a JSON number: as above without the zeros at the end, but with one decimal.
  public static func appendShortMillionths(_ millionths: Int64, to bytes: inout [UInt8]) {
    bytes.append(capacity: byteCountMax) { putShortMillionths(millionths, to: &$0) }
  }

  /// A whole number.
  public static func append(_ value: Int64, to bytes: inout [UInt8]) {
    bytes.append(capacity: byteCountMax) { put(value, to: &$0) }
  }

  static func putTenths(_ tenths: Int64, to cursor: inout ByteCursor) {
    put(tenths, scale: 10, digits: 1, to: &cursor)
  }

  static func putMillionths(_ millionths: Int64, to cursor: inout ByteCursor) {
    put(millionths, scale: 1_000_000, digits: 6, to: &cursor)
  }

  static func putShortMillionths(_ millionths: Int64, to cursor: inout ByteCursor) {
    var digits = 6
    var scale: Int64 = 1_000_000
    var value = millionths
    while digits > 1, value % 10 == 0 {
      value /= 10
      scale /= 10
      digits -= 1
    }
    put(value, scale: UInt64(scale), digits: digits, to: &cursor)
  }

  static func put(_ value: Int64, to cursor: inout ByteCursor) {
    if value < 0 { cursor.put(UInt8(ascii: "-")) }
    cursor.putDecimal(value.magnitude, atLeast: 1)
  }

  private static func put(
    _ value: Int64, scale: UInt64, digits: Int, to cursor: inout ByteCursor
  ) {
    if value < 0 { cursor.put(UInt8(ascii: "-")) }
    let (whole, part) = value.magnitude.quotientAndRemainder(dividingBy: scale)
    cursor.putDecimal(whole, atLeast: 1)
    cursor.put(UInt8(ascii: "."))
    cursor.putDecimal(part, atLeast: digits)
  }
}
