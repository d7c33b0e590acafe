// Cells of a result as values of a table.

import Aggregation
import Observations

extension ResultSetTable {
  /// A row that its table cannot hold.
  public struct UnfitRow: Error, Hashable, Sendable, CustomStringConvertible {
    public let table: Identifier
    /// The row's keys as far as they can be shown.
    public let keys: String
    public let reason: String

    public var description: String { "\(table): \(keys): \(reason)" }
  }

  /// The values of a row, in the order of the columns.
  /// - Throws: `UnfitRow`, for what the server would refuse, cut or confuse with another.
  func values(of row: RollUps.Row) throws(UnfitRow) -> [MySQLValue] {
    precondition(row.count == columns.count, "\(row.count) cells for \(columns.count) columns")
    var values: [MySQLValue] = []
    values.reserveCapacity(row.count)
    for (column, cell) in zip(columns, row) {
      switch Self.value(cell, column) {
      case .success(let value): values.append(value)
      case .failure(let misfit):
        throw UnfitRow(table: name, keys: keyText(row), reason: "\(column.name) \(misfit.reason)")
      }
    }
    return values
  }

  private struct Misfit: Error {
    let reason: String
  }

  private static func value(_ cell: ResultCell, _ column: Column) -> Result<MySQLValue, Misfit> {
    switch cell {
    case .absent: return .success(column.isNullable ? .null : .text(""))
    case .text(let bytes): return text(bytes, column)
    case .season(let season): return .success(.text(season.name))
    case .integer(let value): return .success(.integer(value))
    case .hour(let hour): return datetime(Timestamp(secondsSinceEpoch: hour * 3600))
    case .day(let day): return datetime(Timestamp(secondsSinceEpoch: day * 86_400))
    case .tenths(let value): return decimal(value, column) { FigureText.appendTenths($0, to: &$1) }
    case .millionths(let value):
      return decimal(value, column) { FigureText.appendMillionths($0, to: &$1) }
    case .coordinate(let value):
      return decimal(Int64(value), column) { FigureText.appendMillionths($0, to: &$1) }
    }
  }

  private static func text(_ bytes: [UInt8], _ column: Column) -> Result<MySQLValue, Misfit> {
    guard case .text(let charactersMax) = column.type else { preconditionFailure("a text") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .failure(Misfit(reason: "is not UTF-8"))
    }
    guard text.unicodeScalars.count <= charactersMax else {
      return .failure(
        Misfit(reason: "has \(text.unicodeScalars.count) characters, \(charactersMax) at most fit"))
    }
    // Comparison pads with blanks: such a key is the same as the one without.
    if column.isKey, bytes.last == UInt8(ascii: " ") {
      return .failure(Misfit(reason: "ends with a blank, which a key does not tell apart"))
    }
    return .success(.text(text))
  }

  private static func datetime(_ time: Timestamp) -> Result<MySQLValue, Misfit> {
    let year = Timestamp.calendar(dayNumber: time.dayIndex).year
    guard (1...9999).contains(year) else {
      return .failure(Misfit(reason: "is of the year \(year)"))
    }
    return .success(.datetime(MySQLDateTime(time)))
  }

  private static func decimal(
    _ value: Int64, _ column: Column, _ append: (Int64, inout [UInt8]) -> Void
  ) -> Result<MySQLValue, Misfit> {
    guard case .decimal(let digits, _) = column.type else { preconditionFailure("a decimal") }
    var bytes: [UInt8] = []
    append(value, &bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    // Of a zero before the point no more is stored, and no value has more digits for it.
    guard String(value.magnitude).utf8.count <= digits else {
      return .failure(Misfit(reason: "is \(text), of more than \(digits) digits"))
    }
    return .success(.text(text))
  }

  /// `station=723080 year=2022`.
  private func keyText(_ row: RollUps.Row) -> String {
    zip(columns, row).filter { $0.0.isKey }.map { column, cell in
      var bytes: [UInt8] = []
      ResultText.append(cell, to: &bytes)
      return "\(column.name)=\(String(decoding: bytes.prefix(80), as: UTF8.self))"
    }.joined(separator: " ")
  }
}
