// Upserts of many rows, both ways.

import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct UpsertTests {
  private static let columns = "station VARCHAR(11) PRIMARY KEY, mean DOUBLE NULL, revision INT"

  private static func shape(_ table: Identifier, _ dialect: ServerDialect) -> UpsertShape {
    let names = ["station", "mean", "revision"].map { try! Identifier($0) }
    let incoming = dialect.incoming(names[2])
    // An older revision leaves the row as it is.
    let update =
      "mean = IF(\(incoming) > revision, \(dialect.incoming(names[1])), mean), "
      + "revision = GREATEST(revision, \(incoming))"
    return UpsertShape(table: table, columns: names, update: update)
  }

  private static func block(_ rows: Range<Int>, revision: Int64) -> RowBlock {
    var block = RowBlock([.text, .double, .integer])
    for row in rows {
      block.append("S\(row)", to: 0)
      if row % 7 == 0 { block.appendNull(to: 1) } else { block.append(Double(row) / 10, to: 1) }
      block.append(revision, to: 2)
    }
    return block
  }

  private static func name(_ method: UpsertStatement.Method) -> StaticString {
    method == .arrays ? "upserts_arrays" : "upserts_multi_row"
  }

  @Test(arguments: UpsertStatement.Method.allCases, PrivateMariaDB.Way.allCases)
  func tenThousandRowsAreInsertedThenUpdated(
    _ method: UpsertStatement.Method, _ way: PrivateMariaDB.Way
  ) throws {
    let connection = try PrivateMariaDB.shared.connect(way)
    try connection.execute("CREATE TEMPORARY TABLE many (\(Self.columns))")
    let upsert = connection.prepareUpsert(
      Self.shape(Identifier(literal: "many"), connection.dialect), method: method)
    func found() throws -> [[MySQLValue]] {
      try connection.query(
        "SELECT station, mean, revision FROM many ORDER BY CAST(SUBSTR(station, 2) AS INT)")
    }
    let first = Self.block(0..<10_000, revision: 1)
    try connection.begin()
    #expect(try upsert.upsert(first) == 10_000)
    try connection.commit()
    #expect(try found() == (0..<10_000).map { first.row($0) })

    // What is there already, and what is older, changes nothing.
    try connection.begin()
    #expect(try upsert.upsert(first) == 0)
    let second = Self.block(5_000..<15_000, revision: 2)
    #expect(try upsert.upsert(second) == 5_000 * 2 + 5_000)
    #expect(try upsert.upsert(Self.block(0..<15_000, revision: 0)) == 0)
    try connection.commit()
    #expect(try found() == (0..<5_000).map { first.row($0) } + (0..<10_000).map { second.row($0) })
  }

  @Test(arguments: UpsertStatement.Method.allCases)
  func anyNumberOfRowsAndAnyPartOfABlockCanBeUpserted(_ method: UpsertStatement.Method) throws {
    let connection = try PrivateMariaDB.shared.connect()
    try connection.execute("CREATE TEMPORARY TABLE parts (\(Self.columns))")
    let upsert = connection.prepareUpsert(
      Self.shape(Identifier(literal: "parts"), connection.dialect), method: method)
    let block = Self.block(0..<3000, revision: 1)
    for rows in [0..<0, 0..<1, 1..<2, 2..<5, 5..<516, 516..<1029, 1029..<2999, 2999..<3000] {
      #expect(try upsert.upsert(block, rows: rows) == rows.count)
    }
    #expect(try connection.query("SELECT COUNT(*) FROM parts") == [[.integer(3000)]])
    #expect(try upsert.upsert(RowBlock([.text, .double, .integer])) == 0)
  }

  @Test(arguments: UpsertStatement.Method.allCases)
  func packetsStayWithinWhatTheServerTakes(_ method: UpsertStatement.Method) throws {
    let server = try PrivateMariaDB(hasTLS: false, options: ["--max-allowed-packet=64K"])
    let connection = try server.connect(.tcp)
    #expect(connection.packetBytesMax == 64 << 10)
    let table = try connection.makeTable("packets", "id INT PRIMARY KEY, note MEDIUMTEXT")
    let shape = UpsertShape(
      table: table, columns: [Identifier(literal: "id"), Identifier(literal: "note")], update: "")
    let upsert = connection.prepareUpsert(shape, method: method)
    var block = RowBlock([.integer, .text])
    // From nothing to nearly a packet, in no order of size.
    for row in 0..<500 {
      block.append([
        .integer(Int64(row)), .text(String(repeating: "x", count: row * row * 7919 % 64_900)),
      ])
    }
    try connection.begin()
    #expect(try upsert.upsert(block) == 500)
    try connection.commit()
    #expect(
      try connection.query("SELECT id, note FROM packets ORDER BY id")
        == (0..<500).map { block.row($0) })

    var large = RowBlock([.integer, .text])
    large.append([.integer(500), .text(String(repeating: "x", count: 70_000))])
    let failure = try failure { try upsert.upsert(large) }
    #expect(failure.number == 1153)
    #expect(failure.kind == .setup)
    #expect(failure.remedy.contains("max_allowed_packet"))
    // The connection lives on: the row was never sent.
    #expect(try connection.query("SELECT COUNT(*) FROM packets") == [[.integer(500)]])
  }

  @Test(arguments: UpsertStatement.Method.allCases)
  func aRefusedRowCanBeFoundAndTheRestSaved(_ method: UpsertStatement.Method) throws {
    let connection = try PrivateMariaDB.shared.connect()
    let table = try connection.makeTable(Self.name(method), Self.columns)
    let upsert = connection.prepareUpsert(
      Self.shape(table, connection.dialect), method: method)
    var block = Self.block(0..<1000, revision: 1)
    block.append([.text("far too long for it"), .double(1), .integer(1)])
    try connection.begin()
    let failure = try failure { try upsert.upsert(block) }
    #expect(failure.number == 1406)
    #expect(failure.kind == .rowRefused)
    try connection.rollback()
    #expect(try connection.query("SELECT COUNT(*) FROM \(table.quoted)") == [[.integer(0)]])
    try connection.begin()
    #expect(try upsert.upsert(block, rows: 0..<1000) == 1000)
    try connection.commit()
  }
}
