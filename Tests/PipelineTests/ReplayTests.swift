// Replay proves that the store holds what its log gives, and finds it when it does not.

import Aggregation
import Foundation
import LogStore
import Observations
import Pipeline
import Synchronization
import Testing

@Suite struct ReplayTests {
  /// Two files, one of them coming late, so that there are revisions.
  private func prepare() throws -> Workspace {
    let work = try Workspace()
    try work.ingest([work.write("a.csv", CSV.file("A", count: 200))])
    try work.aggregate()
    try work.ingest([work.write("b.csv", CSV.file("B", count: 150, firstMinute: 7))])
    try work.aggregate()
    return work
  }

  private func verify(_ work: Workspace, from position: LogPosition = .earliest) throws
    -> ReplayReport
  {
    try Replay(store: work.store).run(from: position, verify: true)
  }

  @Test func anUntouchedStoreIsVerified() throws {
    let work = try prepare()
    let report = try verify(work)
    #expect(report.differences == [])
    #expect(report.windowCount > 0 && report.emissionCount > 0)
    #expect(report.olderWindowCount == 0)
    #expect(report.recordCount == 352)
    #expect(report.resultHash == (try work.hash()))
    let files = try FileManager.default.contentsOfDirectory(atPath: work.folder.path)
    #expect(files.allSatisfy { $0 == "input" || $0.hasPrefix("test.store") }, "\(files)")
  }

  @Test func aChangedFigureIsNamed() throws {
    let work = try prepare()
    let key = Array("A".utf8)
    try work.store.write { transaction in
      var changed: (day: Int64, bytes: [UInt8])?
      try transaction.forEachState(group: GroupName.hourly, key: key) { _, day, value in
        guard var block = DayBlock(value), changed == nil else { return }
        block.slots[3].accumulator.add(1)
        changed = (day, block.encoded())
      }
      let (day, bytes) = try #require(changed)
      try transaction.setState(group: GroupName.hourly, key: key, block: day, value: bytes)
    }
    let report = try verify(work)
    #expect(report.differenceCount == 1)
    #expect(report.differences.first?.hasPrefix("station A, 2022-06-01T03:00:00Z") == true)
    #expect(try report.resultHash != work.hash())
  }

