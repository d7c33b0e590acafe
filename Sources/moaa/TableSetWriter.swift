// Tables one after the other, in one format.

import Aggregation
import LogStore
import Pipeline

/// Takes tables, also inside a read view, and prints them all at the end: as CSV and for people with an empty line between, as JSON an array or, of several
/// tables, an object of arrays by table.
struct TableSetWriter {
  private let format: OutputFormat
  private let isOne: Bool
  private var set = ResultSet.hour
  private var setCount = 0
  /// Whether the table at hand has no row yet.
  private var isEmpty = true
  private let output = OutputSpool()
  private var table: ResultTable?

  init(_ format: OutputFormat, isOne: Bool) {
    self.format = format
    self.isOne = isOne
    if format == .json, !isOne { output.append("{") }
  }

  mutating func begin(_ set: ResultSet) {
    self.set = set
    isEmpty = true
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
    if format == .table { try table?.add(row.map(Self.cell)) }
    if let write = Self.writer(format, set.columns) {
      var text: [UInt8] = []
      write(row, &text)
      try add(text)
    }
  }

  /// The rows of `station-hour`, of which there may be millions: their text is made by several threads.
  mutating func addStationHours(_ maker: BackfillTables, in view: ReadTransaction) throws {
    if let write = Self.writer(format, set.columns) {
      try maker.makeStationHours(in: view, write: write) { try add($0) }
    } else {
      var table = table
      try maker.forEachStationHour(in: view) { try table?.add($0.map(Self.cell)) }
      self.table = table
    }
  }

  /// Rows as `writer` writes them.
  private mutating func add(_ text: [UInt8]) throws {
    guard !text.isEmpty else { return }
    // Each row of JSON brings the comma before it.
    output.bytes += format == .json && isEmpty ? text.dropFirst() : text[...]
    isEmpty = false
    try output.spillIfLarge()
  }

  /// What writes a row of CSV or JSON; nil for a table for people, which is aligned.
  private static func writer(
    _ format: OutputFormat, _ columns: [ResultColumn]
  ) -> (@Sendable (RollUps.Row, inout [UInt8]) -> Void)? {
    switch format {
    case .csv: return { ResultText.appendCSV($0, to: &$1) }
    case .json:
      return { row, text in
        text += [UInt8(ascii: ","), UInt8(ascii: "\n")]
        ResultText.appendJSON(row, columns: columns, to: &text)
      }
    case .table: return nil
    }
  }

  mutating func end() {
    switch format {
    case .csv: break
    case .json: output.append(isEmpty ? "]" : "\n]")
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
