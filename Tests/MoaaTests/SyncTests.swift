// `moaa sync mysql` and `moaa status` as processes, from files to tables.

import Foundation
import MySQLSync
import TestSupport
import Testing

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct SyncTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }
  private static let byStation = "agg_probes_results_by_station"

  private func environment(_ server: PrivateMariaDB) -> [String: String] {
    [
      "MOAA_STORE": store, "MOAA_MYSQL_PASSWORD": PrivateMariaDB.password,
      "MOAA_MYSQL":
        "mysql://\(PrivateMariaDB.user)@127.0.0.1:\(server.port)/\(PrivateMariaDB.database)",
    ]
  }

  private func connect(_ server: PrivateMariaDB) throws -> MySQLConnection {
    try MySQLConnection(
      MySQLSettings(
        address: MySQLAddress(
          server: .socket(server.socketPath), user: PrivateMariaDB.user,
          database: PrivateMariaDB.database),
        password: MySQLPassword(PrivateMariaDB.password)))
  }

  /// A line of `moaa hours --format csv`, as far as the table has it.
  private func line(_ row: [MySQLValue]) -> String {
    row.map { value in
      switch value {
      case .text(let text): text
      case .integer(let number): "\(number)"
      case .double(let number): "\(Float(number))"
      case .datetime(let time): "\(time)".replacing(" ", with: "T") + "Z"
      default: "?"
      }
    }.joined(separator: ",")
  }

  /// Figures as a FLOAT has them.
  private func asFloats(_ lines: [Substring], from column: Int) -> [String] {
    lines.dropFirst().map { line in
      line.split(separator: ",").enumerated().map { index, text in
        index < column ? String(text) : Float(text).map { "\($0)" } ?? "?"
      }.joined(separator: ",")
    }
  }

  @Test func tablesEqualTheHoursThatThePipelineMakes() throws {
    let server = try PrivateMariaDB()
    let environment = environment(server)
    // The second brings late revisions.
    for (index, name) in ["first", "second"].enumerated() {
      let noaa = try folder.sample(name, stations: 3, days: 3 + index, seed: 1 + index)
      #expect(try moaa("run", noaa, environment: environment).status <= 1)
      if index == 1 {
        let status = try moaa("status", "--format", "csv", environment: environment)
        #expect(status.lines.contains { $0.hasPrefix("mysql.moaa,agg_probes_results,72,") })
      }
      let plan = try moaa("sync", "mysql", "--plan", environment: environment)
      #expect(plan.output.contains("CREATE TABLE") == (index == 0))
      for topic in ["agg_probes_results", Self.byStation] {
        let sync = try moaa(
          "sync", "mysql", "--topic", topic, "--batch", "7", environment: environment)
        #expect(sync.status == 0, "\(sync.errors)")
        #expect(sync.errors.contains("sending all hours") == (index == 0))
      }
      let connection = try connect(server)
      let rows = try connection.query(
        """
        SELECT reported_hour, min_tmp, mean_tmp, max_tmp FROM real_time_tmp_by_hour
        ORDER BY reported_hour
        """)
      let hours = try moaa("hours", "--format", "csv", environment: environment).lines
      let expected = asFloats(hours, from: 2).map { line in
        var fields = line.split(separator: ",")
        fields.remove(at: 1)
        return fields.joined(separator: ",")
      }
      #expect(rows.map(line) == expected)
      let stationRows = try connection.query(
        """
        SELECT station, reported_hour, observation_count, min_tmp, mean_tmp, max_tmp
        FROM real_time_tmp_by_station_hour ORDER BY station, reported_hour
        """)
      let stationHours = try moaa(
        "hours", "--by-station", "--format", "csv", environment: environment
      ).lines
      #expect(stationRows.map(line) == asFloats(stationHours, from: 3))
    }
    let status = try moaa("status", "--format", "csv", environment: environment)
    #expect(status.lines.filter { $0.hasPrefix("mysql.moaa,") }.allSatisfy { $0.hasSuffix(",0,0") })
    #expect(try moaa("reset", "mysql.moaa", environment: environment).status == 0)
    #expect(try !moaa("status", environment: environment).output.contains("mysql.moaa"))
    let again = try moaa("sync", "mysql", environment: environment)
    #expect(again.errors.contains("sent 0 rows"))
  }

  @Test func aRefusedRowEndsTheSyncOrIsKept() throws {
    let server = try PrivateMariaDB()
    let environment = environment(server)
    #expect(
      try moaa("run", folder.sample(stations: 2, days: 1), environment: environment).status <= 1)
    let connection = try connect(server)
    try connection.execute(
      """
      CREATE TABLE real_time_tmp_by_hour (id INT AUTO_INCREMENT PRIMARY KEY,
        reported_hour DATETIME UNIQUE NOT NULL, mean_tmp FLOAT NOT NULL, min_tmp FLOAT NOT NULL,
        max_tmp FLOAT NOT NULL, CHECK (HOUR(reported_hour) <> 5))
      """)
    let stopped = try moaa("sync", "mysql", environment: environment)
    #expect(stopped.status == 4)
    #expect(stopped.errors.contains("T05:00:00"))
    let kept = try moaa("sync", "mysql", "--on-bad-row", "quarantine", environment: environment)
    #expect(kept.status == 1)
    #expect(kept.errors.contains("1 row refused"))
    let count = try connection.query("SELECT COUNT(*) FROM real_time_tmp_by_hour")
    #expect(count == [[.integer(23)]])
    let dump = try moaa("log", "dump", "quarantine", "--format", "json", environment: environment)
    #expect(dump.output.contains("refused-by-target"))
  }

  @Test func aFollowerSendsWhatComesUntilItIsInterrupted() throws {
    let server = try PrivateMariaDB()
    let environment = environment(server)
    let noaa = try folder.sample("first", stations: 1, days: 1)
    #expect(try moaa("run", noaa, environment: environment).status <= 1)
    let follower = try MoaaProcess(["sync", "mysql", "--follow"], environment: environment)
    let connection = try connect(server)
    func rowCount() -> Int64 {
      let rows = try? connection.query("SELECT COUNT(*) FROM real_time_tmp_by_hour")
      return rows?[0][0].integer ?? 0
    }
    func hasAll() throws -> Bool {
      let hours = try moaa("hours", "--format", "csv", environment: environment)
      for _ in 0..<200 {
        if rowCount() == hours.lines.count - 1 { return true }
        usleep(50_000)
      }
      return false
    }
    #expect(try hasAll())
    let more = try folder.sample("more", stations: 1, days: 2, seed: 2)
    #expect(try moaa("run", more, environment: environment).status <= 1)
    #expect(try hasAll())
    follower.signal(SIGTERM)
    #expect(follower.finish().status == 130)
  }

  @Test func whatIsMissingOnTheCommandLineIsTold() throws {
    #expect(try moaa("run", folder.sample(stations: 1, days: 1), "--store", store).status <= 1)
    let unset = ["MOAA_MYSQL": ""]
    let noServer = try moaa("sync", "mysql", "--store", store, environment: unset)
    #expect(noServer.status == 2)
    #expect(noServer.errors.contains("MOAA_MYSQL"))
    let secret = try moaa(
      "sync", "mysql", "--mysql", "mysql://a:secret@localhost/b", "--store", store,
      environment: unset)
    #expect(secret.status == 2)
    #expect(!secret.errors.contains("secret@"))
  }
}
