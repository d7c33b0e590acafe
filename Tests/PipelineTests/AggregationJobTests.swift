// Raw topic → hours: one result whatever the order of arrival, the commits and the restarts.

import Aggregation
import Foundation
import LogStore
import Observations
import Pipeline
import Synchronization
import TestSupport
import Testing

@Suite struct AggregationJobTests {
  /// Station → rows, some of them missing, suspect, summaries or not readable as temperatures.
  private func rows(seed: UInt64) -> [[String]] {
    var random = SeededGenerator(seed: seed)
    return (0..<5).map { station in
      (0..<120).map { index in
        let kind = Int.random(in: 0..<20, using: &random)
        let tenths = Int.random(in: -300...400, using: &random)
        let text =
          kind == 0 ? "+9999,9" : CSV.text(tenths, code: kind == 1 ? "2" : kind == 2 ? "A" : "1")
        return CSV.row(
          "S\(station)", CSV.date(minute: 13 * station + 25 * index), text,
          type: kind == 3 ? "SOD  " : "FM-15")
      }
    }
  }

  /// The hours over all stations, computed from the rows' text.
  private func naiveHours(_ rows: [[String]], quality: QualityRule) -> String {
    var hours: [String: [Int]] = [:]
    for row in rows.joined() {
      let fields = row.split(separator: "\"").filter { $0 != "," && $0 != "\n" }
      let (date, type, tmp) = (fields[1], fields[3], fields[5])
      if type == "SOD  " || tmp.hasPrefix("+9999") { continue }
      if quality == .passed, "2367".contains(tmp.last!) { continue }
      hours[date.prefix(13) + ":00:00Z", default: []].append(Int(tmp.prefix(5))!)
    }
    var text = HourText.header
    for hour in hours.keys.sorted() {
      let values = hours[hour]!
      // Foundation's decimals: another way to the rounding than the product's integers.
      var mean = Decimal(values.reduce(0, +)) / Decimal(10 * values.count)
      var rounded = Decimal()
      NSDecimalRound(&rounded, &mean, 6, .bankers)
      let digits = NSDecimalNumber(decimal: rounded * 1_000_000).intValue
      text += "\(hour),\(values.count),\(decimal(values.min()! * 100_000, 1)),"
      text += "\(decimal(digits, 6)),\(decimal(values.max()! * 100_000, 1))\n"
    }
    return text
  }

  private func decimal(_ millionths: Int, _ places: Int) -> String {
    let text = String(millionths.magnitude)
    let padded = String(repeating: "0", count: max(0, 7 - text.count)) + text
    return (millionths < 0 ? "-" : "") + padded.dropLast(6) + "." + padded.suffix(6).prefix(places)
  }

  @Test(arguments: SeededGenerator.seeds(4))
  func orderCommitsAndRestartsDoNotChangeTheResult(seed: UInt64) throws {
    let rows = rows(seed: seed)
    var random = SeededGenerator(seed: seed)
    var hashes = Set<String>()
    for recordsPerCommit in [1, 3, 1000] {
      let work = try Workspace()
      // Files come one by one, in any order, or all at once; aggregated as they come, or at the end.
      for station in rows.indices.shuffled(using: &random) {
        try work.write("\(station).csv", CSV.header + rows[station].joined())
        if Bool.random(using: &random) {
          try work.ingest(recordsPerCommit: recordsPerCommit)
          if Bool.random(using: &random) { try work.aggregate(recordsPerCommit: recordsPerCommit) }
        }
      }
      try work.ingest()
      try work.aggregate(recordsPerCommit: recordsPerCommit)
      hashes.insert(try work.hash())
      let isRight = try work.hoursCSV() == naiveHours(rows, quality: .passed)
      #expect(isRight, "seed \(seed), \(recordsPerCommit) records a commit")
      let report = try Replay(store: work.store).run(from: .earliest, verify: true)
      #expect(report.differences == [])
      #expect(report.emissionsNotCompared == nil && report.emissionCount > 0)
      #expect(try report.resultHash == work.hash())
    }
    #expect(hashes.count == 1, "seed \(seed)")
  }

  @Test func qualityAllRefusesMissingOnesOnly() throws {
    let work = try Workspace()
    let rows = rows(seed: 1)
    try work.write("a.csv", CSV.header + rows.joined().joined())
    try work.ingest()
    try work.aggregate(AggregationRule(quality: .all))
    let isRight = try work.hoursCSV() == naiveHours(rows, quality: .all)
    #expect(isRight)
  }

