// Whose a table of results is, and who may write into it.

import Aggregation
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.serialized, .enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct TableOwnerTests {
  private let table = ResultSetTable(.year)
  private let rows: [RollUps.Row] = [
    [.integer(2022), .integer(2), .tenths(1), .millionths(2), .tenths(3)]
  ]

  private func target(_ name: StaticString) throws -> TargetFixture {
    let target = try TargetFixture(name)
    try table.create(in: target.connection)
    #expect(try TableOwner.missing(in: target.connection)?.contains("moaa_sync") == true)
    try TableOwner.create(in: target.connection)
    #expect(try TableOwner.missing(in: target.connection) == nil)
    return target
  }

  private func claim(
    _ target: TargetFixture, _ storeID: String, adopts: Bool = false
  ) throws -> TableOwner {
    let owner = TableOwner(table, storeID: storeID)
    try target.link.transaction { try owner.claim(adopts: adopts, in: $0) }
    return owner
  }

  private func send(_ target: TargetFixture, _ owner: TableOwner) throws {
    _ = try TableSync.run(owner, rows: { try rows.forEach($0) }, link: target.link) {
      throw TargetFixture.Unexpected(row: $0)
    }
  }

  @Test func anEmptyTableIsAnybodysUntilItIsClaimed() throws {
    let target = try target("owner_claimed")
    let first = try claim(target, "first")
    _ = try claim(target, "first")
    try send(target, first)
    let refusal = try failure { try claim(target, "second") }
    #expect(refusal.kind == .setup)
    #expect(refusal.description.contains("filled by another store, first"))
    #expect(refusal.remedy.contains("--adopt"))
  }

  @Test func aTableThatSomebodyElseHasFilledIsLeftAloneUntilItIsTakenOver() throws {
    let target = try target("owner_foreign")
    try target.connection.execute("INSERT INTO year VALUES (1999, 1, 1, 1, 1)")
    #expect(
      try failure { try claim(target, "first") }.description.contains("has rows that no store"))
    try send(target, claim(target, "first", adopts: true))
    #expect(try target.connection.query("SELECT year FROM year ORDER BY 1").count == 2)
    _ = try claim(target, "first")
  }

  @Test func whoHasLostATableWritesNothingIntoIt() throws {
    let target = try target("owner_lost")
    let first = try claim(target, "first")
    try send(target, first)
    let second = try claim(target, "second", adopts: true)
    try target.connection.execute("DELETE FROM year")
    #expect(try failure { try send(target, first) }.description.contains("that of store second"))
    #expect(throws: MySQLFailure.self) {
      _ = try TableCheck.run(
        first, rows: { try rows.forEach($0) }, link: target.link, repairs: true
      ) { _ in }
    }
    #expect(try target.connection.query("SELECT 1 FROM year").isEmpty)
    try send(target, second)
    #expect(try target.connection.query("SELECT 1 FROM year").count == 1)
  }
}
