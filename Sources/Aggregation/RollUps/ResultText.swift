// Cells as text: CSV and JSON, from integers only.

import Observations

/// Writes a table's rows.
public enum ResultText {
  /// The header line.
  public static func appendCSVHeader(_ set: ResultSet, to bytes: inout [UInt8]) {
    bytes += Array((set.columns.map(\.name).joined(separator: ",") + "\n").utf8)
  }

  /// One line. Texts are quoted where they have to be.
  public static func appendCSV(_ row: RollUps.Row, to bytes: inout [UInt8]) {
    for (index, cell) in row.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if case .text(let text) = cell {
        appendField(text, to: &bytes)
      } else {
        append(cell, to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// One object with the columns' names, without white space: numbers as numbers, an absent value as `null`.
  public static func appendJSON(
    _ row: RollUps.Row, columns: [ResultColumn], to bytes: inout [UInt8]
  ) {
    precondition(row.count == columns.count, "a cell for each column")
    bytes.append(UInt8(ascii: "{"))
    for (column, cell) in zip(columns, row) {
      if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
      appendString(Array(column.name.utf8), to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      switch cell {
      case .absent: bytes += Array("null".utf8)
      case .text(let text): appendString(text, to: &bytes)
      case .season, .hour, .day:
        bytes.append(UInt8(ascii: "\""))
        append(cell, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
      case .integer, .tenths, .millionths, .coordinate: append(cell, to: &bytes)
      }
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// A cell alone, as it stands in a table for people: nothing is quoted, an absent value is empty.
  public static func append(_ cell: ResultCell, to bytes: inout [UInt8]) {
    switch cell {
    case .absent: break
    case .text(let text): bytes += text
    case .season(let season): bytes += Array(season.name.utf8)
    case .integer(let value): FigureText.append(value, to: &bytes)
    case .hour(let hour): Timestamp(secondsSinceEpoch: hour * 3600).append(to: &bytes)
    case .day(let day):
      Timestamp(secondsSinceEpoch: day * 86_400).append(to: &bytes)
      bytes.removeLast("T00:00:00Z".utf8.count)
    case .tenths(let value): FigureText.appendTenths(value, to: &bytes)
    case .millionths(let value): FigureText.appendMillionths(value, to: &bytes)
    case .coordinate(let value): FigureText.appendShortMillionths(Int64(value), to: &bytes)
    }
  }

  private static func appendField(_ text: [UInt8], to bytes: inout [UInt8]) {
    let special: [UInt8] = [0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "\"")]
    guard text.contains(where: special.contains) else {
      bytes += text
      return
    }
    bytes.append(UInt8(ascii: "\""))
    for byte in text {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func appendString(_ text: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(capacity: 6 * text.count + 2) { cursor in
      cursor.put(UInt8(ascii: "\""))
      for byte in text { cursor.putEscaped(byte) }
      cursor.put(UInt8(ascii: "\""))
    }
  }
}
