// Puts rows into a table within a transaction, and finds the ones that the server refuses.

import Aggregation

/// Upserts results on one connection.
final class RowSender {
  private let stream: SyncStream
  private let guarded: UpsertStatement
  private let unguarded: UpsertStatement
  private var block: RowBlock
  private(set) var refused: [RefusedRow] = []
  private(set) var sentCount = 0

  /// A batch of which more is refused is not a matter of single rows.
  static let refusedCountMax = 1000

  init(
    _ stream: SyncStream, on connection: MySQLConnection, _ method: UpsertStatement.Method? = nil
  ) {
    self.stream = stream
    let dialect = connection.dialect
    func prepared(isGuarded: Bool) -> UpsertStatement {
      connection.prepareUpsert(
        stream.table.upsert(for: dialect, isGuarded: isGuarded), method: method)
    }
    guarded = prepared(isGuarded: true)
    unguarded = prepared(isGuarded: false)
    block = stream.emptyBlock()
  }

  /// To be called at the beginning of a transaction.
  func begin() {
    refused = []
    sentCount = 0
  }

  /// Sends rows.
  ///
  /// - Parameter isGuarded: whether rows that are there with a later revision are kept.
  /// - Throws: what concerns more than single rows; with `.stop` also the first row that is refused.
  func send(_ results: [WindowResult], isGuarded: Bool, _ policy: BadRowPolicy) throws {
    guard !results.isEmpty else { return }
    block.removeAll()
    for result in results { stream.append(result, to: &block) }
    try send(results, 0..<results.count, isGuarded ? guarded : unguarded, policy)
    block.removeAll()
  }

  /// Halves what is refused until single rows are left. What was written of a half before it failed
  /// is written again, to the same effect.
  private func send(
    _ results: [WindowResult], _ rows: Range<Int>, _ upsert: UpsertStatement,
    _ policy: BadRowPolicy
  ) throws {
    do throws(MySQLFailure) {
      try upsert.upsert(block, rows: rows)
      sentCount += rows.count
      return
    } catch  where error.kind == .rowRefused {
      if rows.count == 1 {
        try note(RefusedRow(results[rows.lowerBound], error), policy)
        return
      }
    }
    let middle = rows.lowerBound + rows.count / 2
    try send(results, rows.lowerBound..<middle, upsert, policy)
    try send(results, middle..<rows.upperBound, upsert, policy)
  }

  /// Puts a row with those that are refused.
  func note(_ row: RefusedRow, _ policy: BadRowPolicy) throws {
    guard policy == .quarantine else { throw RowRefused(stream.tableName, row) }
    refused.append(row)
    guard refused.count <= Self.refusedCountMax else {
      throw MySQLFailure.own(
        "\(stream.tableName) refuses more than \(Self.refusedCountMax) rows at once: \(row.words)",
        remedy: "Mend what refuses them; nothing of this batch was sent.")
    }
  }
}
