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

  /// A topic of one partition that has been aggregated by one member.
  private static func aggregated() throws -> (ModelTopics, ModelMember, RawSample) {
    let sample = RawSample(seed: 5, count: 400, stationCount: 6)
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: 1)
    for record in sample.records {
      topics.append(topics.names.raw, 0, key: record.station, value: record.value)
    }
    let member = try ModelMember(topics, configuration(1))
    try finish(member)
    return (topics, member, sample)
  }

  private static func finish(_ member: ModelMember, incarnation: String = "first") throws {
    try member.assign(raw: [0], parts: [0], incarnation: incarnation)
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
