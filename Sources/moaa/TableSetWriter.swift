// Tables one after the other, in one format.

import Aggregation

/// Takes tables, also inside a read view, and prints them all at the end: as CSV and for people with an empty line between, as JSON an array or, of several
/// tables, an object of arrays by table.
struct TableSetWriter {
  private let format: OutputFormat
  private let isOne: Bool
  private var set = ResultSet.hour
  private var setCount = 0
  private var rowCount = 0
  private let output = OutputSpool()
  private var table: ResultTable?

  init(_ format: OutputFormat, isOne: Bool) {
    self.format = format
    self.isOne = isOne
    if format == .json, !isOne { output.append("{") }
  }

  mutating func begin(_ set: ResultSet) {
    self.set = set
    rowCount = 0
    switch format {
    case .csv:
      if setCount > 0 { output.append("\n") }
      ResultText.appendCSVHeader(set, to: &output.bytes)
    case .json:
      if !isOne {
        output.append("\(setCount > 0 ? "," : "")\n\(ResultTable.quoted(set.rawValue)):")
      }
      output.append("[")
    case .table:
      if !isOne { output.append("\(setCount > 0 ? "\n" : "")\(set.rawValue)\n") }
      table = ResultTable(.table, set.columns.map(\.name), to: output)
    }
    setCount += 1
  }

  mutating func add(_ row: RollUps.Row) throws {
    switch format {
    case .csv: ResultText.appendCSV(row, to: &output.bytes)
    case .json:
      output.append(rowCount == 0 ? "\n" : ",\n")
      ResultText.appendJSON(row, columns: set.columns, to: &output.bytes)
    case .table: try table?.add(row.map(Self.cell))
    }
    rowCount += 1
    try output.spillIfLarge()
  }

  mutating func end() {
    switch format {
    case .csv: break
    case .json: output.append(rowCount == 0 ? "]" : "\n]")
    case .table: table?.end()
    }
  }

  /// Prints what was collected. Called once, outside of any read view.
  func finish() throws {
    if format == .json { output.append(isOne ? "\n" : "\n}\n") }
    try output.writeOut()
  }

  private static func cell(_ cell: ResultCell) -> Cell {
    var bytes: [UInt8] = []
    ResultText.append(cell, to: &bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    switch cell {
    case .absent: return .missing
    case .text, .season, .hour, .day: return .text(text)
    case .integer, .tenths, .millionths, .coordinate: return .number(text)
    }
  }
}
