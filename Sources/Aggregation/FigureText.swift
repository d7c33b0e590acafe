// Figures as text, from integers only.

/// Writes temperatures as decimal text.
public enum FigureText {
  /// Tenths of a degree with one decimal: `-93.2`, `0.0`.
  public static func appendTenths(_ tenths: Int64, to bytes: inout [UInt8]) {
    append(tenths, scale: 10, digits: 1, to: &bytes)
  }

  /// Millionths of a degree with six decimals: `13.428571`.
  public static func appendMillionths(_ millionths: Int64, to bytes: inout [UInt8]) {
    append(millionths, scale: 1_000_000, digits: 6, to: &bytes)
  }

  /// Millionths as a JSON number: as above without the zeros at the end, but with one decimal.
  public static func appendShortMillionths(_ millionths: Int64, to bytes: inout [UInt8]) {
    append(millionths, scale: 1_000_000, digits: 6, to: &bytes)
    while bytes.last == UInt8(ascii: "0"), bytes[bytes.count - 2] != UInt8(ascii: ".") {
      bytes.removeLast()
    }
  }

  /// A whole number.
  public static func append(_ value: Int64, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    appendDigits(value.magnitude, atLeast: 1, to: &bytes)
  }

  private static func append(_ value: Int64, scale: UInt64, digits: Int, to bytes: inout [UInt8]) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let (whole, part) = value.magnitude.quotientAndRemainder(dividingBy: scale)
    appendDigits(whole, atLeast: 1, to: &bytes)
    bytes.append(UInt8(ascii: "."))
    appendDigits(part, atLeast: digits, to: &bytes)
  }

  private static func appendDigits(_ value: UInt64, atLeast width: Int, to bytes: inout [UInt8]) {
    let start = bytes.count
    var rest = value
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0 || bytes.count - start < width
    bytes[start...].reverse()
  }
}
