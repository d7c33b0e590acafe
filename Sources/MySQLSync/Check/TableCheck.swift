// A result set beside its table, row by row.

import Aggregation

/// Compares every row: both sides are walked once, in the order of their keys.
public struct TableCheck {
  public struct Difference: Sendable, CustomStringConvertible {
    public let table: Identifier
    /// What the store has, by column.
    public let stored: String
    /// What the target has; nil: no row of this key.
    public let found: String?

    public var description: String {
      "\(table): the store has \(stored); the target \(found.map { "has \($0)" } ?? "does not")"
    }
  }

  public struct Outcome: Hashable, Sendable {
    public internal(set) var rowCount = 0
    public internal(set) var missingCount = 0
    public internal(set) var differentCount = 0
    /// Rows whose keys the store does not have; they stay.
    public internal(set) var onlyInTargetCount = 0
    /// Rows that no table can hold.
    public internal(set) var unfitCount = 0
    public internal(set) var repairedCount = 0

    public var differenceCount: Int { missingCount + differentCount }
  }

  /// - Parameters:
  ///   - repairs: whether rows that differ or are missing are upserted, into a table that is
  ///     the owner's.
  ///   - onRefused: given each row that the server does not take in a repair.
  ///   - onDifference: given each difference.
  /// - Throws: `MySQLFailure`, and what `rows` throws.
  public static func run(
    _ owner: TableOwner, rows: TableSync.Rows, link: TargetLink, repairs: Bool = false,
    onRefused: @escaping (TableSync.RefusedRow) throws -> Void = { _ in },
    onDifference: @escaping (Difference) throws -> Void
  ) throws -> Outcome {
    let table = owner.table
    let reader = try link.another()
    try table.checkReady(in: reader)
    if repairs { try link.transaction { try owner.claim(adopts: false, in: $0) } }
    let writer = owner.writer(link, TableSync.rowsPerTransaction, onRefused: onRefused)
    let names = table.columns.map(\.name.quoted).joined(separator: ", ")
    let found = try reader.prepare(
      "SELECT \(names) FROM \(table.name.quoted) ORDER BY \(table.order)"
    ).rows()
    var outcome = Outcome()
    var next = try found.next()
    try rows { row in
      guard let stored = try? table.values(of: row) else {
        outcome.unfitCount += 1
        return
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
      try onDifference(
        Difference(
          table: table.name, stored: text(stored, table), found: same.map { text($0, table) }))
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

  /// Texts by their bytes, where Swift would compare what they mean. Decimals are texts of one form.
  private static func isSame(_ left: MySQLValue, _ right: MySQLValue) -> Bool {
    if case .text(let left) = left, case .text(let right) = right {
      return left.utf8.elementsEqual(right.utf8)
    }
    return left == right
  }

  private static func text(_ row: [MySQLValue], _ table: ResultSetTable) -> String {
    zip(table.columns, row).map { "\($0.name)=\($1.displayText)" }.joined(separator: " ")
  }
}
