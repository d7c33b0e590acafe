// Whole numbers in fields of fixed width. Fields are so short that none overflows.

enum FixedNumber {
  /// Digits alone, as many as the field is wide.
  static func unsigned(_ field: UnsafeRawBufferPointer) -> Int? {
    var value = 0
    for byte in field {
      let digit = byte &- 48
      guard digit <= 9 else { return nil }
      value = value * 10 + Int(digit)
    }
    return field.isEmpty ? nil : value
  }

  /// A plus or minus, and digits to the end of the field.
  static func signed(_ field: UnsafeRawBufferPointer) -> Int? {
    guard let sign = field.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      return nil
    }
    return unsigned(UnsafeRawBufferPointer(rebasing: field.dropFirst())).map {
      sign == UInt8(ascii: "-") ? -$0 : $0
    }
  }

  /// Blanks, perhaps a minus, and digits to the end of the field.
  static func rightAligned(_ field: UnsafeRawBufferPointer) -> Int? {
    let number = UnsafeRawBufferPointer(rebasing: field.drop { $0 == UInt8(ascii: " ") })
    return number.first == UInt8(ascii: "-") ? signed(number) : unsigned(number)
  }
}
