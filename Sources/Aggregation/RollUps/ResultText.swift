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
    var capacity = 0
    for cell in row { capacity &+= byteCountMax(cell) &+ 1 }
    bytes.append(capacity: capacity) { cursor in
      for cell in row {
        if case .text(let text) = cell {
          putField(text, to: &cursor)
        } else {
          put(cell, to: &cursor)
        }
        cursor.put(UInt8(ascii: ","))
      }
      // The last comma becomes the line's end.
      cursor.next -= 1
      cursor.put(UInt8(ascii: "\n"))
    }
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
    bytes.append(capacity: byteCountMax(cell)) { put(cell, to: &$0) }
  }

  /// With quotes around it and every byte doubled.
  private static func byteCountMax(_ cell: ResultCell) -> Int {
    if case .text(let text) = cell { 2 * text.count + 2 } else { FigureText.byteCountMax }
  }

  private static func put(_ cell: ResultCell, to cursor: inout ByteCursor) {
    switch cell {
    case .absent: break
    case .text(let text): text.withUnsafeBytes { cursor.put($0) }
    case .season(let season):
      switch season {
      case .winter: cursor.put("Winter")
      case .spring: cursor.put("Spring")
      case .summer: cursor.put("Summer")
      case .autumn: cursor.put("Autumn")
      }
    case .integer(let value): FigureText.put(value, to: &cursor)
    case .hour(let hour):
      Timestamp(secondsSinceEpoch: hour * 3600).put(to: &cursor)
      cursor.put(UInt8(ascii: "Z"))
    case .day(let day):
      Timestamp(secondsSinceEpoch: day * 86_400).put(to: &cursor)
      cursor.next -= "T00:00:00".utf8.count
    case .tenths(let value): FigureText.putTenths(value, to: &cursor)
    case .millionths(let value): FigureText.putMillionths(value, to: &cursor)
    case .coordinate(let value): FigureText.putShortMillionths(Int64(value), to: &cursor)
    }
  }

  /// A text as a field of CSV: in quotes where it has to be.
  public static func appendField(_ text: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(capacity: byteCountMax(.text(text))) { putField(text, to: &$0) }
  }

  private static func putField(_ text: [UInt8], to cursor: inout ByteCursor) {
    func isSpecial(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D
    }
    guard text.contains(where: isSpecial) else {
      text.withUnsafeBytes { cursor.put($0) }
      return
    }
    cursor.put(UInt8(ascii: "\""))
    for byte in text {
      if byte == UInt8(ascii: "\"") { cursor.put(byte) }
      cursor.put(byte)
    }
    cursor.put(UInt8(ascii: "\""))
  }

  private static func appendString(_ text: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(capacity: 6 * text.count + 2) { cursor in
      cursor.put(UInt8(ascii: "\""))
      for byte in text { cursor.putEscaped(byte) }
      cursor.put(UInt8(ascii: "\""))
    }
  }
}
