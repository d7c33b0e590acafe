// An observation as the raw topic's JSON (wire contract: STATION … TMP first, further keys after).

/// Writes raw topic values.
public enum RawObservationEncoder {
  private static let prefixes: [[UInt8]] = ObservationColumn.allCases.map { column in
    Array("\(column == .station ? "{" : ",")\"\(column.name)\":\"".utf8)
  }
  private static let requiredCount = ObservationColumn.temperature.rawValue + 1

  /// Appends the row as compact JSON: the seven keys of the contract, empty where the file has no
  /// such column, then those of LATITUDE … SLP that have text. Values are the file's text; bytes
  /// that are not UTF-8 are taken as Latin-1, so that the result always is.
  public static func append(_ row: ObservationRow, to bytes: inout [UInt8]) {
    for column in ObservationColumn.allCases {
      let text = row.text(column)
      if column.rawValue >= requiredCount, text?.isEmpty ?? true { continue }
      bytes.append(contentsOf: prefixes[column.rawValue])
      if column == .station {
        appendEscaped(row.station, to: &bytes)
      } else if let text {
        appendEscaped(text, to: &bytes)
      }
      bytes.append(UInt8(ascii: "\""))
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private static func appendEscaped(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    var isPlain = true
    for byte in text where byte < 0x20 || byte >= 0x7F || byte == 0x22 || byte == 0x5C {
      isPlain = false
      break
    }
    if isPlain {
      bytes.append(contentsOf: text)
      return
    }
    let isUTF8 = String(validating: text, as: UTF8.self) != nil
    let digits = Array("0123456789abcdef".utf8)
    for byte in text {
      switch byte {
      case 0x22, 0x5C:
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20, 0x7F:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      case 0x80... where !isUTF8:
        bytes.append(0xC0 | byte >> 6)
        bytes.append(0x80 | byte & 0x3F)
      default: bytes.append(byte)
      }
    }
  }
}
