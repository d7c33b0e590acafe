// `moaa up` as its users run it: with a database and brokers, while all of them are killed.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct UpTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "up.store" }

  /// What an offline backfill of the same files makes of each station's hours.
  private func backfilled(_ files: String) throws -> String {
    let tables = folder / "tables.store"
    #expect(try moaa("backfill", files, "--store", tables).status <= 1)
    return try hours(tables)
  }

  private func hours(_ store: String, _ more: [String] = []) throws -> String {
    let words = ["hours", "--by-station", "--format", "csv", "--store", store] + more
    return try MoaaProcess(words).finish().output
  }

  @Test(
    .enabled(
      if: PrivateMariaDB.isAtHand && PrivateBroker.isAtHand,
      "mariadbd or noida-db is not installed"))
  func killsOfEverythingLeaveStoreTableAndTopicEqualToABackfill() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let files = try folder.sample(stations: 6, days: 3)
    let server = try PrivateMariaDB()
    let broker = try PrivateBroker()
    let environment = [
      "MOAA_KAFKA": broker.address, "MOAA_MYSQL_PASSWORD": PrivateMariaDB.password,
      "MOAA_MYSQL":
        "mysql://\(PrivateMariaDB.user)@127.0.0.1:\(server.port)/\(PrivateMariaDB.database)",
    ]
    let up = [
      "up", files, "--speed", "20000x", "--trigger", "1s", "--store", store, "--mysql", "env",
      "--kafka", "env", "--by-station", "--no-tls", "--until-fed",
    ]
    var killCount = 0
    for round in 0..<14 {
      let process = try MoaaProcess(up, environment: environment)
      usleep(UInt32.random(in: 50_000...1_300_000, using: &random))
      switch round % 7 {
      case 3:
        server.killServer()
        usleep(UInt32.random(in: 0...300_000, using: &random))
        try server.start()
      case 5:
        broker.signal(SIGSTOP)
        usleep(UInt32.random(in: 0...900_000, using: &random))
        broker.signal(SIGCONT)
      default: break
      }
      process.signal(SIGKILL)
      let outcome = process.finish()
      if outcome.status == -SIGKILL { killCount += 1 }
      #expect([-SIGKILL, 0].contains(outcome.status), "seed \(seed): \(outcome.errors)")
    }
    #expect(killCount > 5, "seed \(seed)")
    let last = try MoaaProcess(up, environment: environment).finish()
    #expect(last.status == 0, "seed \(seed): \(last.errors)")

    let expected = try backfilled(files)
    #expect(try hours(store) == expected, "seed \(seed)")
    #expect(try moaa("replay", "--verify", "--store", store).status == 0, "seed \(seed)")
    #expect(try moaa("log", "verify", "--deep", "--store", store).status == 0)
    for topic in ["agg_probes_results", "agg_probes_results_by_station"] {
      let check = try moaa(
        "sync", "mysql", "--check", "--topic", topic, "--no-tls", "--store", store,
        environment: environment)
      #expect(check.status == 0, "seed \(seed): \(check.output)\(check.errors)")
    }
    let pulled = folder / "pulled.store"
    let topics = ["raw_probes_results", "agg_probes_results", "agg_probes_results_by_station"]
    let pull = try moaa(
      "sync", "kafka", "pull", "--topic", topics.joined(separator: ","), "--store", pulled,
      environment: environment)
    #expect(pull.status == 0, "\(pull.errors)")
    for topic in topics {
      #expect(
        try dumpedValues(topic, pulled) == dumpedValues(topic, store), "seed \(seed), \(topic)")
    }
    #expect(try hours(pulled, ["--results", "topics"]) == expected, "seed \(seed)")
  }

  @Test func sinksThatAreAwayHinderNobodyAndEndWithTheRest() throws {
    let files = try folder.sample(stations: 2, days: 1)
    let up = try MoaaProcess([
      "up", files, "--speed", "max", "--store", store, "--mysql", "mysql://moaa@127.0.0.1:1/none",
      "--no-tls", "--kafka", "127.0.0.1:1", "--metrics", "0",
    ])
    try waitUntil { up.errorsSoFar.contains("trying again") }
    let expected = try backfilled(files)
    // All fed, and shown by the trigger or at the end.
    up.signal(SIGTERM)
    let outcome = up.finish()
    #expect(outcome.status == 130, "\(outcome.errors)")
    for line in outcome.errors.split(separator: "\n") where line.hasPrefix("{") {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["time"] is String && object?["component"] is String)
    }
    #expect(outcome.errors.contains("http://127.0.0.1:"))
    let rest = try moaa("up", files, "--speed", "max", "--store", store, "--until-fed")
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(try hours(store) == expected)
  }

  @Test(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
  func aSinkThatRefusesDoesNotHoldTheEndUp() throws {
    let files = try folder.sample(stations: 1, days: 1)
    let server = try PrivateMariaDB()
    let up = try moaa(
      "up", files, "--speed", "max", "--until-fed", "--store", store, "--no-tls", "--mysql",
      "mysql://\(PrivateMariaDB.user)@127.0.0.1:\(server.port)/\(PrivateMariaDB.database)",
      environment: ["MOAA_MYSQL_PASSWORD": "wrong"])
    #expect(up.status == 4, "\(up.errors)")
    #expect(up.errors.contains("Access denied"))
    #expect(try hours(store) == backfilled(files))
  }

  @Test func aFeedOfAnotherProcessIsTakenAndMetricsCountIt() throws {
    let files = try folder.sample(stations: 2, days: 1)
    let socket = folder / "s"
    let up = try MoaaProcess([
      "up", "--socket", socket, "--store", store, "--metrics", "0", "--trigger", "1s",
    ])
    let fed = try moaa("feed", files, "--to", socket, "--speed", "max")
    #expect(fed.status == 0, "\(fed.errors)")
    // The feed may have come before the listener, and have said so.
    let count = try #require(fed.errors.firstMatch(of: /sent (\d+) observations/)?.1)
    let port = try #require(
      up.errorsSoFar.firstMatch(of: /127\.0\.0\.1:(\d+)/).flatMap { UInt16($0.1) })
    try waitUntil { metrics(port).contains("moaa_received_records_total \(count)\n") }
    try waitUntil {
      metrics(port).contains(
        #"moaa_lag_records{group="hourly",topic="raw_probes_results"} 0"#)
    }
    up.signal(SIGINT)
    #expect(up.finish().status == 130)
    #expect(try hours(store) == backfilled(files))
  }

  @Test func commandLinesThatMakeNoSenseAreRefused() throws {
    for words in [
      ["--until-fed"], ["--speed", "60x"], ["--by-station"], ["--tls-ca", "x"],
      ["--kafka-topics", "x", "--kafka", "a:1"], ["x", "--speed", "fast"], ["--trigger", "0s"],
      ["x", "--speed", "2x", "--step", "10m"], ["--socket", String(repeating: "x", count: 200)],
    ] {
      let outcome = try MoaaProcess(["up", "--store", store] + words).finish()
      #expect(outcome.status == 2, "\(words): \(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: store))
  }

  @Test func anotherRuleAndATakenSocketEndItAtOnce() throws {
    let files = try folder.sample(stations: 1, days: 1)
    #expect(try moaa("up", files, "--speed", "max", "--until-fed", "--store", store).status == 0)
    #expect(try moaa("up", "--quality", "all", "--store", store).status == 5)
    let socket = folder / "s"
    let first = try MoaaProcess(["up", "--socket", socket, "--store", store])
    try waitUntil { first.errorsSoFar.contains("listening") }
    let second = try moaa("up", "--socket", socket, "--store", folder / "other.store")
    #expect(second.status == 4)
    #expect(second.errors.contains("another process listens"))
    first.signal(SIGINT)
    #expect(first.finish().status == 130)
  }

  // MARK: Waiting

  private func waitUntil(_ condition: () -> Bool) throws {
    for _ in 0..<3000 where !condition() { usleep(10_000) }
    try #require(condition())
  }

  private func metrics(_ port: UInt16) -> String {
    Loopback.answer(port, to: "GET /metrics") ?? ""
  }
}
