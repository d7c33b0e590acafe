// Pulls from a real broker.

import CRdKafka
import Foundation
import LogStore
import Synchronization
import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct PullTests {
  private let broker: PrivateBroker
  private let cluster: TestCluster
  private let local: PullStore

  init() throws {
    broker = try PrivateBroker()
    cluster = try TestCluster(broker.address)
    local = try PullStore()
  }

  private func messages(_ range: Range<Int>) -> [TestMessage] {
    range.map { TestMessage("k\($0 % 7)", "value \($0)") }
  }

  private func refusal(_ body: () throws -> Void) -> PullRefused? {
    do {
      try body()
      return nil
    } catch { return error as? PullRefused }
  }

  @Test func recordsArriveByteForByteAndKnowWhereTheyAreFrom() throws {
    let topic = try cluster.makeTopic(partitions: 3)
    var odd: [TestMessage] = [
      TestMessage(nil, "no key"), TestMessage("", "empty key"), TestMessage("tombstone", nil),
      TestMessage("b", ""), TestMessage("\u{E9}\0", "\0\u{FF}"),
    ]
    odd[1].headers = [
      TestMessage.Header(name: "h", value: Array("x".utf8)),
      TestMessage.Header(name: "h", value: nil), TestMessage.Header(name: "", value: []),
    ]
    odd[2].timestamp += 86_400_000 * 365
    for partition in 0..<3 { try cluster.produce(odd, to: topic, partition: Int32(partition)) }
    try cluster.produce(messages(0..<5000), to: topic)
    let summary = try local.pull(cluster, topic) { $0.recordsPerCommit = 700 }
    #expect(summary.recordCount == 5015)
    #expect(summary.commitCount > 1)
    #expect(summary.lag == 0)
    try local.expectSame(topic, cluster)
    // Each transaction's records are in the order of their partitions.
    let key = Array(topic.utf8)
    try local.store.read { view in
      try view.forEachState(group: KafkaOrigins.group, key: key) { _, _, value in
        let runs = String(decoding: value, as: UTF8.self).split(separator: "\n").compactMap {
          OriginRun($0)
        }
        #expect(runs.map(\.partition) == runs.map(\.partition).sorted())
      }
    }
  }

  @Test func onlyWhatIsNewComesTheNextTime() throws {
    let topics = [try cluster.makeTopic(partitions: 2), try cluster.makeTopic()]
    for round in 0..<3 {
      for topic in topics {
        try cluster.produce(messages(round * 100..<round * 100 + 100), to: topic)
      }
      #expect(try local.pull(cluster, topics[0], topics[1]).recordCount == 200)
      #expect(try local.pull(cluster, topics[0], topics[1]).recordCount == 0)
    }
    for topic in topics { try local.expectSame(topic, cluster) }
  }

  @Test func whatWasAbortedIsNotPulledAndHolesAreNoLag() throws {
    let topic = try cluster.makeTopic(partitions: 2)
    for round in 0..<6 {
      // A producer of its own each: noida-db 0.2.3 tells who reads from the middle of a partition of
      // transactions that were aborted before it too, and librdkafka then leaves out all that the same
      // producer has written since.
      let producer = try KafkaProducer(cluster.settings, transactionalID: "\(topic)-\(round)")
      try producer.initTransactions()
      try producer.beginTransaction()
      try cluster.produce(messages(round * 10..<round * 10 + 10), to: topic, with: producer)
      if round % 2 == 0 {
        try producer.commitTransaction()
      } else {
        try producer.flush()
        try producer.abortTransaction()
      }
      // In pieces and at once: proof of the last record goes over holes too.
      if round != 2 { #expect(try local.pull(cluster, topic).lag == 0) }
    }
    try local.expectSame(topic, cluster)
    let count = try local.store.read { try $0.topic(topic).recordCount }
    #expect(count == 30)
    let lags = try local.store.read { try PullPosition.all(of: topic, $0).map(\.lag) }
    #expect(lags == [0, 0])
  }

  @Test func beginningIsAMatterOfTheFirstTime() throws {
    let topic = try cluster.makeTopic()
    var early = messages(0..<10)
    for index in early.indices { early[index].timestamp = TestCluster.recentTime(index - 20) }
    var late = messages(10..<20)
    for index in late.indices { late[index].timestamp = TestCluster.recentTime(index) }
    try cluster.produce(early + late, to: topic)
    #expect(
      refusal { _ = try local.pull(cluster, topic) { $0.start = .stored } }?.reason == .start)
    let time = TestCluster.recentTime(0)
    #expect(try local.pull(cluster, topic) { $0.start = .time(time) }.recordCount == 10)
    let values = try PullStore.records(of: topic, in: local.store)[0]?.map(\.message) ?? []
    #expect(values == late)
    for start in [PullOptions.Start.beginning, .time(time)] {
      let refused = refusal { _ = try local.pull(cluster, topic) { $0.start = start } }
      #expect(refused?.reason == .start)
      #expect(refused?.description.contains("up to offset 20") == true)
    }
    #expect(try local.pull(cluster, topic) { $0.start = .stored }.recordCount == 0)
  }

  @Test func aTopicThatTheStoreSendsItselfIsRefused() throws {
    let topic = try cluster.makeTopic()
    try local.store.write {
      try $0.createTopic(topic)
      try $0.save(Checkpoint(group: "kafka.main", topic: topic, fingerprint: ""))
    }
    #expect(refusal { _ = try local.pull(cluster, topic) }?.reason == .ownTopic)
  }

  @Test func recordsThatHaveExpiredAreAGapThatIsRecorded() throws {
    let topic = try cluster.makeTopic(partitions: 2)
    try cluster.produce(messages(0..<10), to: topic, partition: 0)
    try cluster.produce(messages(0..<10), to: topic, partition: 1)
    _ = try local.pull(cluster, topic)
    try cluster.produce(messages(10..<30), to: topic, partition: 1)
    try cluster.deleteRecords(topic, partition: 1, before: 25)
    let refused = refusal { _ = try local.pull(cluster, topic) }
    #expect(refused?.reason == .gap)
    #expect(
      refused?.description.contains("\(topic)[1]: offsets 10 to 24, 15 in all") == true)
    let summary = try local.pull(cluster, topic) { $0.acceptsGaps = true }
    let gap = KafkaGap(partition: TopicPartition(topic, 1), offsets: 10..<25)
    #expect(summary.gaps == [gap])
    #expect(summary.recordCount == 5)
    #expect(try local.store.read { try KafkaOrigins.gaps(topic, $0) } == [gap])
    let found = try PullStore.records(of: topic, in: local.store)[1]?.map(\.offset)
    #expect(found == Array(0..<10) + Array(25..<30))
    #expect(try local.pull(cluster, topic).recordCount == 0)
    #expect(try local.store.read { try KafkaOrigins.gaps(topic, $0) } == [gap])
  }

  @Test(arguments: [5, 10, 11, 40])
  func aTopicThatWasMadeAnewIsRefused(_ count: Int) throws {
    let topic = try cluster.makeTopic()
    try cluster.produce(messages(0..<10), to: topic)
    _ = try local.pull(cluster, topic)
    try cluster.deleteTopic(topic)
    #expect(throws: KafkaFailure.self) { _ = try local.pull(cluster, topic) }
    try KafkaCluster(cluster.settings).createTopic(
      topic, partitions: 1, replication: 1, settings: [:])
    try cluster.produce(messages(100..<100 + count), to: topic)
    let refused = refusal { _ = try local.pull(cluster, topic) { $0.acceptsGaps = true } }
    #expect(refused?.reason == .otherHistory)
    #expect(try local.store.read { try $0.topic(topic).recordCount } == 10)
  }

  @Test func fewerPartitionsThanBeforeAreAnotherTopicAndMoreAreNot() throws {
    let topic = try cluster.makeTopic(partitions: 2)
    try cluster.produce(messages(0..<10), to: topic)
    _ = try local.pull(cluster, topic)
    try cluster.addPartitions(topic, to: 3)
    try cluster.produce(messages(10..<15), to: topic, partition: 2)
    #expect(try local.pull(cluster, topic).recordCount == 5)
    try local.expectSame(topic, cluster)
    try cluster.deleteTopic(topic)
    try KafkaCluster(cluster.settings).createTopic(
      topic, partitions: 1, replication: 1, settings: [:])
    #expect(refusal { _ = try local.pull(cluster, topic) }?.reason == .otherHistory)
  }

  @Test func whatHasExpiredOfAnAddedPartitionIsAGap() throws {
    let topic = try cluster.makeTopic()
    try cluster.produce(messages(0..<10), to: topic)
    _ = try local.pull(cluster, topic)
    try cluster.addPartitions(topic, to: 2)
    try cluster.produce(messages(10..<20), to: topic, partition: 1)
    try cluster.deleteRecords(topic, partition: 1, before: 5)
    let refused = refusal { _ = try local.pull(cluster, topic) }
    #expect(refused?.reason == .gap)
    let gap = KafkaGap(partition: TopicPartition(topic, 1), offsets: 0..<5)
    let summary = try local.pull(cluster, topic) { $0.acceptsGaps = true }
    #expect(summary.gaps == [gap])
    #expect(summary.recordCount == 5)
    #expect(try local.store.read { try KafkaOrigins.gaps(topic, $0) } == [gap])
  }

  @Test func aPartitionThatIsAddedWhileAPullFollowsIsPulled() throws {
    let topic = try cluster.makeTopic()
    try cluster.produce(messages(0..<10), to: topic)
    let seen = Mutex<Int64>(0)
    var hasAdded = false
    let start = ContinuousClock.now
    let summary = try local.pull(cluster, topic) {
      $0.follows = true
      $0.partitionPeriod = .milliseconds(200)
    } shouldStop: {
      // Never silent.
      try? cluster.produce([TestMessage("k", "more")], to: topic, partition: 0)
      if !hasAdded, seen.withLock({ $0 }) >= 10 {
        hasAdded = true
        try? cluster.addPartitions(topic, to: 2)
        try? cluster.produce(messages(10..<20), to: topic, partition: 1)
      }
      let isThere = seen.withLock { $0 } < 0
      return isThere || ContinuousClock.now - start > .seconds(40)
    } tell: {
      guard case .committed(let summary) = $0 else { return }
      let added = summary.partitions[TopicPartition(topic, 1)]?.nextOffset ?? 0
      seen.withLock { $0 = added == 10 ? -1 : summary.recordCount }
    }
    #expect(summary.partitions[TopicPartition(topic, 1)]?.nextOffset == 10)
    #expect(
      try PullStore.records(of: topic, in: local.store)[1]?.map(\.message) == messages(10..<20))
  }

  @Test func ofTwoPullsAtOnceTheLoserStopsAndNothingIsDoubled() async throws {
    let topic = try cluster.makeTopic(partitions: 3)
    try cluster.produce(messages(0..<20_000), to: topic)
    let (path, cluster) = (local.folder + "/test.store", cluster)
    let ends = await withTaskGroup(of: String.self) { group in
      for _ in 0..<3 {
        group.addTask {
          do {
            let store = try LogStore.open(path)
            defer { store.close() }
            _ = try PullStore.pull(store, cluster, [topic]) { $0.recordsPerCommit = 500 }
            return "done"
          } catch let error as StoreError where error.code == .fenced {
            return "fenced"
          } catch { return "\(error)" }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(ends).isSubset(of: ["done", "fenced"]), "\(ends)")
    _ = try local.pull(cluster, topic)
    try local.expectSame(topic, cluster)
  }

  @Test func aPullThatFollowsFlushesOnceWhenNothingComesAndEndsWhenAsked() throws {
    let topic = try cluster.makeTopic()
    try cluster.produce(messages(0..<10), to: topic)
    let flushes = Mutex(0)
    let start = ContinuousClock.now
    var seen: Int64 = 0
    let rules = PullRules(flush: { _, _ in
      flushes.withLock { $0 += 1 }
      let builder = RecordBatchBuilder()
      builder.append(kind: .control, eventTime: 0, key: Array("flush".utf8), value: [])
      return builder.take()
    })
    var hasSentMore = false
    let summary = try local.pull(cluster, topic, rules: rules) {
      $0.follows = true
      $0.idleTime = .milliseconds(300)
    } shouldStop: {
      let count = flushes.withLock { $0 }
      if count == 1, !hasSentMore {
        hasSentMore = true
        try? cluster.produce(messages(10..<20), to: topic)
      }
      return (count == 2 && ContinuousClock.now - start > .seconds(2))
        || ContinuousClock.now - start > .seconds(30)
    } tell: {
      if case .committed(let summary) = $0 { seen = summary.recordCount }
    }
    #expect(summary.wasInterrupted)
    #expect(seen == 20)
    #expect(summary.flushCount == 2)
    #expect(flushes.withLock { $0 } == 2)
    try local.expectSame(topic, cluster)
  }

  @Test func aBrokerThatIsAwayForAWhileCostsNothing() throws {
    let topic = try cluster.makeTopic(partitions: 2)
    try cluster.produce(messages(0..<100), to: topic)
    _ = try local.pull(cluster, topic)
    broker.stop()
    let retries = Mutex(0)
    let summary = try local.pull(
      cluster, topic,
      tell: { event in
        guard case .retries = event else { return }
        if retries.withLock({ count in
          count += 1
          return count
        }) == 3 {
          #expect(throws: Never.self) { try broker.start() }
        }
      })
    #expect(retries.withLock { $0 } >= 3)
    #expect(summary.retryCount == retries.withLock { $0 })
    try local.expectSame(topic, cluster)
    broker.stop()
    #expect(throws: KafkaFailure.self) {
      try local.pull(cluster, topic) { $0.patience = .milliseconds(100) }
    }
  }

  @Test func retentionTakesTheOriginsAlong() throws {
    let topic = try cluster.makeTopic()
    _ = try local.store.write {
      try $0.createTopic(topic, retention: Retention(milliseconds: nil, bytes: 0))
    }
    for round in 0..<4 {
      try cluster.produce(messages(round * 10..<round * 10 + 10), to: topic)
      _ = try local.pull(cluster, topic)
    }
    func rows() throws -> Int {
      var count = 0
      try local.store.read {
        try $0.forEachState(group: KafkaOrigins.group, key: Array(topic.utf8)) { _, _, _ in
          count += 1
        }
      }
      return count
    }
    #expect(try rows() == 4)
    let later = try LogStore.open(
      local.folder + "/test.store",
      StoreOptions(
        mode: .existing,
        clock: .fixed(
          milliseconds: WallClock.system.nowMilliseconds() + 2 * Limits.segmentMilliseconds)))
    try cluster.produce(messages(40..<50), to: topic)
    _ = try PullStore.pull(later, cluster, [topic])
    _ = try later.write { try $0.retain(at: $0.time) }
    #expect(try later.read { try $0.topic(topic).startOffset } == Offset(40))
    try cluster.produce(messages(50..<60), to: topic)
    _ = try PullStore.pull(later, cluster, [topic])
    later.close()
    #expect(try rows() == 2)
    let origin = try local.store.read { try KafkaOrigins.find(topic, Offset(45), $0) }
    #expect(origin?.offset == 45)
  }
}
