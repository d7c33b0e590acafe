// A result set beside its table, row by row.

import Aggregation

/// Compares every row: both sides are walked once, in the order of their keys.
public struct TableCheck {
  public struct Difference: Sendable, CustomStringConvertible {
    public let table: Identifier
    /// What the store has, by column.
    public let stored: String
    public let found: FoundRow

    public var description: String { "\(table): the store has \(stored); \(found)" }
  }

  /// - Parameters:
  ///   - repairs: whether rows that differ or are missing are upserted, into a table that is
  ///     the owner's.
  ///   - onRefused: given each row that the server does not take in a repair.
  ///   - onDifference: given each difference, and each row that no table can hold.
  /// - Throws: `MySQLFailure`, and what `rows` throws.
  public static func run(
    _ owner: TableOwner, rows: TableSync.Rows, link: TargetLink, repairs: Bool = false,
    onRefused: @escaping (TableSync.RefusedRow) throws -> Void = { _ in },
    onDifference: @escaping (Difference) throws -> Void
  ) throws -> CheckOutcome {
    let table = owner.table
    try link.run { try table.checkReady(in: $0) }
    if repairs { try link.transaction { try owner.claim(adopts: false, in: $0) } }
    let writer = owner.writer(link, TableSync.rowsPerTransaction, onRefused: onRefused)
    let found = walk(table, link.another())
    var outcome = CheckOutcome()
    var next = try found.next()
    try rows { row in
      let stored: [MySQLValue]
      do throws(ResultSetTable.UnfitRow) {
        stored = try table.values(of: row)
      } catch {
        outcome.unfitCount += 1
        return try onDifference(
          Difference(table: table.name, stored: error.keys, found: .unfit(error.reason)))
      }
      outcome.rowCount += 1
      while let row = next, table.order(row, stored) == .before {
        outcome.onlyInTargetCount += 1
        next = try found.next()
      }
      var same: [MySQLValue]?
      if let row = next, table.order(row, stored) == .same {
        same = row
        next = try found.next()
      }
      if let same, zip(same, stored).allSatisfy(isSame) { return }
      if same == nil { outcome.missingCount += 1 } else { outcome.differentCount += 1 }
      try onDifference(difference(table, stored, same))
      if repairs { try writer.add(stored) }
    }
    while next != nil {
      outcome.onlyInTargetCount += 1
      next = try found.next()
    }
    try writer.flush()
    outcome.repairedCount = writer.writtenCount
    return outcome
  }

  private static func walk(_ table: ResultSetTable, _ link: TargetLink) -> ResumingRows {
    let names = table.columns.map(\.name.quoted).joined(separator: ", ")
    return ResumingRows(
      link, isBehind: { table.order($0, $1) == .after }
    ) { connection throws(MySQLFailure) in
      try connection.prepare(
        "SELECT \(names) FROM \(table.name.quoted) ORDER BY \(table.order)"
      ).rows()
    }
  }

  /// Texts by their bytes, where Swift would compare what they mean. Decimals are texts of one form.
  private static func isSame(_ left: MySQLValue, _ right: MySQLValue) -> Bool {
    if case .text(let left) = left, case .text(let right) = right {
      return left.utf8.elementsEqual(right.utf8)
    }
    return left == right
  }

  private static func difference(
    _ table: ResultSetTable, _ stored: [MySQLValue], _ found: [MySQLValue]?
  ) -> Difference {
    guard let found else {
      return Difference(
        table: table.name, stored: text(table, stored.map(\.displayText)), found: .missing)
    }
    let cells = zip(stored, found).map { stored, found in
      // NULL and the text of it, or two forms of the same letter, would look the same.
      if isSame(stored, found) || stored.displayText != found.displayText {
        return (stored.displayText, found.displayText)
      }
      return (stored.exactText, found.exactText)
    }
    return Difference(
      table: table.name, stored: text(table, cells.map(\.0)),
      found: .different(text(table, cells.map(\.1))))
  }

  private static func text(_ table: ResultSetTable, _ cells: [String]) -> String {
    zip(table.columns, cells).map { "\($0.name)=\($1)" }.joined(separator: " ")
  }
}
