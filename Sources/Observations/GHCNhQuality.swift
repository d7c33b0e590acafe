// The quality codes of GHCNh, and the ISD code that stands for each in a raw record.
//
// What must hold: the verdict on a raw record is that of ISD's rule on its TMP alone, so that every
// reader of raw records, of whatever version, comes to the same; and a code whose meaning is not
// documented is never guessed.
//
// Source: README File for the Global Historical Climatology Network hourly (GHCNh), version 1.0.1,
// section VI, table 3; docs/decisions/0015-ghcnh.md has the table and what is unsure in it.

/// GHCNh keeps the codes of the sources that it is made of, so what a code means depends on the source;
/// letters of its own name a check of its own that the value failed.
enum GHCNhQuality {
  /// The name of this table. Another table gets another name.
  static let ruleName: StaticString = "ghcnh/1"
  /// Longer codes, and longer names of sources, are unknown.
  static let codeBytesMax = 16

  private enum Family {
    /// Codes as in ISD.
    case isd
    /// USAF 14th Weather Squadron.
    case airForce
    /// Source 345.
    case fieldLength
    /// Whose codes are not documented.
    case other
  }

  /// - Returns: nil when nothing says what the code means.
  static func isdCode(
    source: UnsafeRawBufferPointer, code: UnsafeRawBufferPointer
  ) -> UInt8? {
    var code = ByteText.trimmed(code)
    // Words after the code, as in `9-Missing`.
    if code.count > 1, code[1] == UInt8(ascii: "-") {
      code = UnsafeRawBufferPointer(rebasing: code.prefix(1))
    }
    if code.isEmpty { return UInt8(ascii: "9") }
    let family = family(source)
    var worst: UInt8?
    for byte in code where byte != UInt8(ascii: ",") && byte != UInt8(ascii: " ") {
      guard let one = isdCode(byte, family) else { return nil }
      if severity(one) > worst.map(severity) ?? -1 { worst = one }
    }
    return worst
  }

  private static func family(_ source: UnsafeRawBufferPointer) -> Family {
    switch FixedNumber.unsigned(ByteText.trimmed(source)) {
    case 313, 314, 315, 322, 335, 343, 344, 346: .isd
    case 220, 221, 222, 223, 347, 348: .airForce
    case 345: .fieldLength
    default: .other
    }
  }

  private static func isdCode(_ code: UInt8, _ family: Family) -> UInt8? {
    let failed = UInt8(ascii: "3")
    switch code {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return failed
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return isdCode(digit: code, family)
    case UInt8(ascii: "D"), UInt8(ascii: "E"), UInt8(ascii: "F"), UInt8(ascii: "H"),
      UInt8(ascii: "K"), UInt8(ascii: "L"), UInt8(ascii: "N"), UInt8(ascii: "S"),
      UInt8(ascii: "T"), UInt8(ascii: "V"), UInt8(ascii: "W"):
      return failed
    // Checks of GHCNh, and codes of ISD, which are meant where the source has them.
    case UInt8(ascii: "C"), UInt8(ascii: "U"): return family == .isd ? code : failed
    case UInt8(ascii: "A"), UInt8(ascii: "I"), UInt8(ascii: "M"), UInt8(ascii: "P"),
      UInt8(ascii: "R"):
      return family == .isd ? code : nil
    default: return nil
    }
  }

  private static func isdCode(digit: UInt8, _ family: Family) -> UInt8? {
    // "Passed gross limits check if element is present": what ISD has for a value that nobody judged.
    let unjudged = UInt8(ascii: "9")
    switch (family, digit) {
    case (_, UInt8(ascii: "9")): return unjudged
    case (.isd, UInt8(ascii: "0")...UInt8(ascii: "7")): return digit
    // Not checked; calculated.
    case (.airForce, UInt8(ascii: "0")), (.airForce, UInt8(ascii: "4")): return unjudged
    case (.airForce, UInt8(ascii: "1")...UInt8(ascii: "3")): return digit
    // Removed.
    case (.airForce, UInt8(ascii: "5")): return UInt8(ascii: "3")
    // Good, issue, error.
    case (.fieldLength, UInt8(ascii: "0")): return UInt8(ascii: "1")
    case (.fieldLength, UInt8(ascii: "1")): return UInt8(ascii: "2")
    case (.fieldLength, UInt8(ascii: "3")): return digit
    default: return nil
    }
  }

  private static func severity(_ isdCode: UInt8) -> Int {
    switch isdCode {
    case UInt8(ascii: "3"), UInt8(ascii: "7"): 2
    case UInt8(ascii: "2"), UInt8(ascii: "6"): 1
    default: 0
    }
  }
}