  @Test func aForgottenWindowIsNamed() throws {
    let work = try prepare()
    try work.store.write { transaction in
      var day: Int64?
      try transaction.forEachState(group: GroupName.hourly, key: []) { _, block, _ in day = block }
      try transaction.removeState(group: GroupName.hourly, key: [], block: try #require(day))
    }
    #expect(try verify(work).differences.first?.hasPrefix("all stations") == true)
  }

  @Test func anEmissionThatNoRecordGaveIsNamed() throws {
    let work = try prepare()
    let builder = RecordBatchBuilder()
    builder.append(eventTime: 0, key: Array("x".utf8), value: Array("{}".utf8))
    let batch = try #require(builder.take())
    try work.store.write { _ = try $0.append(batch, to: TopicName.hourly) }
    let report = try verify(work)
    #expect(report.differences.first?.contains("agg_probes_results: the store has") == true)
  }

  @Test func fromTheMiddleItComparesWhatBeganThere() throws {
    let work = try prepare()
    let report = try verify(work, from: .offset(100))
    #expect(report.differences == [])
    #expect(report.olderWindowCount > 0 && report.windowCount > 0)
    #expect(report.emissionsNotCompared != nil)
  }

  /// A window that a reset kept holds records which the replay does not reach, until the aggregation
  /// has come there again: that is no difference.
  @Test(arguments: [1, 100, 199, 230]) func afterAResetToTheMiddleNothingDiffers(
    offset: Int64
  ) throws {
    let work = try prepare()
    let reset = try GroupReset.run(
      group: GroupName.hourly, to: .offset(offset), in: work.store, isRehearsal: false)
    #expect(reset.straddlingCount > 0)
    let before = try verify(work)
    #expect(before.differences == [])
    #expect(before.aheadWindowCount == reset.straddlingCount)
    try work.aggregate()
    let after = try verify(work)
    #expect(after.differences == [])
    #expect(after.aheadWindowCount == 0 && after.windowCount > before.windowCount)
  }

  @Test func anotherQualityGivesAnotherHashAndChangesNothing() throws {
    let work = try Workspace()
    let rows = (0..<50).map {
      CSV.row("A", CSV.date(minute: 20 * $0), CSV.text($0, code: $0 % 5 == 0 ? "3" : "1"))
    }
    try work.ingest([work.write("a.csv", CSV.header + rows.joined())])
    try work.aggregate()
    let before = try work.hash()
    let replay = try Replay(store: work.store, rule: AggregationRule(quality: .all))
    #expect(try replay.run(from: .earliest, verify: false).resultHash != before)
    #expect(throws: JobRuleChanged.self) { try replay.run(from: .earliest, verify: true) }
    #expect(try work.hash() == before)
  }

  @Test func aStoreWithoutHoursSaysSo() throws {
    let work = try Workspace()
    try work.ingest([work.write("a.csv", CSV.file("A", count: 3))])
    let error = #expect(throws: StoreError.self) { try verify(work) }
    #expect(error?.remedy == "Run `moaa aggregate` first")
  }

  @Test func fromTheMiddleLatenessIsJudgedByTheWatermarkOfThen() throws {
    let work = try Workspace()
    let rule = AggregationRule(allowedLatenessSeconds: 0)
    for (index, station) in ["A", "B", "C"].enumerated() {
      let text = CSV.file(station, count: 100, firstMinute: 600 - 300 * index)
      try work.ingest([work.write("\(station).csv", text)])
      try work.aggregate(rule)
    }
    for offset in [0, 50, 101, 150, 202] as [Int64] {
      let report = try verify(work, from: .offset(offset))
      #expect(report.differences == [], "from \(offset)")
    }
  }

  @Test func anAggregationThatMovesOnMeanwhileIsFollowed() throws {
    let work = try prepare()
    var count = 0
    let report = try Replay(store: work.store).run(
      from: .earliest, verify: true,
      onProgress: { _, _ in
        count += 1
        guard count <= 3 else { return }
        // `onProgress` cannot throw; what goes wrong here shows in the offset below.
        _ = try? work.ingest([work.write("\(count).csv", CSV.file("N\(count)", count: 40))])
        _ = try? work.aggregate()
      })
    #expect(report.differences == [])
    #expect(report.until == Offset(352 + 3 * 41))
    #expect(report.emissionsNotCompared == nil && report.emissionCount > 0)
    #expect(report.resultHash == (try work.hash()))
  }

  @Test func aResetMeanwhileIsNotADifference() throws {
    let work = try prepare()
    let error = #expect(throws: StoreError.self) {
      try Replay(store: work.store).run(
        from: .earliest, verify: true,
        onProgress: { _, _ in
          _ = try? GroupReset.run(
            group: GroupName.hourly, to: .offset(100), in: work.store, isRehearsal: false)
        })
    }
    #expect(error?.code == .fenced)
  }

  @Test func aResultHashThatIsAskedToStopThrows() throws {
    let work = try Workspace()
    try work.ingest([work.write("a.csv", CSV.file("A", count: 2800))])
    try work.ingest([work.write("b.csv", CSV.file("B", count: 2800))])
    try work.aggregate()
    let error = #expect(throws: StoreError.self) {
      try work.store.read { _ = try ResultHash.compute($0, shouldStop: { true }) }
    }
    #expect(error?.code == .interrupted)
  }

  @Test func retentionMeanwhileIsNamed() throws {
    let day: Int64 = 86_400_000
    let now = Mutex<Int64>(20_000 * day)
    let work = try Workspace(clock: WallClock { now.withLock { $0 } })
    for number in 0..<40 {
      try work.ingest([work.write("\(number).csv", CSV.file("S\(number)", count: 1500))])
      now.withLock { $0 += day / 24 }
    }
    try work.aggregate()
    now.withLock { $0 += 8 * day }
    let error = #expect(throws: StoreError.self) {
      try Replay(store: work.store).run(
        from: .earliest, verify: true,
        onProgress: { _, _ in _ = try? Housekeeping.retain(work.store) })
    }
    #expect(error?.message.hasPrefix("retention has removed records meanwhile") == true)
  }
}
