// Rows into a table in transactions of bounded size; a row that the server refuses is singled out.

/// Upserts rows as they come. Each transaction is done again until it succeeds, so rows have to be
/// such that upserting them twice changes nothing.
final class BatchWriter {
  struct Refused {
    let values: [MySQLValue]
    let failure: MySQLFailure
  }

  private let link: TargetLink
  private let shape: (ServerDialect) -> UpsertShape
  private let rowsPerTransaction: Int
  /// Called first in each transaction.
  private let check: (MySQLConnection) throws -> Void
  private let onRefused: (Refused) throws -> Void
  private var block: RowBlock
  private var prepared: (connection: MySQLConnection, upsert: UpsertStatement)?
  private(set) var writtenCount = 0
  private(set) var refusedCount = 0
  /// 1 for each row that was inserted, 2 for each that was updated.
  private(set) var affectedCount = 0

  /// - Parameter onRefused: given a row that the server does not take; throws to end it all.
  init(
    _ types: [RowBlock.ColumnType], link: TargetLink, rowsPerTransaction: Int,
    shape: @escaping (ServerDialect) -> UpsertShape,
    check: @escaping (MySQLConnection) throws -> Void = { _ in },
    onRefused: @escaping (Refused) throws -> Void
  ) {
    precondition(rowsPerTransaction > 0)
    block = RowBlock(types)
    self.link = link
    self.shape = shape
    self.rowsPerTransaction = rowsPerTransaction
    self.check = check
    self.onRefused = onRefused
  }

  func add(_ row: [MySQLValue]) throws {
    block.append(row)
    if block.rowCount == rowsPerTransaction { try flush() }
  }

  /// Writes what has been added; to be called at the end.
  func flush() throws {
    try write(0..<block.rowCount)
    block.removeAll()
  }

  private func write(_ rows: Range<Int>) throws {
    guard !rows.isEmpty else { return }
    do {
      affectedCount += try link.transaction { connection in
        try check(connection)
        return try upsert(on: connection).upsert(block, rows: rows)
      }
      writtenCount += rows.count
    } catch let failure as MySQLFailure where failure.kind == .rowRefused {
      if rows.count == 1 {
        refusedCount += 1
        try onRefused(Refused(values: block.row(rows.lowerBound), failure: failure))
      } else {
        let middle = rows.lowerBound + rows.count / 2
        try write(rows.lowerBound..<middle)
        try write(middle..<rows.upperBound)
      }
    }
  }

  /// Statements live as long as their connection.
  private func upsert(on connection: MySQLConnection) -> UpsertStatement {
    if let prepared, prepared.connection === connection { return prepared.upsert }
    let upsert = connection.prepareUpsert(shape(connection.dialect))
    prepared = (connection, upsert)
    return upsert
  }
}
