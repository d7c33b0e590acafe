// What a member does with partitions it is given: which copies it may use, and what stops it.

import Aggregation
import LogStore
import Observations
import Testing

@testable import Workers

@Suite struct RestoringTests {
  private static func configuration(
    _ partitionCount: Int32, rule: AggregationRule = AggregationRule(),
    partitioner: ExpectedPartitioner = .any
  ) -> FoldTask.Configuration {
    FoldTask.Configuration(
      rule: rule, partitioner: partitioner, partitionCount: partitionCount,
      rawTopic: "raw_probes_results")
  }

  /// Topics that have been aggregated by one member; all records are in partition 0.
  private static func aggregated(
    partitionCount: Int32 = 1
  ) throws -> (ModelTopics, ModelMember, RawSample) {
    let sample = RawSample(seed: 5, count: 400, stationCount: 6)
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: partitionCount)
    for record in sample.records {
      topics.append(topics.names.raw, 0, key: record.station, value: record.value)
    }
    let member = try ModelMember(topics, configuration(partitionCount))
    try finish(member)
    return (topics, member, sample)
  }

  private static func finish(_ member: ModelMember, incarnation: String = "first") throws {
    let all = Array(0..<member.topics.partitionCount)
    try member.assign(raw: all, parts: all, incarnation: incarnation)
    repeat {
      try member.consume(max: 50)
      if member.hasUncommitted { _ = try member.commit() }
      try member.consume(max: 50)
    } while member.hasUncommitted
  }

  private static func code(_ body: () throws -> Void) -> WorkerFailure.Code? {
    do {
      try body()
      return nil
    } catch let failure as WorkerFailure {
      return failure.code
    } catch {
      Issue.record("\(error)")
      return nil
    }
  }

  @Test func aCompleteCopyIsNotReadAgain() throws {
    let (topics, member, _) = try Self.aggregated()
    let all = topics.rows(topics.names.state, 0).count + topics.rows(topics.names.parts, 0).count
    let again = try member.assign(raw: [0], parts: [0])
    try member.loseStore()
    #expect(try member.assign(raw: [0], parts: [0]) == Int64(all))
    // The last transaction's rows of the state topic, by which the copy is known again.
    #expect(again > 0)
    #expect(again < Int64(all) / 2)
  }

  @Test func aTopicThatWasMadeAnewIsNotTakenForTheCopys() throws {
    let (topics, member, sample) = try Self.aggregated()
    for topic in [
      topics.names.state, topics.names.parts, topics.names.hours, topics.names.stationHours,
    ] {
      topics.clear(topic)
    }
    // As long as the old one, and of the same form.
    let other = try ModelMember(topics, Self.configuration(1))
    try Self.finish(other, incarnation: "second")
    try Self.finish(member, incarnation: "third")
    var hours = PublishedHours()
    for row in topics.rows(topics.names.hours, 0) { hours.take(key: row.key, value: row.value) }
    #expect(try hours.csv(byStation: false) == sample.hoursOfOneProcess(byStation: false))
    let mark = try #require(try member.copy.mark(.fold, 0))
    #expect(FoldProgress(mark.progress)?.incarnation == "second")
  }

  @Test func aCopyOfATopicThatIsEmptyNowIsWiped() throws {
    let (topics, member, _) = try Self.aggregated()
    for topic in [topics.names.state, topics.names.parts] { topics.clear(topic) }
    try member.assign(raw: [0], parts: [0], incarnation: "second")
    #expect(member.folds[0]?.nextOffset == 0)
    #expect(member.folds[0]?.progress.acceptedCount == 0)
    #expect(try member.copy.mark(.fold, 0) == nil)
    #expect(try member.copy.mark(.merge, 0) == nil)
  }

  @Test func anotherClusterHasOtherTopics() throws {
    let (_, member, _) = try Self.aggregated()
    let elsewhere = LocalCopy(store: member.copy.store, group: "test", cluster: "elsewhere")
    #expect(try member.copy.mark(.fold, 0) != nil)
    #expect(try elsewhere.mark(.fold, 0) == nil)
  }

  @Test func anotherRuleIsRefused() throws {
    let (topics, _, _) = try Self.aggregated()
    let member = try ModelMember(
      topics, Self.configuration(1, rule: AggregationRule(quality: .all)))
    #expect(Self.code { try member.assign(raw: [0], parts: [0]) } == .ruleChanged)
  }

  @Test(arguments: [([0], []), ([], [0])] as [([Int32], [Int32])])
  func anotherNumberOfPartitionsIsRefused(raw: [Int32], parts: [Int32]) throws {
    let (topics, _, _) = try Self.aggregated()
    let member = try ModelMember(topics, Self.configuration(2))
    #expect(Self.code { try member.assign(raw: raw, parts: parts) } == .setup)
  }

  @Test func anInputThatWasMadeAnewIsRefused() throws {
    let (topics, member, _) = try Self.aggregated()
    topics.clear(topics.names.raw)
    #expect(Self.code { try member.assign(raw: [0], parts: []) } == .gap)
  }

  @Test func partsThatWereMadeAnewAloneAreRefused() throws {
    let (topics, member, _) = try Self.aggregated()
    topics.clear(topics.names.parts)
    #expect(Self.code { try member.assign(raw: [], parts: [0]) } == .damaged)
  }

  @Test(arguments: [false, true])
  func partsThatWereMadeAnewAreRefusedWithoutTheStoreToo(areFilled: Bool) throws {
    let (topics, member, _) = try Self.aggregated(partitionCount: 2)
    let end = topics.end(topics.names.parts, 0)
    topics.clear(topics.names.parts)
    if areFilled {
      // As another partition's fold would, up to where the merge was.
      for _ in 0..<end {
        topics.append(
          topics.names.parts, 0, key: PartKey.watermark(source: 1).bytes,
          value: PartWatermark.hour(1).bytes)
      }
    }
    try member.loseStore()
    #expect(Self.code { try member.assign(raw: [0], parts: [0]) } == .damaged)
  }

  /// A new fold's parts would begin at revision 1, and be passed over as older ones.
  @Test(arguments: [false, true])
  func stateThatWasMadeAnewAloneIsRefused(hasStore: Bool) throws {
    let (topics, member, _) = try Self.aggregated()
    topics.clear(topics.names.state)
    if !hasStore { try member.loseStore() }
    #expect(Self.code { try member.assign(raw: [0], parts: [0]) } == .damaged)
  }

  /// The brokers have lost the last transactions, which had been acknowledged.
  @Test(arguments: [1, 2, 5])
  func aCopyThatIsAheadOfTheTopicIsWiped(lostCount: Int) throws {
    let sample = RawSample(seed: 8, count: 300, stationCount: 4)
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: 1)
    for record in sample.records {
      topics.append(topics.names.raw, 0, key: record.station, value: record.value)
    }
    let member = try ModelMember(topics, Self.configuration(1))
    // As by markers of transactions that were not counted.
    member.rowOffsetLag = 1000
    try member.assign(raw: [0], parts: [0])
    var earlier: [ModelTopics.Snapshot] = []
    while true {
      try member.consume(max: 20)
      guard member.hasUncommitted else { break }
      earlier.append(topics.snapshot())
      _ = try member.commit()
    }
    topics.restore(earlier[earlier.count - lostCount])
    try Self.finish(member)
    for (topic, byStation) in [(topics.names.hours, false), (topics.names.stationHours, true)] {
      var hours = PublishedHours()
      for row in topics.rows(topic, 0) { hours.take(key: row.key, value: row.value) }
      #expect(try hours.csv(byStation: byStation) == sample.hoursOfOneProcess(byStation: byStation))
      #expect(hours.fallenRevisions.isEmpty)
    }
  }

  /// A busy partition is never read to its end.
  @Test func changesAreShownByTheTriggerBeforeTheEnd() throws {
    let station = Array("70001099999".utf8)
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: 1)
    for minute in 10..<14 {
      topics.append(
        topics.names.raw, 0, key: station,
        value: Array(
          #"{"STATION":"70001099999","DATE":"2022-06-24T08:\#(minute):00","TMP":"+0100,1"}"#.utf8))
    }
    let member = try ModelMember(topics, Self.configuration(1))
    try member.assign(raw: [0], parts: [0])
    func shown(_ topic: String) -> Int { topics.rows(topic, 0).count }
    try member.consume(max: 1)
    _ = try member.commit()
    #expect(shown(topics.names.stationHours) == 0)
    try member.consume(max: 1)
    _ = try member.commit(showsChanges: true)
    #expect(shown(topics.names.stationHours) == 1)
    try member.consume(max: 1)
    _ = try member.commit(showsChanges: true)
    #expect(shown(topics.names.stationHours) == 2)
    #expect(shown(topics.names.hours) == 1)
  }

  /// Of when it was received nothing is known, so that no time is too far ahead of it.
  @Test func aRecordWithoutTimestampIsNotTooFarAhead() throws {
    let sample = RawSample(seed: 5, count: 50, stationCount: 2)
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: 1)
    let member = try ModelMember(topics, Self.configuration(1))
    try member.assign(raw: [0], parts: [])
    let fold = try #require(member.folds[0])
    for (offset, record) in sample.records.enumerated() {
      try record.station.withUnsafeBytes { key in
        try record.value.withUnsafeBytes {
          try fold.fold(value: $0, offset: Int64(offset), timestamp: -1, key: key)
        }
      }
    }
    #expect(fold.progress.acceptedCount > 20)
    #expect(fold.progress.rejectedCounts[.tooFarAhead] == nil)
  }

  @Test(arguments: ["state", "parts"])
  func aForeignRecordIsNamed(which: String) throws {
    let (topics, member, _) = try Self.aggregated()
    let topic = which == "state" ? topics.names.state : topics.names.parts
    let offset = topics.end(topic, 0)
    topics.append(topic, 0, key: Array("fold/".utf8), value: [1])
    do {
      try member.assign(raw: [0], parts: [0])
      Issue.record("it was taken")
    } catch let failure as WorkerFailure {
      #expect(failure.code == .damaged)
      #expect(failure.message.contains("record \(offset) of \(topic), partition 0"))
    }
  }

  @Test(arguments: [ExpectedPartitioner.murmur2, .crc32])
  func aRecordInTheWrongPartitionStopsTheMember(partitioner: ExpectedPartitioner) throws {
    let sample = RawSample(seed: 1, count: 60, stationCount: 8)
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: 4)
    for record in sample.records {
      topics.append(topics.names.raw, 2, key: record.station, value: record.value)
    }
    let strict = try ModelMember(topics, Self.configuration(4, partitioner: partitioner))
    try strict.assign(raw: [2], parts: [])
    #expect(Self.code { try strict.consume(max: 100) } == .misplaced)
    let trusting = try ModelMember(topics, Self.configuration(4, partitioner: .any))
    try trusting.assign(raw: [2], parts: [])
    #expect(Self.code { try trusting.consume(max: 100) } == nil)
  }

  @Test func aKeyThatIsNotTheStationStopsTheMember() throws {
    let sample = RawSample(seed: 1, count: 60, stationCount: 8)
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: 1)
    for record in sample.records {
      topics.append(topics.names.raw, 0, key: Array("x".utf8), value: record.value)
    }
    let member = try ModelMember(topics, Self.configuration(1, partitioner: .murmur2))
    try member.assign(raw: [0], parts: [])
    #expect(Self.code { try member.consume(max: 100) } == .misplaced)
  }

  @Test func emptyPartitionsHoldNoHourBack() throws {
    // One station in one of seven partitions.
    let sample = RawSample(seed: 3, count: 300, stationCount: 1)
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: 7)
    for record in sample.records {
      topics.append(topics.names.raw, 5, key: record.station, value: record.value)
    }
    let member = try ModelMember(topics, Self.configuration(7))
    let all = Array(0..<7 as Range<Int32>)
    try member.assign(raw: all, parts: all)
    repeat {
      try member.consume(max: 50)
      if member.hasUncommitted { _ = try member.commit() }
      try member.consume(max: 50)
    } while member.hasUncommitted
    var hours = PublishedHours()
    for partition in all {
      for row in topics.rows(topics.names.hours, partition) {
        hours.take(key: row.key, value: row.value)
      }
    }
    // All but those that the watermark has not passed.
    #expect(hours.finalCount >= hours.count - 2)
    #expect(hours.finalCount < hours.count)
  }
}
