// Rows that are taken one by one.

import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct ResultRowsTests {
  private static let count = 5000
  private static let numbers =
    "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION SELECT n + 1 FROM numbers WHERE n < ?) "
    + "SELECT n, CONCAT('row ', n) FROM numbers"

  @Test func rowsComeInOrderAndTheConnectionIsFreeAfterTheLast() throws {
    let connection = try PrivateMariaDB.shared.connect()
    try connection.execute("SET max_recursive_iterations = 100000")
    let rows = try connection.prepare(Self.numbers).rows([.integer(Int64(Self.count))])
    var next: Int64 = 1
    while let row = try rows.next() {
      #expect(row == [.integer(next), .text("row \(next)")])
      next += 1
    }
    #expect(next == Int64(Self.count) + 1)
    #expect(try rows.next() == nil)
    #expect(try connection.query("SELECT 1") == [[.integer(1)]])
  }

  @Test func rowsThatAreGivenUpLeaveTheConnectionFree() throws {
    let connection = try PrivateMariaDB.shared.connect()
    try connection.execute("SET max_recursive_iterations = 100000")
    do {
      let rows = try connection.prepare(Self.numbers).rows([.integer(Int64(Self.count))])
      #expect(try rows.next() != nil)
    }
    #expect(try connection.query("SELECT 1") == [[.integer(1)]])
  }

  @Test func aStatementWithoutRowsHasNone() throws {
    let connection = try PrivateMariaDB.shared.connect()
    #expect(try connection.prepare("DO 1").rows().next() == nil)
    #expect(try connection.query("SELECT 1") == [[.integer(1)]])
  }
}
