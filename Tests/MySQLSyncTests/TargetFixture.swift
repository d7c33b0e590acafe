// A database of its own for a test of tables, on the shared server.

import Aggregation
import Connections
import TestSupport
import Testing

@testable import MySQLSync

/// Fixed table names ask for a database for each test.
struct TargetFixture {
  let connection: MySQLConnection
  let link: TargetLink
  let settings: MySQLSettings

  init(_ name: StaticString) throws {
    let server = try PrivateMariaDB.shared
    let database = Identifier(literal: name)
    let root = try server.connectAsRoot()
    try root.execute("DROP DATABASE IF EXISTS \(database.quoted)")
    try root.execute("CREATE DATABASE \(database.quoted)")
    try root.execute("GRANT ALL ON \(database.quoted).* TO '\(PrivateMariaDB.user)'@'%'")
    let settings = try server.settings(database: database.name)
    self.settings = settings
    connection = try MySQLConnection(settings)
    link = TargetLink(backoff: Backoff(firstSeconds: 0.01, longestSeconds: 0.02)) {
      () throws(MySQLFailure) in try MySQLConnection(settings)
    }
  }

  @discardableResult
  func send(
    _ table: ResultSetTable, _ rows: [RollUps.Row], rowsPerTransaction: Int = 1000,
    onRefused: @escaping (TableSync.RefusedRow) throws -> Void = { throw Unexpected(row: $0) }
  ) throws -> TableSync.Outcome {
    try table.create(in: connection)
    let owner = TableOwner(table, storeID: "x")
    try TableOwner.create(in: connection)
    try link.transaction { try owner.claim(adopts: true, in: $0) }
    return try TableSync.run(
      owner, rows: { try rows.forEach($0) }, link: link, rowsPerTransaction: rowsPerTransaction,
      onRefused: onRefused)
  }

  /// A check, and what it names.
  func check(
    _ table: ResultSetTable, _ rows: [RollUps.Row], repairs: Bool = false
  ) throws -> (outcome: CheckOutcome, named: [String]) {
    var named: [String] = []
    if repairs { try TableOwner.create(in: connection) }
    let outcome = try TableCheck.run(
      TableOwner(table, storeID: "x"), rows: { try rows.forEach($0) }, link: link, repairs: repairs
    ) { named.append($0.description) }
    return (outcome, named)
  }

  struct Unexpected: Error {
    let row: TableSync.RefusedRow
  }
}

/// Cells of a row as tests write them.
func text(_ text: String) -> ResultCell { .text(Array(text.utf8)) }
