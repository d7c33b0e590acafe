// What control records of live sources do to the hours, and that replays and resets repeat it.

import Aggregation
import LogStore
import Observations
import Synchronization
import Testing

@testable import Pipeline

@Suite struct ControlRecordTests {
  private static let rule = AggregationRule(allowedLatenessSeconds: 0)

  /// Appends the observations of a station at these minutes, then what a listener decided.
  private func append(
    _ minutes: [Int], _ control: ControlRecord?, to work: Workspace
  ) throws {
    let builder = RecordBatchBuilder()
    for minute in minutes {
      let value =
        #"{"STATION":"1","DATE":"\#(CSV.date(minute: minute))","TMP":"\#(CSV.text(minute % 300))"}"#
      builder.append(
        kind: .data, eventTime: 1_654_041_600_000 + Int64(minute) * 60_000, key: Array("1".utf8),
        value: Array(value.utf8))
    }
    if let control {
      builder.append(kind: .control, eventTime: 0, key: control.key, value: control.value)
    }
    try work.store.write { transaction in
      try RawTopic.register(in: transaction)
      if let batch = builder.take() { try transaction.append(batch, to: TopicName.raw) }
    }
  }

  private func idle(minute: Int) -> ControlRecord {
    .idle(seconds: 1_654_041_600 + Int64(minute) * 60)
  }

  @Test func anIdleSourceMakesItsHoursFinalAndLaterOnesLate() throws {
    let work = try Workspace()
    try append([50, 61], .trigger, to: work)
    #expect(try work.aggregate(Self.rule).progress.rejectedCount == 0)
    try append([], idle(minute: 61), to: work)
    try append([59, 62], .trigger, to: work)
    let progress = try work.aggregate(Self.rule).progress
    // 00:59 is of an hour that ended before 01:01; with half an hour's delay alone it would have counted.
    #expect(progress.rejectedCounts == [.tooLate: 1])
    #expect(progress.clock.idleSeconds == Int64(1_654_041_600 + 61 * 60))
    let hours = try work.records(TopicName.hourly).map {
      String(decoding: $0.value ?? [], as: UTF8.self)
    }
    #expect(hours.filter { $0.contains(#""final":true"#) }.count == 1)
  }

  @Test func replaysAndResetsFromAnywhereKnowOfIdleSources() throws {
    let work = try Workspace()
    for hour in 0..<6 {
      let minute = hour * 60
      try append([minute + 1, minute + 30, minute + 31], .trigger, to: work)
      try append([], idle(minute: minute + 65), to: work)
      // Late by the idle record alone.
      try append([minute + 50, minute + 66], hour % 2 == 0 ? .trigger : nil, to: work)
    }
    let progress = try work.aggregate(Self.rule).progress
    #expect(progress.rejectedCounts[.tooLate] ?? 0 >= 6)
    let hash = try work.hash()
    let end = try work.store.read { try $0.topic(TopicName.raw).nextOffset }
    for offset in 0...end.rawValue {
      let report = try Replay(store: work.store).run(from: .offset(offset), verify: true)
      #expect(report.differences == [], "from \(offset)")
    }
    for offset in stride(from: end.rawValue, through: 0, by: -3) {
      _ = try GroupReset.run(
        group: GroupName.hourly, to: .offset(offset), in: work.store, isRehearsal: false)
      #expect(try work.aggregate(Self.rule).progress.clock == progress.clock, "to \(offset)")
      #expect(try work.hash() == hash, "to \(offset)")
    }
  }

  @Test func whatRetentionHasTakenIsStillKnownOfIdleSources() throws {
    let day: Int64 = 86_400_000
    let now = Mutex<Int64>(20_000 * day)
    let work = try Workspace(clock: WallClock { now.withLock { $0 } })
    try append([50, 61], idle(minute: 61), to: work)
    try work.aggregate(Self.rule)
    now.withLock { $0 += 8 * day }
    try append([59, 62], .trigger, to: work)
    let progress = try work.aggregate(Self.rule).progress
    #expect(progress.rejectedCounts == [.tooLate: 1])
    try Housekeeping.retain(work.store)
    #expect(try work.store.read { try $0.topic(TopicName.raw).startOffset } == Offset(3))
    _ = try GroupReset.run(
      group: GroupName.hourly, to: .earliest, in: work.store, isRehearsal: false)
    #expect(try work.aggregate(Self.rule).progress.rejectedCounts == [.tooLate: 1])
  }

  @Test func aControlRecordOfAnUnknownKindIsNotPassedOver() throws {
    let work = try Workspace()
    try append([1], .trigger, to: work)
    let builder = RecordBatchBuilder()
    builder.append(kind: .control, eventTime: 0, key: Array("tomorrow".utf8), value: [])
    try work.store.write { transaction in
      if let batch = builder.take() { try transaction.append(batch, to: TopicName.raw) }
    }
    let error = #expect(throws: StoreError.self) { try work.aggregate() }
    #expect(error?.code == .damaged && error?.description.contains("record 2 of") == true)
  }
}
