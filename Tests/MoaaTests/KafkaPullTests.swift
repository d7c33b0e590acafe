// `moaa sync kafka pull` as its users run it: killed, and fed by the replaced pipeline's producer.

import Foundation
import KafkaSync
import LogStore
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct KafkaPullTests {
  private let broker: PrivateBroker
  private let settings: KafkaSettings
  private let folder = TemporaryFolder()
  private static let raw = "raw_probes_results"

  init() throws {
    broker = try PrivateBroker()
    settings = try KafkaSettings(brokers: broker.address)
  }

  private func run(_ words: String...) throws -> Outcome {
    try MoaaProcess(words, environment: ["MOAA_KAFKA": broker.address]).finish()
  }

  private func produce(
    _ messages: some Sequence<(key: String?, value: String)>, to topic: String,
    partition: Int32? = nil
  ) throws {
    let producer = try KafkaProducer(settings, transactionalID: nil)
    let time = Int64(Date().timeIntervalSince1970) * 1000
    for message in messages {
      let key = message.key.map { Array($0.utf8) }
      try Array(message.value.utf8).withUnsafeBytes { value in
        if let key {
          try key.withUnsafeBytes {
            try producer.produce(
              topic: topic, partition: partition, key: $0, value: value, timestamp: time)
          }
        } else {
          try producer.produce(
            topic: topic, partition: partition, key: nil, value: value, timestamp: time)
        }
      }
    }
    try producer.flush()
  }

  @Test func killsAtAnyInstantLoseAndDoubleNothing() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let topic = "records"
    try KafkaCluster(settings).createTopic(topic, partitions: 3, replication: 1, settings: [:])
    let store = folder / "test.store"
    var produced = [0, 0, 0]
    var killCount = 0
    var positions = Set<Int64>()
    // How long the work takes that is to be killed, from one that is not.
    var longest: UInt32 = 0
    while killCount < 40 {
      for partition in 0..<3 {
        let count = Int.random(in: 1000...4000, using: &generator)
        let first = produced[partition]
        try produce(
          (first..<first + count).map { ("k", "\(partition) \($0)") }, to: topic,
          partition: Int32(partition))
        produced[partition] += count
      }
      let process = try MoaaProcess([
        "sync", "kafka", "pull", "--brokers", broker.address, "--topic", topic, "--store", store,
        "--commit-records", "\(Int.random(in: 10...200, using: &generator))",
      ])
      if longest == 0 {
        let start = ContinuousClock.now
        #expect(process.finish().status == 0)
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        longest = UInt32(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        continue
      }
      usleep(UInt32.random(in: 0...longest, using: &generator))
      if process.isRunning { killCount += 1 }
      process.signal(SIGKILL)
      _ = process.finish()
      if let opened = try? LogStore.open(store, StoreOptions(mode: .readOnly)) {
        positions.insert(
          try opened.read { try PullPosition.all(of: topic, $0).reduce(0) { $0 + $1.nextOffset } })
        opened.close()
      }
    }
    FaultTally.note("processes killed", killCount)
    // Else the kills came too early or too late, and the test would show little.
    #expect(positions.count >= 10, "seed \(seed)")
    let last = try run("sync", "kafka", "pull", "--topic", topic, "--store", store)
    #expect(last.status == 0, "seed \(seed): \(last.errors)")
    let opened = try LogStore.open(store, StoreOptions(mode: .readOnly))
    defer { opened.close() }
    var next = [0, 0, 0]
    let reader = try opened.reader(of: topic, from: .zero)
    while let batch = try reader.next() {
      var values: [(Offset, String)] = []
      try batch.forEach { record in
        values.append(
          (record.offset, record.value.map { String(decoding: $0, as: UTF8.self) } ?? ""))
      }
      for (offset, value) in values {
        let origin = try #require(try opened.read { try KafkaOrigins.find(topic, offset, $0) })
        let partition = Int(origin.partition)
        try #require(origin.offset == Int64(next[partition]), "seed \(seed), \(value)")
        try #require(value == "\(partition) \(next[partition])", "seed \(seed)")
        next[partition] += 1
      }
    }
    #expect(next == produced, "seed \(seed)")
    #expect(try run("log", "verify", "--deep", "--store", store).status == 0)
  }

  /// As the replaced pipeline wrote: json.dumps, a blank in DATE, a key or none.
  private static let pythonProducer = """
    import csv, glob, json, sys
    number = 0
    for path in sorted(glob.glob(sys.argv[1] + "/*.csv")):
        for row in csv.DictReader(open(path)):
            number += 1
            record = {"STATION": row["STATION"], "DATE": row["DATE"].replace("T", " "),
                      "TMP": row["TMP"], "REPORT_TYPE": row["REPORT_TYPE"], "NAME": row["NAME"]}
            names = sorted(record) if number % 2 else list(record)
            print(row["STATION"] if number % 3 else "", json.dumps({n: record[n] for n in names}), sep="\\t")
    """

  @Test func whatPythonHasWrittenGivesTheSameHoursAndTheseGoOnThroughKafka() throws {
    let noaa = try folder.sample(stations: 3, days: 3)
    let files = try moaa("run", noaa, "--store", folder / "files.store", "--format", "csv")
    #expect(files.status == 0)
    let python = try MoaaProcess(
      ["-c", Self.pythonProducer, noaa], program: "/usr/bin/python3"
    ).finish()
    try #require(python.status == 0, "\(python.errors)")
    try produce(
      python.lines.map { line in
        let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
        return (parts[0].isEmpty ? nil : String(parts[0]), String(parts[1]))
      }, to: Self.raw)
    let first = folder / "first.store"
    let pull = try run("sync", "kafka", "pull", "--store", first, "--format", "json")
    #expect(pull.status == 0, "\(pull.errors)")
    #expect(pull.output.contains("\"next_offset\":\(python.lines.count),\"lag\":0"))
    #expect(try run("aggregate", "--store", first).status == 0)
    let hours = try run("hours", "--store", first, "--format", "csv")
    #expect(hours.output == files.output)
    let dump = try run("log", "dump", Self.raw, "--origin", "--limit", "1", "--store", first)
    #expect(dump.output.hasSuffix("from [0] 0\n"))
    // By no event time, which is Kafka's here.
    let hour = String(try #require(files.lines.dropFirst(7).first).prefix(13))
    let explained = try run("explain", hour, "--store", first)
    #expect(explained.lines.filter { $0.hasSuffix("accepted") }.count >= 2)

    // The hours to Kafka, and from there into a store that has nothing else.
    let topics = ["agg_probes_results", "agg_probes_results_by_station"]
    for topic in topics {
      let push = try run("sync", "kafka", "push", "--topic", topic, "--store", first)
      #expect(push.status == 0, "\(push.errors)")
    }
    let second = folder / "second.store"
    let names = topics.joined(separator: ",")
    #expect(try run("sync", "kafka", "pull", "--topic", names, "--store", second).status == 0)
    for words in [["hours"], ["hours", "--by-station"]] {
      let there = try MoaaProcess(words + ["--store", first, "--format", "csv"]).finish()
      let here = try MoaaProcess(
        words + ["--store", second, "--format", "csv", "--results", "topics"]
      ).finish()
      #expect(here.status == 0)
      #expect(here.output == there.output)
      #expect(
        try MoaaProcess(words + ["--store", second, "--format", "csv"]).finish().output
          == there.output)
    }
    let status = try run("status", "--store", second, "--format", "csv")
    #expect(status.output.contains("from kafka,agg_probes_results[0],"))
  }

  @Test func exitCodesTellWhatHappened() throws {
    let store = folder / "test.store"
    func pull(_ words: String...) throws -> Outcome {
      try MoaaProcess(
        ["sync", "kafka", "pull", "--store", store, "--brokers", broker.address] + words
      ).finish()
    }
    #expect(try pull("--topic", "no-such-topic").status == 4)
    #expect(try pull("--from", "yesterday").status == 2)
    #expect(try pull("--topic", "a,,b").status == 2)
    try produce([("a", "1")], to: "t")
    #expect(try pull("--topic", "t", "--from", "stored").status == 2)
    #expect(try pull("--topic", "t").status == 0)
    let again = try pull("--topic", "t", "--from", "beginning")
    #expect(again.status == 2)
    #expect(again.errors.contains("Leave --from out to go on there"))
    let follow = try MoaaProcess([
      "sync", "kafka", "pull", "--store", store, "--brokers", broker.address, "--topic", "t",
      "--follow",
    ])
    try produce([("a", "2")], to: "t")
    for _ in 0..<200 {
      if try run("log", "dump", "t", "--store", store).lines.count == 2 { break }
      usleep(50_000)
    }
    follow.signal(SIGINT)
    let outcome = follow.finish()
    #expect(outcome.status == 130)
    #expect(outcome.errors.contains("pulled 1 record (2 B)"))
    broker.stop()
    let away = try pull("--topic", "t", "--patience", "1s")
    #expect(away.status == 4)
    #expect(away.errors.contains("trying again"))
  }
}
