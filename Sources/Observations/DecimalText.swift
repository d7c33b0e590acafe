// Decimal numbers as text, read exactly: no figure passes through floating point.

/// Reads numbers such as `-12.345678`.
package enum DecimalText {
  /// So large a number, and any larger one, is none.
  package static let limit: Int64 = 1_000_000

  /// The number times ten to the power of `decimals`, in which more decimals are rounded, half to even.
  ///
  /// Digits, perhaps with a sign, one point, and blanks around it; at least one digit.
  /// - Returns: nil for anything else, and for `limit` or more.
  package static func scaled(_ text: UnsafeRawBufferPointer, decimals wanted: Int) -> Int64? {
    var rest = ByteText.trimmed(text)[...]
    let sign = rest.first
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
    var value: Int64 = 0
    var digitCount = 0
    var decimals: Int?
    // What comes after the last wanted decimal, as twice its first digit, plus 1 if anything follows.
    var remainder = 0
    for byte in rest {
      if byte == UInt8(ascii: "."), decimals == nil {
        decimals = 0
        continue
      }
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      digitCount += 1
      if let count = decimals {
        if count < wanted {
          value = value * 10 + Int64(digit)
        } else if count == wanted {
          remainder = Int(digit) * 2
        } else if digit > 0 {
          // Whatever else there is makes a half more than one.
          remainder |= 1
        }
        decimals = count + 1
      } else {
        value = value * 10 + Int64(digit)
        guard value < limit else { return nil }
      }
    }
    guard digitCount > 0 else { return nil }
    for _ in min(wanted, decimals ?? 0)..<wanted { value *= 10 }
    if remainder > 10 || (remainder == 10 && value % 2 != 0) { value += 1 }
    return sign == UInt8(ascii: "-") ? -value : value
  }
}