  @Test func stoppedAfterEveryCommitItGoesOnToTheSameEmissions() throws {
    let rows = rows(seed: 3)
    func prepare() throws -> Workspace {
      let work = try Workspace()
      for station in rows.indices {
        try work.ingest([work.write("\(station).csv", CSV.header + rows[station].joined())])
      }
      return work
    }
    let whole = try prepare()
    try whole.aggregate()
    let topics = [TopicName.hourly, TopicName.hourlyByStation, TopicName.quarantine]
    for recordsPerCommit in [1, 17] {
      let work = try prepare()
      let end = try work.store.read { try $0.topic(TopicName.raw).nextOffset }
      var position = Offset.zero
      while position < end {
        let asked = Counter()
        let options = AggregationJobOptions(
          recordsPerCommit: recordsPerCommit, shouldStop: { asked.next() > 1 })
        position = try AggregationJob(store: work.store, rule: AggregationRule(), options: options)
          .run().nextOffset
      }
      for topic in topics {
        let isSame = try work.lines(topic) == whole.lines(topic)
        #expect(isSame, "\(topic), \(recordsPerCommit) records a commit")
      }
    }
  }

  @Test func twoJobsOnOneStoreDoNotDoubleAnything() throws {
    let work = try Workspace()
    let rows = rows(seed: 5)
    let rule = AggregationRule()
    // Both have read the same checkpoint; each is fenced out by the other's commits in turn.
    let first = try AggregationJob(store: work.store, rule: rule)
    let second = try AggregationJob(store: work.store, rule: rule)
    for station in rows.indices {
      try work.ingest([work.write("\(station).csv", CSV.header + rows[station].joined())])
      _ = try (station % 2 == 0 ? first : second).run()
    }
    _ = try first.run()
    let isRight = try work.hoursCSV() == naiveHours(rows, quality: .passed)
    #expect(isRight)
    #expect(try Replay(store: work.store).run(from: .earliest, verify: true).differences == [])
  }

  @Test func ingestAndAggregationAtOnceGiveTheSame() throws {
    let rows = rows(seed: 6)
    let apart = try Workspace()
    let together = try Workspace()
    for work in [apart, together] {
      for station in rows.indices {
        try work.write("\(station).csv", CSV.header + rows[station].joined())
      }
    }
    try apart.ingest()
    try apart.aggregate()
    let summary = try PipelineRun(
      store: together.store, rule: AggregationRule(),
      ingestOptions: IngestOptions(recordsPerCommit: 10),
      aggregationOptions: AggregationJobOptions(recordsPerCommit: 7)
    ).run([together.input])
    #expect(summary.ingest.recordCount == 600)
    #expect(try together.hash() == apart.hash())
    #expect(try together.lines(TopicName.hourlyByStation) == apart.lines(TopicName.hourlyByStation))
  }

  @Test func aLateRecordMakesANextRevision() throws {
    let work = try Workspace()
    let rows = ["2022-06-01T08:00:00", "2022-06-01T12:00:00"].map { CSV.row("1", $0, "+0100,1") }
    try work.ingest([work.write("a.csv", CSV.header + rows.joined())])
    try work.aggregate()
    let late = CSV.header + CSV.row("2", "2022-06-01T08:30:00", "+0200,1")
    try work.ingest([work.write("b.csv", late)])
    let progress = try work.aggregate().progress
    #expect(progress.lateCount == 1)
    let emissions = try work.records(TopicName.hourly).map {
      String(decoding: $0.value ?? [], as: UTF8.self)
    }
    #expect(emissions.count == 3)
    #expect(emissions.first?.contains("\"mean_tmp\":10.0") == true)
    #expect(emissions.last?.contains("\"mean_tmp\":15.0") == true)
    #expect(emissions.last?.contains("\"revision\":2,\"final\":true") == true)
  }

