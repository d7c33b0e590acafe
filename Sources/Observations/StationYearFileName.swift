// The names that NCEI gives its files of one station and year: `725300-94846-2014.gz`.
//
// Source: the README files of NCEI's folders pub/data/noaa and pub/data/noaa/isd-lite.

/// `USAF-WBAN-YEAR`, perhaps with `.gz`. The USAF number may begin with a letter.
public struct StationYearFileName: Hashable, Sendable {
  /// USAF and WBAN number, 11 characters.
  public let station: String

  /// nil when the name has another form.
  /// - Parameter fileName: with or without folders before it.
  public init?(_ fileName: String) {
    let name = fileName.split(separator: "/").last ?? ""
    let parts = (name.hasSuffix(".gz") ? name.dropLast(3) : name)
      .split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 6, parts[1].utf8.count == 5,
      let initial = parts[0].utf8.first, Self.isLetter(initial) || Self.isDigit(initial),
      parts[0].utf8.dropFirst().allSatisfy(Self.isDigit), parts[1].utf8.allSatisfy(Self.isDigit),
      Self.isYear(parts[2])
    else { return nil }
    station = String(parts[0] + parts[1])
  }

  /// Whether a file is named like one that holds a year of many stations: `1901.gz`.
  public static func isOfManyStations(_ fileName: String) -> Bool {
    let name = fileName.split(separator: "/").last ?? ""
    return name.hasSuffix(".gz") && isYear(name.dropLast(3))
  }

  private static func isYear(_ text: Substring) -> Bool {
    text.utf8.count == 4 && text.utf8.allSatisfy(isDigit)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
  }
}
