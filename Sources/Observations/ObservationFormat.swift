// The forms in which files hold observations, and which of them a file begins like.

/// A file format. The raw values are as on the command line.
public enum ObservationFormat: String, Hashable, Sendable, CaseIterable {
  /// NCEI's CSV; `GlobalHourlyDecoder`.
  case globalHourly = "global-hourly"
  /// Fixed-width records; `ISDRecordReader`.
  case isd
  /// One row an hour; `ISDLiteRowReader`.
  case isdLite = "isd-lite"
  /// NOAA's successor of ISD, pipe-separated; `GHCNhDecoder`.
  case ghcnh

  /// A new decoder.
  /// - Parameters:
  ///   - fileName: as the user named the file; ISD-Lite has its station only there.
  ///   - columns: those whose texts are asked for.
  /// - Throws: `DecodeFailure` when the name should say the station and does not.
  func makeDecoder(
    fileName: String, columns: Set<ObservationColumn>
  ) throws -> any ObservationDecoder {
    switch self {
    case .globalHourly: return GlobalHourlyDecoder(columns: columns)
    case .isd: return FixedWidthDecoder(ISDRecordReader())
    case .ghcnh: return GHCNhDecoder()
    case .isdLite:
      guard let name = StationYearFileName(fileName) else {
        throw DecodeFailure(
          line: 1,
          "ISD-Lite has its station only in the file's name, which must be USAF-WBAN-YEAR or "
            + "USAF-WBAN-YEAR.gz, such as 725300-94846-2014.gz")
      }
      return FixedWidthDecoder(ISDLiteRowReader(station: name.station))
    }
  }

  // MARK: Recognition

  /// What the beginning of a file tells. More bytes make of `undecided` one of the others, and never
  /// change those.
  enum Recognition: Equatable {
    case format(ObservationFormat)
    case undecided
    case unknown
  }

  /// No more is needed to decide.
  static let beginningBytesMax = 4096

  // 9: a digit; A: a digit or letter; +: a sign; ?: any byte but a newline; a blank is a blank.
  private static let isdBeginning: StaticString =
    "9999AAAAAAAAAAA999999999999?+99999+999999?????+9999"
  private static let isdLiteBeginning: StaticString = "9999 99 99 99 "

  /// Decides from the first bytes alone.
  ///
  /// A first line with a comma, a quote, a byte-order mark or gzip's mark goes to the CSV decoder,
  /// which says what it lacks; one with a pipe before any comma is GHCNh's.
  static func recognise(_ beginning: UnsafeRawBufferPointer) -> Recognition {
    guard let first = beginning.first else { return .undecided }
    let isISD = matches(beginning, isdBeginning)
    let isISDLite = matches(beginning, isdLiteBeginning)
    if isISD == true { return .format(.isd) }
    if isISDLite == true { return .format(.isdLite) }
    if isISD == nil || isISDLite == nil { return .undecided }
    if first == UInt8(ascii: "\"") || first == 0xEF || first == 0x1F {
      return .format(.globalHourly)
    }
    for byte in beginning.prefix(beginningBytesMax) {
      if byte == UInt8(ascii: ",") { return .format(.globalHourly) }
      if byte == UInt8(ascii: "|") { return .format(.ghcnh) }
      if byte == UInt8(ascii: "\n") { return .unknown }
    }
    return beginning.count < beginningBytesMax ? .undecided : .unknown
  }

  /// nil when too few bytes have come to tell.
  private static func matches(
    _ beginning: UnsafeRawBufferPointer, _ pattern: StaticString
  ) -> Bool? {
    let count = pattern.utf8CodeUnitCount
    for index in 0..<min(count, beginning.count) {
      let byte = beginning[index]
      let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      let isMatch: Bool
      switch pattern.utf8Start[index] {
      case UInt8(ascii: "9"): isMatch = isDigit
      case UInt8(ascii: "A"):
        isMatch = isDigit || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
      case UInt8(ascii: "+"): isMatch = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      case UInt8(ascii: "?"): isMatch = byte != UInt8(ascii: "\n")
      default: isMatch = byte == pattern.utf8Start[index]
      }
      if !isMatch { return false }
    }
    return beginning.count < count ? nil : true
  }
}
