// A result set into its table.

import Aggregation

/// Upserts all rows of a result set. Nothing is ever deleted: a row whose key the results do not have
/// any more stays, and `TableCheck` counts it.
public enum TableSync {
  /// The rows of a result set, sorted by key: calls its argument for each.
  public typealias Rows = (_ body: (RollUps.Row) throws -> Void) throws -> Void

  public struct Outcome: Hashable, Sendable {
    public internal(set) var rowCount = 0
    public internal(set) var refusedCount = 0
    /// 1 for each row that was inserted, 2 for each that was updated, 0 for each that was as it is.
    public internal(set) var affectedCount = 0
  }

  /// A row that did not go: its keys or values, and why.
  public struct RefusedRow: Sendable, CustomStringConvertible {
    public let table: Identifier
    public let description: String
  }

  public static let rowsPerTransaction = 20_000

  /// - Parameters:
  ///   - owner: of the table, who has claimed it; looked at again in each transaction.
  ///   - onRefused: given each row that the table cannot hold; throws to end it all. What was
  ///     committed before stays.
  /// - Throws: `MySQLFailure`, and what `rows` and `onRefused` throw.
  public static func run(
    _ owner: TableOwner, rows: Rows, link: TargetLink,
    rowsPerTransaction: Int = TableSync.rowsPerTransaction,
    onRefused: @escaping (RefusedRow) throws -> Void
  ) throws -> Outcome {
    let table = owner.table
    try link.run { try table.checkReady(in: $0) }
    let writer = owner.writer(link, rowsPerTransaction, onRefused: onRefused)
    var outcome = Outcome()
    try rows { row in
      do {
        try writer.add(try table.values(of: row))
      } catch let unfit as ResultSetTable.UnfitRow {
        outcome.refusedCount += 1
        try onRefused(RefusedRow(table: table.name, description: unfit.description))
      }
    }
    try writer.flush()
    outcome.rowCount = writer.writtenCount
    outcome.refusedCount += writer.refusedCount
    outcome.affectedCount = writer.affectedCount
    return outcome
  }
}

extension TableOwner {
  func writer(
    _ link: TargetLink, _ rowsPerTransaction: Int,
    onRefused: @escaping (TableSync.RefusedRow) throws -> Void
  ) -> BatchWriter {
    BatchWriter(
      table.columns.map(\.type.blockType), link: link, rowsPerTransaction: rowsPerTransaction,
      shape: table.upsert, check: { try check(in: $0) },
      onRefused: { refused in
        let row = refused.values.map(\.displayText).joined(separator: ", ")
        try onRefused(
          TableSync.RefusedRow(
            table: table.name, description: "\(table.name): \(row): \(refused.failure)"))
      })
  }
}

extension MySQLValue {
  /// Tells it from every other value: a text in quotes, of ASCII alone.
  var exactText: String {
    guard case .text(let text) = self else { return displayText }
    return "\"\(text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined())\""
  }

  /// For messages.
  var displayText: String {
    switch self {
    case .null: "NULL"
    case .integer(let value): String(value)
    case .unsigned(let value): String(value)
    case .double(let value): String(value)
    case .text(let value): value
    case .bytes(let value): String(decoding: value, as: UTF8.self)
    case .datetime(let value): value.description
    }
  }
}
