// The topics of a group on a real broker: how they must be, and what else may be in them.

import CRdKafka
import Foundation
import LogStore
import Synchronization
import TestSupport
import Testing

@testable import KafkaSync
@testable import Workers

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "needs noida-db: see tools/test"))
struct GroupTopicsTests {
  private let group: BrokerGroup

  init() throws {
    group = try BrokerGroup(
      RawSample(seed: 5, count: 200, stationCount: 3), partitionCount: 2)
  }

  private func failure(_ body: () throws -> Void) -> WorkerFailure? {
    do {
      try body()
      return nil
    } catch {
      #expect(error is WorkerFailure, "\(error)")
      return error as? WorkerFailure
    }
  }

  private static func addPartitions(
    _ topic: String, to count: Int, _ settings: KafkaSettings
  ) throws {
    let handle = try KafkaHandle(.producer, settings, [:])
    let queue = rd_kafka_queue_new(handle.pointer)
    defer { rd_kafka_queue_destroy(queue) }
    var partitions = rd_kafka_NewPartitions_new(topic, count, nil, 0)
    defer { rd_kafka_NewPartitions_destroy(partitions) }
    rd_kafka_CreatePartitions(handle.pointer, &partitions, 1, nil, queue)
    let event = try #require(rd_kafka_queue_poll(queue, 20_000))
    rd_kafka_event_destroy(event)
  }

  private func prepare() throws -> Int32 {
    try TopicSetup(topics: group.topics, onEvent: { _ in }).prepare(KafkaCluster(group.settings))
  }

  @Test func aTopicThatForgetsIsRefused() throws {
    let cluster = try KafkaCluster(group.settings)
    for (which, policy) in [("parts", "delete"), ("state", "compact,delete")] {
      let topics = try WorkerTopics(group: which)
      let name = which == "parts" ? topics.parts : topics.state
      try cluster.createTopic(
        name, partitions: 2, settings: ["cleanup.policy": policy, "retention.ms": "1000"])
      let failure = failure {
        _ = try TopicSetup(topics: topics, onEvent: { _ in }).prepare(cluster)
      }
      #expect(failure?.code == .setup)
      #expect(failure?.message.contains("\(name) has cleanup.policy=\(policy)") == true)
    }
  }

  @Test func whatWasMadeIsThereAndTakenTheNextTime() throws {
    #expect(try prepare() == 2)
    let found = try KafkaCluster(group.settings).metadata().topics
    #expect(found[group.topics.parts] == 2)
    #expect(found[group.topics.state] == 2)
    #expect(try prepare() == 2)
  }

  @Test func partitionsThatAreAddedToTheInputAreNamed() throws {
    // The group looks for new partitions at once, and not after five minutes.
    let settings = group.settings.with(["topic.metadata.refresh.interval.ms": "500"])
    let raw = group.topics.raw
    let hasAdded = Mutex(false)
    let started = ContinuousClock.now
    var options = try WorkerOptions()
    options.shouldStop = { ContinuousClock.now - started > .seconds(120) }
    options.onStep = { step in
      guard step == .restored, !hasAdded.withLock({ $0 }) else { return }
      hasAdded.withLock { $0 = true }
      try Self.addPartitions(raw, to: 3, settings)
    }
    let store = try LogStore.open(
      group.folder.appendingPathComponent("a.store").path, StoreOptions(durability: .relaxed))
    defer { store.close() }
    let failure = failure {
      _ = try Worker(settings, group.topics, options, store: store).run()
    }
    #expect(failure?.code == .setup)
    #expect(
      failure?.message.contains("\(raw) has 3: both must have as many") == true,
      "\(String(describing: failure))")
  }

  /// Else taking a partition over would wait without a word, and without end.
  @Test func aTransactionOfSomebodyElseThatStaysOpenIsTold() throws {
    _ = try prepare()
    let producer = try KafkaProducer(group.settings, transactionalID: "somebody")
    try producer.initTransactions()
    try producer.beginTransaction()
    let row = PartKey.watermark(source: 0).bytes
    try row.withUnsafeBytes {
      try producer.produce(
        topic: group.topics.parts, partition: 0, key: $0, value: $0, timestamp: 0)
    }
    // Known by its place at the brokers once it has been confirmed.
    try producer.flush()
    let reader = try ConsumerReader(group.settings) {}
    defer { reader.close() }
    reader.silence = .seconds(1)
    let parts = group.topics.parts
    #expect {
      _ = try reader.read(parts, 0, from: nil) { _, _, _ in }
    } throws: {
      let failure = $0 as? KafkaFailure
      return failure?.kind == .transient && failure?.words.contains("still open") == true
    }
    try producer.abortTransaction()
    #expect(try reader.read(parts, 0, from: nil) { _, _, _ in } > 0)
  }

  /// The copy is read on from its last transaction, however many there were.
  @Test func aCopyIsReadOnFromItsLastTransaction() throws {
    nonisolated(unsafe) let group = group
    try group.load(40)
    let first = try group.runMember("a.store") { step in
      if step == .copied, !group.isLoaded { try group.load(40) }
    }
    #expect(first.commitCount >= 5)
    #expect(first.recordCount == 200)
    let all = try rowCount(group.topics.state)
    let again = try group.runMember("a.store")
    #expect(again.recordCount == 0)
    #expect(again.restoredRowCount > 0)
    #expect(again.restoredRowCount < all / 2, "\(again.restoredRowCount) of \(all)")
  }

  private func rowCount(_ topic: String) throws -> Int64 {
    var count: Int64 = 0
    let reader = try ConsumerReader(group.settings) {}
    defer { reader.close() }
    for partition in 0..<2 as Range<Int32> {
      _ = try reader.read(topic, partition, from: nil) { _, _, _ in count += 1 }
    }
    return count
  }

  /// As at a restart, where it is read again.
  @Test func aRowWithoutValueIsNamedWhileAMemberRuns() throws {
    try group.load()
    let hasSent = Mutex(false)
    nonisolated(unsafe) let producer = try KafkaProducer(group.settings, transactionalID: nil)
    let parts = group.topics.parts
    let failure = failure {
      try group.runMember("a.store") { step in
        guard step == .copied, !hasSent.withLock({ $0 }) else { return }
        hasSent.withLock { $0 = true }
        try PartKey.watermark(source: 0).bytes.withUnsafeBytes {
          try producer.produce(topic: parts, partition: 0, key: $0, value: nil, timestamp: 0)
        }
        try producer.flush()
      }
    }
    #expect(failure?.code == .damaged)
    #expect(failure?.message.contains("of \(parts), partition 0") == true)
  }
}
