// What the lists of stations have in common: numbers, days, and lines of CSV.

import Observations

enum ListText {
  static func scaled(_ text: String, decimals: Int) -> Int64? {
    Array(text.utf8).withUnsafeBytes { DecimalText.scaled($0, decimals: decimals) }
  }

  /// nil where one is missing. 0, 0 lies in the sea and stands for a place that is not known.
  static func place(_ latitude: String, _ longitude: String) -> GeoPoint? {
    guard let latitude = scaled(latitude, decimals: 6),
      let longitude = scaled(longitude, decimals: 6), latitude != 0 || longitude != 0
    else { return nil }
    return GeoPoint(latitude: latitude, longitude: longitude)
  }

  /// `20220624`, counted from 1970-01-01.
  static func day(_ text: String) -> Int64? {
    guard text.utf8.count == 8, let number = Int(text), number > 0 else { return nil }
    return Timestamp(year: number / 10_000, month: number / 100 % 100, day: number % 100)?.dayIndex
  }

  static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

/// Lines of CSV as fields without their quotes; lines that are empty are passed over, and one whose quotes
/// do not pair is one field.
struct CSVLines {
  private let lines: [Substring]
  private var index = 0

  init(_ bytes: [UInt8]) {
    lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
  }

  mutating func next() -> [String]? {
    guard index < lines.count else { return nil }
    index += 1
    return Self.fields(lines[index - 1])
  }

  static func fields(_ line: Substring) -> [String] {
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    var wasQuote = false
    for character in line {
      if isQuoted {
        if character == "\"" {
          isQuoted = false
          wasQuote = true
        } else {
          field.append(character)
        }
      } else if character == "\"" {
        // A doubled quote stands for one.
        if wasQuote { field.append("\"") }
        isQuoted = true
        wasQuote = false
      } else if character == "," {
        fields.append(ListText.trimmed(field[...]))
        field = ""
        wasQuote = false
      } else {
        field.append(character)
        wasQuote = false
      }
    }
    fields.append(ListText.trimmed(field[...]))
    return isQuoted ? [String(line)] : fields
  }
}
