// When a consumer tells of the end of a partition.

import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct EndTests {
  private let broker: PrivateBroker
  private let cluster: TestCluster

  init() throws {
    broker = try PrivateBroker()
    cluster = try TestCluster(broker.address)
  }

  /// A topic with three messages, and the marker of their transaction behind them.
  private func makePartition() throws -> TopicPartition {
    let topic = try cluster.makeTopic()
    let producer = try KafkaProducer(cluster.settings, transactionalID: topic)
    try producer.initTransactions()
    try producer.beginTransaction()
    try cluster.produce(
      (1...3).map { TestMessage("key", "\($0)") }, to: topic, partition: 0, with: producer)
    try producer.commitTransaction()
    return TopicPartition(topic, 0)
  }

  /// The first poll that brings messages; before it no end is told.
  private func firstMessages(_ consumer: KafkaConsumer) throws -> MessageBatch {
    let patience = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < patience {
      let batch = consumer.poll(countMax: 100, timeout: .milliseconds(20))
      if batch.messageCount > 0 { return batch }
      #expect(batch.ends.isEmpty)
    }
    throw KafkaFailure.passing("no messages")
  }

  @Test func theEndComesWithTheLastMessages() throws {
    let partition = try makePartition()
    let consumer = try KafkaConsumer(cluster.settings, group: "reader")
    try consumer.assign([partition: 0])
    let batch = try firstMessages(consumer)
    #expect(batch.messageCount == 3)
    #expect(batch.ends == [partition: 4])
  }

  @Test func anEndIsNotThatOfAnAssignmentBefore() throws {
    let partition = try makePartition()
    let consumer = try KafkaConsumer(cluster.settings, group: "reader")
    for _ in 0..<3 {
      try consumer.assign([partition: 0])
      #expect(try firstMessages(consumer).ends == [partition: 4])
    }
  }

  @Test func aPullIsNotDoneBeforeTheTopicIsProvedToBeTheOneOfBefore() {
    // Nothing was added: the position is where the pull is to end.
    var pulled = PulledPartition(
      position: PullPosition(TopicPartition("topic", 0), nextOffset: 10), stored: 10, target: 10)
    pulled.proof = LastRecord(offset: 9, timestamp: 1, hash: "00")
    #expect(!pulled.isDone)
    pulled.proof = nil
    #expect(pulled.isDone)
  }

  @Test func aMessageThatIsLeftIsNoEnd() throws {
    let partition = try makePartition()
    let consumer = try KafkaConsumer(cluster.settings, group: "reader")
    try consumer.assign([partition: 0])
    var offsets: [Int64] = []
    var end: Int64?
    let patience = ContinuousClock.now + .seconds(60)
    while end == nil, ContinuousClock.now < patience {
      let batch = consumer.poll(countMax: 1, timeout: .milliseconds(20))
      batch.forEach { offsets.append($0.offset) }
      end = batch.ends[partition]
      #expect(end == nil || offsets == [0, 1, 2])
    }
    #expect(end == 4)
  }
}
