// A store that has only pulled the hours of others, as its users go on from there.

import Foundation
import KafkaSync
import MySQLSync
import TestSupport
import Testing

@Suite(
  .serialized,
  .enabled(
    if: PrivateBroker.isAtHand && PrivateMariaDB.isAtHand,
    "noida-db or mariadbd is not installed"))
struct PulledStoreTests {
  private let folder = TemporaryFolder()
  private let broker: PrivateBroker
  private static let topics = ["agg_probes_results", "agg_probes_results_by_station"]

  init() throws { broker = try PrivateBroker() }

  private func run(_ store: String, _ words: String..., environment: [String: String] = [:]) throws
    -> Outcome
  {
    let environment = ["MOAA_STORE": folder / store, "MOAA_KAFKA": broker.address].merging(
      environment
    ) { $1 }
    return try MoaaProcess(words, environment: environment).finish()
  }

  /// From files to hours in one store, and through Kafka into another.
  private func carry(_ noaa: String) throws {
    #expect(try run("first", "run", noaa).status <= 1)
    for topic in Self.topics {
      let push = try run("first", "sync", "kafka", "push", "--topic", topic)
      #expect(push.status == 0, "\(push.errors)")
    }
    let pull = try run(
      "second", "sync", "kafka", "pull", "--topic", Self.topics.joined(separator: ","))
    #expect(pull.status == 0, "\(pull.errors)")
  }

  @Test func pulledHoursFillADatabase() throws {
    let server = try PrivateMariaDB()
    let environment = [
      "MOAA_MYSQL_PASSWORD": PrivateMariaDB.password,
      "MOAA_MYSQL":
        "mysql://\(PrivateMariaDB.user)@127.0.0.1:\(server.port)/\(PrivateMariaDB.database)",
    ]
    let connection = try MySQLConnection(
      MySQLSettings(
        address: MySQLAddress(
          server: .socket(server.socketPath), user: PrivateMariaDB.user,
          database: PrivateMariaDB.database),
        password: MySQLPassword(PrivateMariaDB.password)))
    // The second brings late revisions.
    for index in 0..<2 {
      try carry(folder.sample("noaa\(index)", stations: 3, days: 3 + index, seed: 1 + index))
      for topic in Self.topics {
        let sync = try run(
          "second", "sync", "mysql", "--topic", topic, "--batch", "50", environment: environment)
        #expect(sync.status == 0, "\(sync.errors)")
      }
      let rows = try connection.query(
        """
        SELECT CONCAT(station, ',', DATE_FORMAT(reported_hour, '%Y-%m-%dT%H:%i:%sZ'), ',', observation_count, ',',
          CAST(min_tmp AS DECIMAL(6,1)), ',', CAST(max_tmp AS DECIMAL(6,1)))
        FROM real_time_tmp_by_station_hour ORDER BY station, reported_hour
        """
      ).map { row in
        if case .text(let text)? = row.first { text } else { "\(row)" }
      }
      // station, hour, count, min_tmp, mean_tmp, max_tmp
      let hours = try run("first", "hours", "--by-station", "--format", "csv").lines.dropFirst()
        .map { line in
          let fields = line.split(separator: ",")
          return (fields[0...3] + fields[5...]).joined(separator: ",")
        }
      #expect(hours.count > 100)
      #expect(rows == hours)
      // Every figure, the mean too, and the hours over all stations.
      for topic in Self.topics {
        let check = try run(
          "second", "sync", "mysql", "--topic", topic, "--check", environment: environment)
        #expect(check.status == 0, "\(check.output)\(check.errors)")
      }
    }
  }

  @Test func recordsWithoutAValueArePassedOverAndTold() throws {
    try carry(folder.sample("noaa", stations: 2, days: 2))
    let before = try run("second", "hours", "--format", "csv")
    #expect(!before.errors.contains("without a value"))
    let producer = try KafkaProducer(
      KafkaSettings(brokers: broker.address), transactionalID: nil)
    let key = Array("2024-06-24T00".utf8)
    for _ in 0..<2 {
      try key.withUnsafeBytes {
        try producer.produce(
          topic: Self.topics[0], key: $0, value: nil,
          timestamp: Int64(Date().timeIntervalSince1970) * 1000)
      }
    }
    try producer.flush()
    #expect(try run("second", "sync", "kafka", "pull", "--topic", Self.topics[0]).status == 0)
    for format in ["csv", "json", "table"] {
      let after = try run("second", "hours", "--format", format)
      #expect(after.status == 0)
      #expect(
        after.errors.contains("2 records of agg_probes_results without a value passed over"),
        "\(after.errors)")
    }
    #expect(try run("second", "hours", "--format", "csv").output == before.output)
  }
}
