// Values, there and back.

import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct ValueTests {
  private static let hour = MySQLDateTime(year: 2024, month: 6, day: 24, hour: 8)
  private static let fine = MySQLDateTime(
    year: 1901, month: 1, day: 31, hour: 23, minute: 59, second: 58, microsecond: 123_456)

  private static let cases: [(type: String, value: MySQLValue)] = [
    ("BIGINT", .integer(.min)), ("BIGINT", .integer(.max)), ("INT", .integer(-7)),
    ("TINYINT", .integer(-128)), ("SMALLINT UNSIGNED", .integer(65535)), ("YEAR", .integer(2024)),
    ("BIGINT UNSIGNED", .unsigned(.max)), ("BIGINT UNSIGNED", .integer(3)),
    ("DOUBLE", .double(0.1)), ("DOUBLE", .double(-1.7976931348623157e308)),
    ("DOUBLE", .double(.leastNonzeroMagnitude)), ("DOUBLE", .double(19.583333333333332)),
    ("FLOAT", .double(-93.25)), ("FLOAT", .double(Double(Float(19.583333)))),
    ("FLOAT", .double(Double(Float(16_777_217.0 / 3)))),
    ("VARCHAR(200)", .text("")), ("VARCHAR(200)", .text("it's \"quoted\" \\ `so` -- ; % _ \0 end")),
    ("VARCHAR(200)", .text("🌡️ −3 °C, Jiddah جدة, e\u{301}\n\t\r")),
    ("MEDIUMTEXT", .text(String(repeating: "hour ☀", count: 100_000))),
    ("VARBINARY(20)", .bytes([0, 255, 39, 92, 128])), ("BLOB", .bytes([])),
    ("DATETIME", .datetime(hour)), ("DATETIME(6)", .datetime(fine)),
    ("DATETIME", .datetime(MySQLDateTime(year: 9999, month: 12, day: 31, hour: 23, minute: 59))),
    ("DATE", .datetime(MySQLDateTime(year: 2024, month: 2, day: 29))),
    ("TIMESTAMP", .datetime(hour)),
    ("INT", .null), ("DOUBLE", .null), ("TEXT", .null), ("DATETIME", .null), ("BLOB", .null),
  ]

  @Test(arguments: cases.indices)
  func aValueComesBackAsItWas(_ index: Int) throws {
    let (type, value) = Self.cases[index]
    let connection = try PrivateMariaDB.shared.connect()
    try connection.execute("CREATE TEMPORARY TABLE v (a \(type) NULL)")
    #expect(try connection.prepare("INSERT INTO v VALUES (?)").execute([value]) == 1)
    #expect(try connection.query("SELECT a FROM v") == [[value]])
    #expect(
      try connection.query("SELECT COUNT(*) FROM v WHERE a <=> ?", [value]) == [[.integer(1)]])
  }

  @Test(arguments: cases.indices)
  func aValueInABlockComesBackAsItWas(_ index: Int) throws {
    let (type, value) = Self.cases[index]
    let connection = try PrivateMariaDB.shared.connect()
    for method in UpsertStatement.Method.allCases {
      try connection.execute("CREATE OR REPLACE TEMPORARY TABLE w (k INT, a \(type) NULL)")
      let shape = UpsertShape(
        table: Identifier(literal: "w"),
        columns: [Identifier(literal: "k"), Identifier(literal: "a")], update: "")
      var block = RowBlock([.integer, RowBlock(row: [value]).types[0]])
      for row in 0..<3 {
        block.append([.integer(Int64(row)), value])
        block.append(Int64(row), to: 0)
        block.appendNull(to: 1)
      }
      try connection.prepareUpsert(shape, method: method).upsert(block)
      let expected = (0..<6).map { $0 % 2 == 0 ? block.row($0) : [.integer(Int64($0 / 2)), .null] }
      #expect(block.row(1) == [.integer(0), .null])
      let found = try connection.query("SELECT k, a FROM w")
      #expect(Set(found) == Set(expected))
      #expect(found.count == 6)
    }
  }

  @Test func decimalsAndTimesComeAsText() throws {
    let connection = try PrivateMariaDB.shared.connect()
    let row = try connection.query("SELECT CAST(-1.50 AS DECIMAL(9,2)), CAST('-12:34:56' AS TIME)")[
      0]
    #expect(row == [.text("-1.50"), .text("-12:34:56")])
  }

  @Test func aStatementIsRunAgainWithOtherValues() throws {
    let connection = try PrivateMariaDB.shared.connect()
    let statement = try connection.prepare("SELECT ?, ?")
    for number in -3...3 {
      let text = String(repeating: "ü", count: abs(number) * 1000)
      #expect(
        try statement.query([.integer(Int64(number)), .text(text)])
          == [[.integer(Int64(number)), .text(text)]])
    }
  }

  @Test func largeResultsAreStreamed() throws {
    let connection = try PrivateMariaDB.shared.connect(.tcp)
    let statement = try connection.prepare("SELECT seq, REPEAT('x', 50) FROM seq_1_to_200000")
    var sum: Int64 = 0
    try statement.forEachRow { row in
      sum += row[0].integer ?? 0
      return true
    }
    #expect(sum == 200_000 * 200_001 / 2)
    var count = 0
    try statement.forEachRow { _ in
      count += 1
      return count < 10
    }
    #expect(count == 10)
    #expect(try connection.query("SELECT 1") == [[.integer(1)]])
  }

  @Test func aFailureOfTheReaderEndsTheReading() throws {
    let connection = try PrivateMariaDB.shared.connect()
    let statement = try connection.prepare("SELECT seq FROM seq_1_to_1000")
    let own = MySQLFailure.own("enough", remedy: "")
    let thrown = try failure {
      try statement.forEachRow { (_) throws(MySQLFailure) -> Bool in throw own }
    }
    #expect(thrown == own)
    #expect(try statement.query().count == 1000)
  }

  @Test func statementsTellHowManyRowsTheyChanged() throws {
    let connection = try PrivateMariaDB.shared.connect()
    try connection.execute("CREATE TEMPORARY TABLE c (a INT)")
    #expect(try connection.execute("INSERT INTO c SELECT seq FROM seq_1_to_10") == 10)
    #expect(try connection.execute("SELECT a FROM c") == 0)
    #expect(try connection.prepare("DELETE FROM c WHERE a > ?").execute([.integer(7)]) == 3)
    #expect(try connection.query("SELECT a FROM c WHERE a > 7") == [])
  }

  @Test(arguments: [
    ("TINYINT", MySQLValue.integer(128), 1264), ("VARCHAR(3)", .text("four"), 1406),
    ("INT NOT NULL", .null, 1048), ("DATETIME", .text("2024-02-30"), 1292),
    ("INT", .text("x"), 1366), ("FLOAT", .double(1e300), 1264),
    ("INT CHECK (a > 0)", .integer(-1), 4025),
    ("VARCHAR(9) CHARACTER SET latin1", .text("☀"), 1366),
    ("DATETIME", .datetime(MySQLDateTime(year: 0, month: 0, day: 0)), 1292),
  ])
  func aValueThatTheColumnDoesNotTakeIsTheRowsFault(
    _ type: String, _ value: MySQLValue, number: Int
  ) throws {
    let connection = try PrivateMariaDB.shared.connect()
    try connection.execute("CREATE TEMPORARY TABLE r (a \(type))")
    let failure = try failure {
      try connection.prepare("INSERT INTO r VALUES (?)").execute([value])
    }
    #expect(failure.number == number)
    #expect(failure.kind == .rowRefused)
    #expect(try connection.query("SELECT a FROM r") == [])
  }
}
