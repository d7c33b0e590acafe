// Tables that are missing, fit, or were changed by hand.

import LogStore
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct SchemaPlanTests {
  @Test(arguments: ModelStore.streams) func missingTablesAreNamedAndMadeAsTheyMustBe(
    _ stream: SyncStream
  ) throws {
    let connection = try TestDatabase().connect()
    let plan = try SchemaPlan(stream, on: connection)
    #expect(plan.missing.map(\.table) == ["moaa_sync", stream.tableName])
    // Looking changes nothing.
    #expect(try connection.query("SHOW TABLES").isEmpty)
    try plan.apply(on: connection)
    let after = try SchemaPlan(stream, on: connection)
    #expect(after.findings.allSatisfy { $0.state == .fits })
  }

  @Test func theHourTableIsTheWireContracts() throws {
    let connection = try TestDatabase().connect()
    try SchemaPlan(ModelStore.hours, on: connection).apply(on: connection)
    let columns = try connection.query(
      """
      SELECT column_name, column_type, is_nullable, column_key, extra
      FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'real_time_tmp_by_hour'
      ORDER BY ordinal_position
      """)
    #expect(
      columns.map { $0.map { $0.text ?? "" }.joined(separator: " ") } == [
        "id int(11) NO PRI auto_increment", "reported_hour datetime NO UNI ",
        "mean_tmp float NO  ", "min_tmp float NO  ", "max_tmp float NO  ",
      ])
  }

  struct Change: Sendable, CustomTestStringConvertible {
    let sql: String
    /// What the refusal says; nil: none.
    let words: String?
    var testDescription: String { sql }
  }

  static let changes = [
    Change(sql: "MODIFY mean_tmp INT NOT NULL", words: "MODIFY COLUMN `mean_tmp` FLOAT NOT NULL"),
    Change(sql: "MODIFY mean_tmp DECIMAL(5,1) NOT NULL", words: "mean_tmp is decimal(5,1)"),
    Change(sql: "MODIFY min_tmp FLOAT UNSIGNED NOT NULL", words: "min_tmp is float unsigned"),
    Change(sql: "MODIFY min_tmp VARCHAR(20) NOT NULL", words: "min_tmp is varchar(20)"),
    Change(sql: "MODIFY reported_hour DATE NOT NULL", words: "reported_hour is date"),
    Change(sql: "MODIFY reported_hour TIMESTAMP NOT NULL", words: "reported_hour is timestamp"),
    Change(sql: "DROP COLUMN max_tmp", words: "no column max_tmp"),
    Change(sql: "DROP KEY reported_hour", words: "ADD UNIQUE KEY (`reported_hour`)"),
    Change(sql: "ADD UNIQUE KEY one (mean_tmp)", words: "unique key one"),
    Change(sql: "ADD COLUMN station INT NOT NULL", words: "station must have a value"),
    Change(sql: "ENGINE=MyISAM", words: "no transactions"),
    Change(
      sql: "ADD COLUMN slot INT DEFAULT 5, ADD UNIQUE KEY slot (slot)", words: "unique key slot"),
    Change(
      sql: "ADD COLUMN day DATE AS (DATE(reported_hour)) STORED, ADD UNIQUE KEY day (day)",
      words: "unique key day"),
    Change(sql: "ADD COLUMN slot INT, ADD UNIQUE KEY (slot)", words: nil),
    Change(sql: "MODIFY mean_tmp DOUBLE NULL", words: nil),
    Change(sql: "MODIFY mean_tmp DECIMAL(9,6) NOT NULL", words: nil),
    Change(sql: "MODIFY reported_hour DATETIME(3) NOT NULL", words: nil),
    Change(sql: "ADD COLUMN station INT NOT NULL DEFAULT 5, ADD KEY (station)", words: nil),
    Change(sql: "DROP COLUMN id, ADD PRIMARY KEY (reported_hour)", words: nil),
  ]

  @Test(arguments: changes) func whatWasChangedByHandIsTakenOrRefused(_ change: Change) throws {
    let database = try TestDatabase()
    let connection = try database.connect()
    try SchemaPlan(ModelStore.hours, on: connection).apply(on: connection)
    try connection.execute("ALTER TABLE real_time_tmp_by_hour \(change.sql)")
    let before = try connection.query("SHOW CREATE TABLE real_time_tmp_by_hour")
    let model = try ModelStore(seed: 30)
    try model.emit(20, ModelStore.hours)
    let sync = database.sync(model, ModelStore.hours)
    if let words = change.words {
      let failure = try failure { try sync.run() }
      #expect(failure.kind == .setup)
      #expect(failure.description.contains(words), "\(failure)")
    } else {
      #expect(try sync.run().rowCount > 0)
    }
    let after = try connection.query("SHOW CREATE TABLE real_time_tmp_by_hour")
    if change.words != nil { #expect(after == before) }
  }

  @Test func aTableThatIsChangedBetweenTwoTransactionsStopsTheSync() throws {
    let database = try TestDatabase()
    let model = try ModelStore(seed: 32)
    try database.sync(model, ModelStore.hours).run()
    try model.emit(200, ModelStore.hours)
    let other = try database.connect()
    var commitCount = 0
    let sync = database.sync(
      model, ModelStore.hours, perCommit: 100,
      tell: { event in
        guard case .committed = event else { return }
        commitCount += 1
        _ = try? other.execute(
          "ALTER TABLE real_time_tmp_by_hour MODIFY mean_tmp FLOAT(5,1) NOT NULL")
      })
    let failure = try failure { try sync.run() }
    #expect(commitCount == 1)
    #expect(failure.words.contains("mean_tmp is float(5,1)"))
    #expect(try database.connect().query("SELECT next_offset FROM moaa_sync") == [[.integer(100)]])
  }

  @Test func aUserWithoutRightsIsToldWhichAreWanted() throws {
    let database = try TestDatabase()
    let root = try database.server.connectAsRoot()
    try root.execute("GRANT SELECT ON \(database.name).* TO '\(PrivateMariaDB.powerlessUser)'@'%'")
    let model = try ModelStore(seed: 31)
    let sync = StreamSync(
      store: model.store, stream: ModelStore.hours,
      connect: {
        try MySQLConnection(
          database.server.settings(user: PrivateMariaDB.powerlessUser, database: database.name))
      }, hours: ModelStore.walk(ModelStore.hours))
    let failure = try failure { try sync.run() }
    #expect(failure.kind == .setup)
    #expect(failure.description.contains("Grant SELECT, INSERT"))
  }

  /// What MySQL would be sent, which no test here can run.
  @Test func theGuardNamesTheColumnsOfBothRowsUnmistakably() {
    let table = ModelStore.stationHours.table
    let mySQL = ServerDialect(product: .mySQL, version: .init(8, 4, 0))
    let update = table.upsert(for: mySQL, isGuarded: true).update
    let name = "`real_time_tmp_by_station_hour`"
    #expect(
      update.hasPrefix(
        "`observation_count` = IF(new.`revision` >= \(name).`revision`, new.`observation_count`, "
          + "\(name).`observation_count`), "))
    // Compared with before it is set.
    #expect(
      update.hasSuffix(
        ", `revision` = IF(new.`revision` >= \(name).`revision`, new.`revision`, "
          + "\(name).`revision`)"))
  }
}
