// Tables of result sets: their definition, what is there already, and their rows.

import Aggregation
import Connections
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.serialized, .enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct ResultSetTableTests {
  @Test func aServerTakesTheTableOfEveryResultSet() throws {
    let target = try TargetFixture("tables_all")
    for table in ResultSet.allCases.map(ResultSetTable.init) + [.stations] {
      #expect(try state(table, target) == "missing")
      #expect(try table.create(in: target.connection))
      #expect(try state(table, target) == "ready")
      #expect(try !table.create(in: target.connection))
    }
    #expect(ResultSetTable(.stationHour).name.name == "station_hour")
    #expect(
      ResultSetTable(.cityMonth).createStatement.contains(
        "PRIMARY KEY (`ville`, `STATION`, `year`, `month`)"))
  }

  private func state(_ table: ResultSetTable, _ target: TargetFixture) throws -> String {
    switch try table.state(in: target.connection) {
    case .missing: "missing"
    case .ready: "ready"
    case .unfit(let failure): failure.description
    }
  }

  @Test func aTableWithoutTransactionsIsUnfit() throws {
    let target = try TargetFixture("tables_engine")
    let table = ResultSetTable(.year)
    try table.create(in: target.connection)
    try target.connection.execute("ALTER TABLE year ENGINE=MyISAM")
    #expect(try state(table, target).contains("MyISAM, which has no transactions"))
    #expect(throws: MySQLFailure.self) { try table.create(in: target.connection) }
  }

  @Test func figuresArriveExactlyAndASecondTimeChangeNothing() throws {
    let target = try TargetFixture("tables_exact")
    let rows: [RollUps.Row] = [
      [
        .absent, text("03A"), .integer(1901), .integer(1), .integer(1 << 40), .tenths(-932),
        .millionths(-1), .tenths(618),
      ],
      [
        text("LA PAZ, \u{C9} \u{1F327}"), text("71"), .integer(2022), .integer(12), .integer(1),
        .tenths(-5), .millionths(13_428_571), .tenths(0),
      ],
    ]
    let table = ResultSetTable(.cityMonth)
    #expect(try target.send(table, rows).affectedCount == 2)
    #expect(
      try target.connection.query("SELECT * FROM city_month ORDER BY ville") == [
        [
          .text(""), .text("03A"), .integer(1901), .integer(1), .integer(1 << 40), .text("-93.2"),
          .text("-0.000001"), .text("61.8"),
        ],
        [
          .text("LA PAZ, \u{C9} \u{1F327}"), .text("71"), .integer(2022), .integer(12), .integer(1),
          .text("-0.5"), .text("13.428571"), .text("0.0"),
        ],
      ])
    let again = try target.send(table, rows)
    #expect(again.rowCount == 2)
    #expect(again.affectedCount == 0)

    let places: [RollUps.Row] = [
      [text("1"), .absent, .absent, .absent, .absent],
      [
        text("2"), text("ORLY"), .coordinate(-48_716_667), .coordinate(179_999_999),
        .millionths(89_900_000),
      ],
    ]
    try target.send(.stations, places)
    #expect(
      try target.connection.query("SELECT * FROM stations ORDER BY station_id") == [
        [.text("1"), .null, .null, .null, .null],
        [
          .text("2"), .text("ORLY"), .text("-48.716667"), .text("179.999999"), .text("89.900000"),
        ],
      ])
  }

  @Test(arguments: [
    ("MODIFY mean_tmp FLOAT NOT NULL", "mean_tmp", "MODIFY COLUMN `mean_tmp` DECIMAL(11,6)"),
    ("MODIFY count INT NOT NULL", "count", "MODIFY COLUMN `count` BIGINT"),
    ("MODIFY STATION VARCHAR(10) NOT NULL", "STATION", "VARCHAR(64)"),
    (
      "MODIFY STATION VARCHAR(64) COLLATE utf8mb4_general_ci NOT NULL", "utf8mb4_general_ci",
      "COLLATE utf8mb4_bin"
    ),
    ("DROP COLUMN max_tmp", "no column max_tmp", "ADD COLUMN `max_tmp`"),
    ("ADD UNIQUE one (year, mean_tmp)", "a further unique key", "Remove that key"),
    ("DROP PRIMARY KEY", "no primary key", "ADD UNIQUE (`ville`, `STATION`, `year`, `month`)"),
  ])
  func aTableThatSomebodyHasChangedStopsWithARemedy(
    _ change: (sql: String, words: String, remedy: String)
  ) throws {
    let target = try TargetFixture("tables_changed")
    let table = ResultSetTable(.cityMonth)
    try table.create(in: target.connection)
    try target.connection.execute("ALTER TABLE city_month \(change.sql)")
    let failure = try failure { try target.send(table, []) }
    #expect(failure.kind == .setup)
    #expect(failure.words.contains(change.words))
    #expect(failure.remedy.contains(change.remedy))
  }

  @Test func aWiderColumnAndFurtherOnesAreTakenAsTheyAre() throws {
    let target = try TargetFixture("tables_wider")
    let table = ResultSetTable(.year)
    try table.create(in: target.connection)
    try target.connection.execute(
      "ALTER TABLE year MODIFY year BIGINT NOT NULL, MODIFY mean_tmp DECIMAL(20,6) NOT NULL, "
        + "ADD COLUMN note TEXT, DROP PRIMARY KEY, ADD UNIQUE (year), "
        + "ADD COLUMN id INT AUTO_INCREMENT PRIMARY KEY FIRST")
    let row: RollUps.Row = [
      .integer(2022), .integer(2), .tenths(1), .millionths(2), .tenths(3),
    ]
    try target.send(table, [row])
    try target.connection.execute("UPDATE year SET note = 'mine'")
    try target.send(table, [row])
    #expect(
      try target.connection.query("SELECT id, year, note FROM year") == [
        [.integer(1), .integer(2022), .text("mine")]
      ])
  }

  @Test func rowsThatNoTableCanHoldAreNamedAndTheOthersGo() throws {
    let target = try TargetFixture("tables_unfit")
    func row(_ city: ResultCell, _ station: String = "1") -> RollUps.Row {
      [
        city, text(station), .integer(2022), .integer(1), .integer(1), .tenths(0), .millionths(0),
        .tenths(0),
      ]
    }
    let fitting = String(repeating: "\u{1F327}", count: 255)
    let rows = [
      row(text("A"), String(repeating: "7", count: 65)), row(text("A ")), row(.text([0xFF])),
      row(text("B")), row(text(fitting)), row(text(fitting + "x")),
    ]
    var refused: [String] = []
    let outcome = try target.send(ResultSetTable(.cityMonth), rows) {
      refused.append($0.description)
    }
    #expect(outcome.rowCount == 2)
    #expect(outcome.refusedCount == 4)
    #expect(refused.count == 4)
    #expect(refused[0].contains("STATION has 65 characters, 64 at most fit"))
    #expect(refused[1].contains("ends with a blank"))
    #expect(refused[2].contains("not UTF-8"))
    #expect(refused[3].contains("256 characters"))
  }

  @Test func rowsThatTheServerRefusesAreSingledOut() throws {
    let target = try TargetFixture("tables_refused")
    let table = ResultSetTable(.year)
    try table.create(in: target.connection)
    try target.connection.execute(
      "ALTER TABLE year ADD CONSTRAINT known CHECK (year NOT IN (1903, 2850, 2851))")
    let rows = (1901..<2901).map { year -> RollUps.Row in
      [.integer(Int64(year)), .integer(1), .tenths(1), .millionths(2), .tenths(3)]
    }
    var refused: [String] = []
    let outcome = try target.send(table, rows, rowsPerTransaction: 300) {
      refused.append($0.description)
    }
    #expect(outcome.rowCount == 997)
    #expect(outcome.refusedCount == 3)
    #expect(refused.map { $0.contains("CONSTRAINT `known` failed") } == [true, true, true])
    #expect(refused[0].contains("1903, 1, 0.1, 0.000002, 0.3"))
    #expect(try target.connection.query("SELECT COUNT(*) FROM year") == [[.integer(997)]])

    try target.connection.execute("DELETE FROM year")
    #expect(throws: TargetFixture.Unexpected.self) {
      try target.send(table, rows, rowsPerTransaction: 300)
    }
  }

  @Test func aConnectionThatIsKilledInTheMiddleLosesNothing() throws {
    let target = try TargetFixture("tables_killed")
    let table = ResultSetTable(.year)
    try table.create(in: target.connection)
    let killer = try PrivateMariaDB.shared.connectAsRoot()
    var current: MySQLConnection?
    var retryCount = 0
    let settings = target.settings
    let link = TargetLink(
      backoff: Backoff(firstSeconds: 0.01, longestSeconds: 0.02), onRetry: { _ in retryCount += 1 }
    ) { () throws(MySQLFailure) in
      let made = try MySQLConnection(settings)
      current = made
      return made
    }
    let rows = (1901..<2901).map { year -> RollUps.Row in
      [.integer(Int64(year)), .integer(1), .tenths(1), .millionths(2), .tenths(3)]
    }
    let owner = TableOwner(table, storeID: "x")
    try TableOwner.create(in: target.connection)
    try target.link.transaction { try owner.claim(adopts: false, in: $0) }
    let outcome = try TableSync.run(
      owner,
      rows: { body in
        for (index, row) in rows.enumerated() {
          try body(row)
          if index % 170 == 100, let current { try killer.execute("KILL \(current.threadID)") }
        }
      }, link: link, rowsPerTransaction: 100, onRefused: { throw TargetFixture.Unexpected(row: $0) }
    )
    #expect(outcome.rowCount == 1000)
    #expect(retryCount == 6)
    #expect(try target.check(table, rows).outcome.differenceCount == 0)
  }

  @Test func aPowerlessUserIsToldWhatToGrant() throws {
    let server = try PrivateMariaDB.shared
    let connection = try MySQLConnection(server.settings(user: PrivateMariaDB.powerlessUser))
    let failure = try failure { try ResultSetTable(.year).create(in: connection) }
    #expect(failure.kind == .setup)
    #expect(failure.remedy.contains("CREATE"))
  }
}
