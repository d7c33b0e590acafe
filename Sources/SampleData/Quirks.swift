// How often the sample is as untidy as real files are. Rates are out of 1,024.

/// What happens now and then, and how often. Changing a rate changes every sample.
enum Quirks {
  /// An hour with a special report (FM-16) at an odd minute.
  static let special = 53
  /// A report without a temperature: `+9999,9`.
  static let missing = 8
  /// A report whose temperature is called suspect: codes 2 and 6. The value is as ever.
  static let suspect = 4
  /// A report whose temperature is called erroneous: codes 3 and 7. It is 25 °C off.
  static let erroneous = 2
  /// A report whose temperature is suspect but accepted: code A.
  static let accepted = 2
  /// A remark with commas and quotes in it.
  static let quotedRemark = 16
  /// Two neighbouring rows of a day that stand in the wrong order. Rows of the same minute are not
  /// counted: they have no order.
  static let swapped = 2

  static let erroneousOffsetTenths = 250
}
