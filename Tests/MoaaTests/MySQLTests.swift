// The program beside a real server: hours and tables go there, and what differs is found and mended.

import Foundation
import MySQLSync
import TestSupport
import Testing

/// Skipped where MariaDB is not installed.
@Suite(.enabled(if: PrivateMariaDB.isAtHand)) struct MySQLTests {
  private let folder = TemporaryFolder()
  private let server: PrivateMariaDB
  private var store: String { folder / "test.store" }
  private let environment: [String: String]

  init() throws {
    server = try PrivateMariaDB()
    environment = [
      "MOAA_MYSQL":
        "mysql://\(PrivateMariaDB.user)@/\(PrivateMariaDB.database)?socket=\(server.socketPath)",
      "MOAA_MYSQL_PASSWORD": PrivateMariaDB.password,
    ]
  }

  private func sync(_ words: String...) throws -> Outcome {
    try MoaaProcess(
      ["sync", "mysql"] + words + ["--store", store], environment: environment
    ).finish()
  }

  private func connect() throws -> MySQLConnection {
    let address = MySQLAddress(
      server: .socket(server.socketPath), user: PrivateMariaDB.user,
      database: PrivateMariaDB.database)
    return try MySQLConnection(
      MySQLSettings(address: address, password: try MySQLPassword(PrivateMariaDB.password)))
  }

  /// What a query gives, a line a row, columns with commas between.
  private func query(_ sql: String) throws -> [String] {
    let connection = try connect()
    defer { connection.close() }
    return try connection.query(sql).map { row in
      row.map { $0.text ?? $0.integer.map { "\($0)" } ?? "" }.joined(separator: ",")
    }
  }

  @Test func hoursGoToTheServerAndOnlyWhatIsNewFollows() throws {
    let noaa = try folder.sample(stations: 3, days: 3)
    _ = try moaa("run", noaa, "--store", store, "--format", "csv")
    let plan = try sync("--plan")
    #expect(plan.status == 0 && plan.output.contains("CREATE TABLE"))
    #expect(try query("SHOW TABLES").isEmpty)

    let first = try sync()
    #expect(first.status == 0, "\(first.errors)")
    let inStore = try moaa("hours", "--format", "csv", "--store", store).lines.dropFirst()
    let inTable = try query(
      "SELECT CONCAT(DATE_FORMAT(reported_hour, '%Y-%m-%dT%H:00:00Z'), ',', ROUND(min_tmp * 10), ',', "
        + "ROUND(max_tmp * 10)) FROM real_time_tmp_by_hour ORDER BY reported_hour")
    let expected = inStore.map { line -> String in
      let cells = line.split(separator: ",")
      let tenths = [cells[2], cells[4]].map { "\(Int((Double($0)! * 10).rounded()))" }
      return "\(cells[0]),\(tenths.joined(separator: ","))"
    }
    #expect(inTable == expected && expected.count == 72)
    #expect(try sync().errors.contains("sent 0 rows"))
    #expect(try sync("--check").status == 0)
    let status = try moaa("status", "--format", "csv", "--store", store)
    #expect(status.output.contains("mysql.moaa,agg_probes_results,72,0,"))
  }

  @Test func whatDiffersIsNamedAndMended() throws {
    let noaa = try folder.sample(stations: 2, days: 2)
    _ = try moaa("run", noaa, "--store", store, "--format", "csv")
    #expect(try sync("--topic", "agg_probes_results_by_station").status == 0)
    _ = try query("SELECT COUNT(*) FROM real_time_tmp_by_station_hour")
    try change(
      "UPDATE real_time_tmp_by_station_hour SET max_tmp = 60.5 ORDER BY station, reported_hour LIMIT 1"
    )
    try change(
      "DELETE FROM real_time_tmp_by_station_hour ORDER BY station DESC, reported_hour DESC LIMIT 1")
    let topic = ["--topic", "agg_probes_results_by_station"]
    let check = try sync("--check", topic[0], topic[1])
    #expect(check.status == 3)
    #expect(check.output.contains("60.5"))
    #expect(check.errors.contains("1 missing and 1 different"))
    #expect(try sync("--repair", topic[0], topic[1]).status == 0)
    #expect(try sync("--check", topic[0], topic[1]).status == 0)
  }

  @Test func tablesOfABackfillAreThereWithTheSameFigures() throws {
    let noaa = try folder.sample(stations: 3, days: 40)
    #expect(try moaa("backfill", noaa, "--store", store).status == 0)
    #expect(try sync("--tables", "all").status == 0)
    let inStore = try moaa(
      "table", "mean_temperatures_by_month", "--format", "csv", "--store", store
    ).lines.dropFirst().map(String.init)
    #expect(
      try query(
        "SELECT CONCAT(year, ',', month, ',', mean_tmp) FROM mean_temperatures_by_month ORDER BY 1")
        == inStore.sorted())
    #expect(try query("SELECT station_id FROM stations").count == 3)
    #expect(try sync("--tables", "all", "--check").status == 0)
    #expect(try sync("--tables", "all").errors.contains("nothing had changed"))

    let other = folder / "other.store"
    #expect(try moaa("backfill", noaa, "--store", other).status == 0)
    func fromOther(_ arguments: String...) throws -> Outcome {
      try MoaaProcess(
        ["sync", "mysql", "--store", other, "--tables", "year,stations"] + arguments,
        environment: environment
      ).finish()
    }
    #expect(try fromOther("--plan").output.contains("nothing would be sent to it without --adopt"))
    let refused = try fromOther()
    #expect(refused.status == 4)
    #expect(refused.errors.contains("filled by another store"))
    #expect(try fromOther("--adopt").status == 0)
    #expect(try fromOther().status == 0)
    let lost = try sync("--tables", "stations")
    #expect(lost.status == 4, "\(lost.status) \(lost.output) \(lost.errors)")
  }

  @Test(arguments: [
    ["--check", "--adopt"], ["--plan", "--batch", "5"], ["--weight", "stations"],
    ["--seasons", "quarter"], ["--tables", "year", "--follow"], ["--repair", "--follow"],
    ["--tables", "year", "--topic", "agg_probes_results"],
    ["--tables", "year", "--plan", "--adopt"],
  ])
  func optionsThatDoNotGoTogetherAreRefused(_ arguments: [String]) throws {
    let outcome = try MoaaProcess(
      ["sync", "mysql", "--store", store] + arguments, environment: environment
    ).finish()
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.contains("go with") || outcome.errors.contains("go together")
        || outcome.errors.contains("is for"))
  }

  @Test func aRowThatTheServerRefusesIsKeptAndTheOthersGo() throws {
    let noaa = try folder.sample(stations: 1, days: 70)
    #expect(try moaa("backfill", noaa, "--store", store).status == 0)
    #expect(try sync("--tables", "month").status == 0)
    try change("DELETE FROM month WHERE month = 7")
    try change("ALTER TABLE month ADD CONSTRAINT no_july CHECK (month <> 7)", affected: nil)
    #expect(try sync("--tables", "month").status == 4)
    let kept = try sync("--tables", "month", "--on-bad-row", "quarantine")
    #expect(kept.status == 1, "\(kept.errors)")
    let dump = try moaa("log", "dump", "quarantine", "--store", store).output
    #expect(dump.contains("refused-by-target") && dump.contains("no_july"))
    #expect(try query("SELECT month FROM month ORDER BY 1") == ["6", "8"])
  }

  @Test func aServerThatIsNotThereAndAWrongPasswordAreTold() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    _ = try moaa("run", noaa, "--store", store, "--format", "csv")
    var wrong = environment
    wrong["MOAA_MYSQL_PASSWORD"] = "not the one"
    let outcome = try MoaaProcess(
      ["sync", "mysql", "--store", store], environment: wrong
    ).finish()
    #expect(outcome.status == 4 && outcome.errors.contains("1045"))
    #expect(!outcome.errors.contains("not the one"))
    let doctor = try MoaaProcess(["doctor", "mysql"], environment: environment).finish()
    #expect(doctor.output.contains("MariaDB"))
    #expect(
      try MoaaProcess(
        ["sync", "mysql", "--mysql", "mysql://u:secret@h/d", "--store", store], environment: [:]
      ).finish().status == 2)
  }

  private func change(_ sql: String, affected: Int? = 1) throws {
    let connection = try connect()
    defer { connection.close() }
    try connection.begin()
    let count = try connection.execute(sql)
    #expect(affected == nil || count == affected)
    try connection.commit()
  }
}