  @Test func anHourThatWasShownOpenIsShownOnceMoreWhenItIsFinal() throws {
    let work = try Workspace()
    for (name, time) in [("a", "08:00:00"), ("b", "09:29:59"), ("c", "09:30:00")] {
      try work.ingest([
        work.write("\(name).csv", CSV.header + CSV.row("1", "2022-06-01T\(time)", "+0100,1"))
      ])
      try work.aggregate()
    }
    for topic in [TopicName.hourly, TopicName.hourlyByStation] {
      let ends = try work.records(topic).map {
        String(decoding: $0.value ?? [], as: UTF8.self).split(separator: ",").suffix(2)
          .joined(separator: ",")
      }
      #expect(
        ends == [
          #""revision":1,"final":false}"#, #""revision":1,"final":false}"#,
          #""revision":2,"final":true}"#, #""revision":2,"final":false}"#,
        ])
    }
    let report = try Replay(store: work.store).run(from: .earliest, verify: true)
    #expect(report.differences.isEmpty)
  }

  @Test func completeModeEmitsEveryHourAtEachFlush() throws {
    let work = try Workspace()
    let rule = AggregationRule(outputMode: .complete)
    for day in 1...3 {
      let row = CSV.row("1", "2022-06-0\(day)T08:00:00", "+0100,1")
      try work.ingest([work.write("\(day).csv", CSV.header + row)])
      try work.aggregate(rule)
    }
    // A tick shows the day before as final; then each flush lists all days so far.
    let keys = try work.records(TopicName.hourly).map {
      String(decoding: $0.key ?? [], as: UTF8.self).prefix(10)
    }
    let (one, two, three) = (
      Substring("2022-06-01"), Substring("2022-06-02"), Substring("2022-06-03")
    )
    #expect(keys.filter { $0 == one }.count == 4)
    #expect(keys.filter { $0 == two }.count == 3)
    #expect(keys.filter { $0 == three }.count == 1)
  }

  @Test func anotherRuleIsRefusedAndSaysWhatToDo() throws {
    let work = try Workspace()
    try work.ingest([work.write("a.csv", CSV.file("1", count: 10))])
    try work.aggregate()
    for rule in [
      AggregationRule(quality: .all), AggregationRule(delaySeconds: 0),
      AggregationRule(outputMode: .complete), AggregationRule(allowedLatenessSeconds: 60),
    ] {
      let error = #expect(throws: JobRuleChanged.self) { try work.aggregate(rule) }
      #expect(error?.description.contains("moaa reset hourly") == true)
    }
  }

  @Test func refusalsAreKeptWithReasonAndPlace() throws {
    // The clock stands in 2022: a row of 2023 is too far ahead and must not move the watermark.
    let now = Timestamp(year: 2022, month: 6, day: 2)!.secondsSinceEpoch * 1000
    let work = try Workspace(clock: .fixed(milliseconds: now))
    let rows = [
      CSV.row("1", "2022-06-01T08:00:00", "+0100,1"),
      CSV.row("1", "2022-06-01T08:10:00", "+9999,9"),
      CSV.row("1", "2022-06-01T08:20:00", "+0100,3"),
      CSV.row("1", "2022-06-01T08:30:00", "+9999,9", type: "SOM  "),
      CSV.row("1", "2023-06-01T08:30:00", "+0100,1"),
    ]
    try work.ingest([work.write("a.csv", CSV.header + rows.joined())])
    let progress = try work.aggregate().progress
    #expect(progress.acceptedCount == 1)
    #expect(
      progress.clock.latestEventSeconds == Timestamp(argument: "2022-06-01T08")?.secondsSinceEpoch)
    let kept = try work.records(TopicName.quarantine)
    #expect(
      kept.map { $0.header("reason") } == [
        "missing-temperature", "suspect-or-erroneous", "summary-report", "too-far-ahead",
      ])
    #expect(kept.map { $0.header("offset") } == ["1", "2", "3", "4"])
    #expect(kept.allSatisfy { $0.header("topic") == TopicName.raw })
    let raw = try work.records(TopicName.raw)
    #expect(kept.map(\.value) == raw[1...4].map(\.value))
  }

  /// Each refusal once took a walk through its batch: here, that would be 200 million steps.
  @Test func aBatchOfRecordsThatAreAllTooLateIsRefusedInOneGo() throws {
    let work = try Workspace()
    let count = 20_000
    let builder = RecordBatchBuilder()
    func value(_ station: Int, _ date: String) -> [UInt8] {
      Array(#"{"STATION":"\u0053\#(station)","DATE":"\#(date)","TMP":"+0100,1"}"#.utf8)
    }
    for index in 0...count {
      builder.append(
        eventTime: 0, key: nil,
        value: value(index, index == 0 ? "2022-06-02T08:00:00" : "2022-06-01T08:00:00"))
    }
    let batch = try #require(builder.take())
    try work.store.write { transaction in
      try transaction.createTopic(TopicName.raw)
      try transaction.append(batch, to: TopicName.raw)
    }
    let clock = ContinuousClock()
    let start = clock.now
    let progress = try work.aggregate(AggregationRule(allowedLatenessSeconds: 0)).progress
    #expect(clock.now - start < .seconds(5))
    #expect(progress.rejectedCounts[.tooLate] == Int64(count))
    let kept = try work.records(TopicName.quarantine)
    #expect(kept.map(\.value) == (1...count).map { value($0, "2022-06-01T08:00:00") })
  }

  @Test func theRuleIsSettledBeforeTheFirstRecord() throws {
    let work = try Workspace()
    try work.aggregate()
    #expect(throws: JobRuleChanged.self) { try work.aggregate(AggregationRule(quality: .all)) }
  }

  @Test func aFirstRunAfterRetentionIsVerifiedFromWhereItBegan() throws {
    let day: Int64 = 86_400_000
    let now = Mutex<Int64>(20_000 * day)
    let work = try Workspace(clock: WallClock { now.withLock { $0 } })
    try work.ingest([work.write("a.csv", CSV.file("A", count: 50))])
    now.withLock { $0 += 8 * day }
    try work.ingest([work.write("b.csv", CSV.file("B", count: 50))])
    // Without the group that ingest makes, retention waits for nobody.
    try work.store.write { try $0.removeGroup(GroupName.hourly) }
    try Housekeeping.retain(work.store)
    let progress = try work.aggregate().progress
    #expect(progress.originOffset == 51 && progress.acceptedCount == 50)
    let report = try Replay(store: work.store).run(from: .earliest, verify: true)
    #expect(report.differences == [] && report.emissionsNotCompared == nil)
  }
}
