// A reset makes hours again without losing any.

import Aggregation
import CSQLite
import Foundation
import LogStore
import Observations
import Pipeline
import Synchronization
import Testing

@Suite struct GroupResetTests {
  private func prepare(clock: WallClock = .system) throws -> Workspace {
    let work = try Workspace(clock: clock)
    try work.ingest([work.write("a.csv", CSV.file("A", count: 120))])
    try work.ingest([work.write("b.csv", CSV.file("B", count: 100, firstMinute: 300))])
    try work.aggregate()
    return work
  }

  private func reset(_ work: Workspace, to position: LogPosition, isRehearsal: Bool = false) throws
    -> GroupReset
  {
    try GroupReset.run(
      group: GroupName.hourly, to: position, in: work.store, isRehearsal: isRehearsal)
  }

  @Test(arguments: [0, 1, 7, 60, 119, 121, 150, 221, 222])
  func anyOffsetLeadsToTheSameHours(offset: Int64) throws {
    let work = try prepare()
    let hash = try work.hash()
    let progress = try work.aggregate().progress
    let result = try reset(work, to: .offset(offset))
    #expect(result.to == Offset(offset))
    #expect(offset == 0 ? result.keptCount == 0 : result.keptCount > 0)
    let again = try work.aggregate().progress
    #expect(try work.hash() == hash)
    #expect(again.clock == progress.clock)
    #expect(again.revisionMax >= progress.revisionMax)
    let report = try Replay(store: work.store).run(from: .offset(offset), verify: true)
    #expect(report.differences == [])
    let emissions = try work.lines(TopicName.hourly)
    #expect(
      Set(emissions.map { $0.split(separator: " ", maxSplits: 1)[1] }).count == emissions.count)
  }

  @Test func aTimeMeansTheRecordsAppendedSince() throws {
    let now = Mutex<Int64>(1_000_000_000)
    let work = try Workspace(clock: WallClock { now.withLock { $0 } })
    try work.ingest([work.write("a.csv", CSV.file("A", count: 20))])
    now.withLock { $0 += 60_000 }
    try work.ingest([work.write("b.csv", CSV.file("B", count: 20))])
    let position = try #require(LogPosition("1970-01-12T13:47:00"))
    let offset = try work.store.read { try position.offset(in: $0.topic(TopicName.raw), $0) }
    #expect(offset == Offset(21))
  }

  @Test func aRehearsalChangesNothing() throws {
    let work = try prepare()
    let before = try work.store.read { try $0.checkpoints() }
    let hash = try work.hash()
    #expect(try reset(work, to: .earliest, isRehearsal: true).forgottenCount > 0)
    #expect(try work.store.read { try $0.checkpoints() } == before)
    #expect(try work.hash() == hash)
  }

  @Test func afterAResetToEarliestAnotherRuleMayBeChosen() throws {
    let work = try prepare()
    #expect(try reset(work, to: .offset(50)).allowsNewRule == false)
    #expect(throws: JobRuleChanged.self) { try work.aggregate(AggregationRule(quality: .all)) }
    #expect(try reset(work, to: .earliest).allowsNewRule)
    try work.aggregate(AggregationRule(quality: .all))
    #expect(try Replay(store: work.store).run(from: .earliest, verify: true).differences == [])
  }

  @Test func forwardAndUnknownAreRefused() throws {
    let work = try prepare()
    #expect(throws: StoreError.self) { try reset(work, to: .offset(10_000)) }
    _ = try reset(work, to: .earliest)
    #expect(throws: StoreError.self) { try reset(work, to: .latest) }
    #expect(throws: StoreError.self) {
      try GroupReset.run(group: "nobody", to: .earliest, in: work.store, isRehearsal: false)
    }
  }

  /// Two files aggregated, the first of them so long ago that retention has taken it from the log.
  /// - Returns: the store, with the hash and the progress from before retention.
  private func retained(
    _ first: String, _ second: String
  ) throws -> (work: Workspace, hash: String, progress: AggregationProgress) {
    let day: Int64 = 86_400_000
    let now = Mutex<Int64>(20_000 * day)
    let work = try Workspace(clock: WallClock { now.withLock { $0 } })
    try work.ingest([work.write("a.csv", first)])
    try work.aggregate()
    now.withLock { $0 += 8 * day }
    try work.ingest([work.write("b.csv", second)])
    let progress = try work.aggregate().progress
    let hash = try work.hash()
    try Housekeeping.retain(work.store)
    return (work, hash, progress)
  }

  @Test func whatRetentionHasTakenFromTheLogStaysInTheHours() throws {
    let (work, hash, progress) = try retained(
      CSV.file("A", count: 120), CSV.file("B", count: 100, firstMinute: 300))
    #expect(try work.store.read { try $0.topic(TopicName.raw).startOffset } == Offset(121))
    let result = try reset(work, to: .earliest)
    #expect(result.keptCount > 0 && result.forgottenCount > 0)
    try work.aggregate()
    #expect(try work.hash() == hash)
    let report = try Replay(store: work.store).run(from: .earliest, verify: true)
    #expect(report.differences == [])
    #expect(report.olderWindowCount == result.keptCount)
    #expect(try work.aggregate().progress.clock == progress.clock)
  }

  @Test func aRuleStaysWhereAWindowHoldsRecordsFromBothSides() throws {
    // The second file's first row lies in the hour of the first one's last.
    let (work, hash, _) = try retained(
      CSV.file("A", count: 1), CSV.file("A", count: 3, firstMinute: 15))
    let result = try reset(work, to: .earliest)
    #expect(result.straddlingCount == 2 && !result.allowsNewRule)
    #expect(throws: JobRuleChanged.self) { try work.aggregate(AggregationRule(quality: .all)) }
    try work.aggregate()
    #expect(try work.hash() == hash)
  }

  @Test func latenessIsJudgedTheSameAfterRetention() throws {
    let day: Int64 = 86_400_000
    let now = Mutex<Int64>(20_000 * day)
    let work = try Workspace(clock: WallClock { now.withLock { $0 } })
    let rule = AggregationRule(allowedLatenessSeconds: 0)
    // The newest time is 00:45, so that with half an hour's delay the hour 00 is open.
    try work.ingest([work.write("a.csv", CSV.file("A", count: 4))])
    try work.aggregate(rule)
    now.withLock { $0 += 8 * day }
    // 01:30 ends it, 00:50 of C is late by the mark at 01:30, D's 01:10 is not.
    try work.ingest([work.write("b.csv", CSV.file("B", count: 1, firstMinute: 91))])
    now.withLock { $0 += 8 * day }
    try work.ingest([
      work.write("c.csv", CSV.file("C", count: 1, firstMinute: 50)),
      work.write("d.csv", CSV.file("D", count: 1, firstMinute: 70)),
    ])
    let summary = try work.aggregate(rule)
    #expect(summary.progress.rejectedCounts == [.tooLate: 1])
    let hash = try work.hash()
    try Housekeeping.retain(work.store)
    #expect(try work.store.read { try $0.topic(TopicName.raw).startOffset } == Offset(7))
    _ = try reset(work, to: .earliest)
    #expect(try work.aggregate(rule).progress.rejectedCounts == [.tooLate: 1])
    #expect(try work.hash() == hash)
  }

  @Test func whatWasOnlyIngestedWaitsForTheAggregation() throws {
    let day: Int64 = 86_400_000
    let now = Mutex<Int64>(20_000 * day)
    let work = try Workspace(clock: WallClock { now.withLock { $0 } })
    let path = try work.write("a.csv", CSV.file("A", count: 120))
    try work.ingest([path])
    now.withLock { $0 += 30 * day }
    try work.ingest([work.write("b.csv", CSV.file("B", count: 1))])
    #expect(try Housekeeping.retain(work.store).map(\.verdict) == [.neededByGroup])
    #expect(try work.store.read { try HourlyResults.fingerprint($0) } == nil)
    #expect(throws: StoreError.self) { try Replay(store: work.store) }
    #expect(try work.aggregate(AggregationRule(quality: .all)).progress.acceptedCount == 121)
    #expect(try Housekeeping.retain(work.store).map(\.verdict) == [.expired])
  }

  @Test func damageThatTheLogCannotMendIsNamed() throws {
    let (work, _, _) = try retained(CSV.file("A", count: 120), CSV.file("B", count: 1))
    try work.store.write {
      try $0.setState(group: GroupName.hourly, key: Array("A".utf8), block: 19_144, value: [0xFF])
    }
    let error = #expect(throws: StoreError.self) { try reset(work, to: .earliest) }
    #expect(error?.remedy.hasPrefix("Retention has removed records that it may") == true)
  }

  @Test func aResetToEarliestHelpsWhereStateAndCheckpointAreDamaged() throws {
    let work = try prepare()
    let hash = try work.hash()
    try work.store.write { transaction in
      try transaction.setState(
        group: GroupName.hourly, key: Array("A".utf8), block: 19_144, value: [0xFF, 1, 2])
      var checkpoint = try #require(
        try transaction.checkpoint(group: GroupName.hourly, topic: TopicName.raw))
      checkpoint.jobState = Array("nonsense".utf8)
      try transaction.save(checkpoint)
    }
    #expect(try work.store.read { try HourlyStateCheck.faults(in: $0).count } == 2)
    #expect(throws: (any Error).self) { try work.aggregate() }
    _ = try reset(work, to: .earliest, isRehearsal: true)
    _ = try reset(work, to: .earliest)
    try work.aggregate()
    #expect(try work.hash() == hash)
    #expect(try work.store.read { try HourlyStateCheck.faults(in: $0) } == [])
    #expect(try Replay(store: work.store).run(from: .earliest, verify: true).differences == [])
  }

  @Test func aJobThatWaitsForRecordsNoticesAReset() throws {
    let work = try prepare()
    let hash = try work.hash()
    let job = try AggregationJob(store: work.store, rule: AggregationRule())
    var asked = 0
    _ = try job.run {
      asked += 1
      if asked == 1 { _ = try reset(work, to: .earliest) }
      return asked < 3
    }
    #expect(try work.hash() == hash)
  }

  @Test func aFlippedBitInTheStateIsNamedAndNeverShown() throws {
    let work = try prepare()
    let hash = try work.hash()
    var database: OpaquePointer?
    try #require(sqlite3_open(work.store.path, &database) == SQLITE_OK)
    defer { sqlite3_close(database) }
    // The third byte of a block is the count of its first hour.
    try #require(
      sqlite3_exec(
        database,
        "UPDATE state SET value = CAST(substr(value, 1, 2) || x'05' || substr(value, 4) AS BLOB) "
          + "WHERE key = CAST('A' AS BLOB)", nil, nil, nil) == SQLITE_OK)
    let error = #expect(throws: StoreError.self) { try work.hoursCSV(byStation: true) }
    #expect(error?.code == .damaged)
    #expect(try work.store.read { try HourlyStateCheck.faults(in: $0) }.count == 1)
    _ = try reset(work, to: .earliest)
    try work.aggregate()
    #expect(try work.hash() == hash)
  }
}
