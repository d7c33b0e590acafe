// Groups of members over topics in memory: commits cut off, partitions moved, stores lost, topics
// compacted, at random. Whatever happened, the hours are those of a single process.

import Aggregation
import TestSupport
import Testing

@testable import Workers

@Suite struct GroupModelTests {
  private static func topics(_ sample: RawSample, _ partitionCount: Int32) throws -> ModelTopics {
    let topics = ModelTopics(try WorkerTopics(group: "test"), partitionCount: partitionCount)
    for record in sample.records {
      let partition = record.station.withUnsafeBytes {
        ExpectedPartitioner.murmur2.partition(of: $0, count: partitionCount)
      }
      topics.append(
        topics.names.raw, try #require(partition), key: record.station, value: record.value)
    }
    return topics
  }

  private static func configuration(_ partitionCount: Int32) -> FoldTask.Configuration {
    FoldTask.Configuration(
      rule: AggregationRule(), partitioner: .murmur2, partitionCount: partitionCount,
      rawTopic: "raw_probes_results")
  }

  private static func published(_ topics: ModelTopics, _ topic: String) -> PublishedHours {
    var hours = PublishedHours()
    for partition in 0..<topics.partitionCount {
      for row in topics.rows(topic, partition) { hours.take(key: row.key, value: row.value) }
    }
    return hours
  }

  private static func finish(_ member: ModelMember) throws {
    let all = Array(0..<member.topics.partitionCount)
    try member.assign(raw: all, parts: all)
    repeat {
      try member.consume(max: 1000)
      if member.hasUncommitted { _ = try member.commit() }
      try member.consume(max: 1000)
    } while member.hasUncommitted
  }

  private static func expectSameHours(
    _ sample: RawSample, _ topics: ModelTopics, _ comment: String
  ) throws {
    let hours = published(topics, topics.names.hours)
    let stationHours = published(topics, topics.names.stationHours)
    #expect(
      try hours.csv(byStation: false) == sample.hoursOfOneProcess(byStation: false), "\(comment)")
    #expect(
      try stationHours.csv(byStation: true) == sample.hoursOfOneProcess(byStation: true),
      "\(comment)")
    #expect(hours.fallenRevisions.isEmpty, "\(comment)")
    #expect(stationHours.fallenRevisions.isEmpty, "\(comment)")
  }

  @Test(arguments: [1, 4, 7] as [Int32])
  func oneMemberGivesTheHoursOfOneProcess(partitionCount: Int32) throws {
    let sample = RawSample(seed: 1, count: 2000, stationCount: 9)
    let topics = try Self.topics(sample, partitionCount)
    try Self.finish(try ModelMember(topics, Self.configuration(partitionCount)))
    try Self.expectSameHours(sample, topics, "\(partitionCount) partitions")
    #expect(Self.published(topics, topics.names.hours).finalCount > 0)
  }

  @Test(arguments: SeededGenerator.seeds(60))
  func whateverIsCutOffMovedOrLostTheHoursAreTheSame(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let partitionCount: Int32 = [1, 4, 7].randomElement(using: &random) ?? 1
    let sample = RawSample(
      seed: seed, count: 600, stationCount: Int.random(in: 1...12, using: &random))
    let topics = try Self.topics(sample, partitionCount)
    let members = try (0..<3).map { _ in
      try ModelMember(topics, Self.configuration(partitionCount))
    }
    var faultCount = 0
    try Self.rebalance(members, partitionCount, &random)
    for _ in 0..<80 {
      guard let member = members.randomElement(using: &random) else { continue }
      switch Int.random(in: 0..<12, using: &random) {
      case 0:
        try Self.rebalance(members, partitionCount, &random)
        faultCount += 1
      case 1:
        for topic in [topics.names.state, topics.names.parts] { topics.compact(topic, &random) }
      case 2 where random.oneIn(3):
        try member.loseStore()
        try Self.rebalance(members, partitionCount, &random)
        faultCount += 1
      default:
        try member.consume(max: Int.random(in: 0...30, using: &random))
        let crash: ModelMember.Crash =
          random.oneIn(5)
          ? ModelMember.Crash.allCases.randomElement(using: &random) ?? .none : .none
        if member.hasUncommitted, try !member.commit(crash, showsChanges: random.oneIn(3)) {
          faultCount += 1
          try Self.rebalance(members, partitionCount, &random)
        }
      }
    }
    try Self.finish(members[0])
    #expect(faultCount > 0, "seed \(seed): nothing was tried")
    try Self.expectSameHours(sample, topics, "seed \(seed)")
  }

  private static func rebalance(
    _ members: [ModelMember], _ partitionCount: Int32, _ random: inout SeededGenerator
  ) throws {
    var raw = [[Int32]](repeating: [], count: members.count)
    var parts = raw
    for partition in 0..<partitionCount {
      raw[Int.random(in: 0..<members.count, using: &random)].append(partition)
      parts[Int.random(in: 0..<members.count, using: &random)].append(partition)
    }
    for member in members { member.drop() }
    for (index, member) in members.enumerated() {
      try member.assign(raw: raw[index], parts: parts[index])
    }
  }
}
