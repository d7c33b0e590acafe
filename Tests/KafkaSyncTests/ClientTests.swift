// The client beside real and mocked brokers.

import CRdKafka
import Foundation
import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct ClientTests {
  private let broker: PrivateBroker
  private let cluster: TestCluster

  init() throws {
    broker = try PrivateBroker()
    cluster = try TestCluster(broker.address)
  }

  @Test func messagesArriveByteForByte() throws {
    let topic = try cluster.makeTopic(partitions: 3)
    var messages: [TestMessage] = [
      TestMessage("a", "1"), TestMessage(nil, "no key"), TestMessage("", "empty key"),
      TestMessage("tombstone", nil), TestMessage("b", ""), TestMessage("\u{E9}\0", "\0\u{FF}"),
    ]
    messages[0].timestamp = 1
    messages[1].headers = [
      TestMessage.Header(name: "h", value: Array("x".utf8)),
      TestMessage.Header(name: "h", value: nil), TestMessage.Header(name: "", value: []),
    ]
    for partition in 0..<3 { try cluster.produce(messages, to: topic, partition: Int32(partition)) }
    let found = try cluster.read(topic)
    for partition in 0..<3 {
      #expect(found[Int32(partition)]?.map(\.message) == messages)
      #expect(found[Int32(partition)]?.map(\.offset) == Array(0..<6))
    }
  }

  @Test func keysGoWhereJavaPutsThem() throws {
    let topic = try cluster.makeTopic(partitions: 7)
    // Of Kafka's own tests of murmur2: UtilsTest.java.
    let hashes: [(String, Int32)] = [
      ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
      ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
    ]
    try cluster.produce(hashes.map { TestMessage($0.0, $0.0) }, to: topic)
    let found = try cluster.read(topic)
    for (key, hash) in hashes {
      let partition = (hash & Int32.max) % 7
      let isThere = found[partition]?.contains { $0.message == TestMessage(key, key) } == true
      #expect(isThere, "\(key) belongs to partition \(partition); there are \(found)")
    }
  }

  @Test func onlyCommittedTransactionsAreRead() throws {
    let topic = try cluster.makeTopic()
    let producer = try KafkaProducer(cluster.settings, transactionalID: "t")
    try producer.initTransactions()
    try producer.beginTransaction()
    try cluster.produce([TestMessage("a", "1"), TestMessage("b", "2")], to: topic, with: producer)
    try producer.commitTransaction()
    try producer.beginTransaction()
    try cluster.produce([TestMessage("a", "never")], to: topic, with: producer)
    try producer.abortTransaction()
    try producer.beginTransaction()
    try cluster.produce([TestMessage("c", "3")], to: topic, with: producer)
    // A new producer of the same id ends what the old one has left open.
    let second = try KafkaProducer(cluster.settings, transactionalID: "t")
    try second.initTransactions()
    #expect(throws: KafkaFailure.self) { try producer.commitTransaction() }
    try second.beginTransaction()
    try cluster.produce([TestMessage("d", "4")], to: topic, with: second)
    try second.commitTransaction()
    #expect(
      try cluster.read(topic)[0]?.map(\.message)
        == [TestMessage("a", "1"), TestMessage("b", "2"), TestMessage("d", "4")])
  }

  @Test func topicsAreMadeAndTold() throws {
    let admin = try KafkaCluster(cluster.settings)
    let topic = TestCluster.uniqueName()
    #expect(
      try admin.createTopic(
        topic, partitions: 4, replication: 1, settings: ["retention.ms": "604800000"]))
    #expect(
      try !admin.createTopic(topic, partitions: 4, replication: 1, settings: [:]))
    let metadata = try admin.metadata()
    #expect(metadata.topics[topic] == 4)
    #expect(metadata.brokers.map(\.port) == [Int32(broker.port)])
    #expect(try admin.settings(ofTopic: topic)["retention.ms"] == "604800000")
  }

  @Test func membersOfAGroupShareItsPartitions() throws {
    let topic = try cluster.makeTopic(partitions: 4)
    let group = TestCluster.uniqueName("group")
    let first = try KafkaConsumer(cluster.settings, group: group)
    try first.subscribe([topic])
    var held: [Int: [TopicPartition]] = [:]
    func serve(_ consumer: KafkaConsumer, _ index: Int) throws {
      _ = consumer.poll(countMax: 10, timeout: .milliseconds(50))
      for change in consumer.takeGroupChanges() {
        switch change {
        case .assigned(let partitions):
          held[index] = partitions
          try consumer.assign(
            Dictionary(uniqueKeysWithValues: partitions.map { ($0, KafkaOffset.beginning) }))
        case .revoked, .lost:
          held[index] = nil
          try consumer.unassign()
        }
      }
    }
    let patience = ContinuousClock.now + .seconds(60)
    while held[0]?.count != 4, ContinuousClock.now < patience { try serve(first, 0) }
    let second = try KafkaConsumer(cluster.settings, group: group)
    try second.subscribe([topic])
    while held[0]?.count != 2 || held[1]?.count != 2, ContinuousClock.now < patience {
      try serve(first, 0)
      try serve(second, 1)
    }
    #expect(Set((held[0] ?? []) + (held[1] ?? [])).count == 4)
    second.close()
    while held[0]?.count != 4, ContinuousClock.now < patience { try serve(first, 0) }
    #expect(held[0]?.count == 4)
  }

  @Test func offsetsAreCommittedWithATransaction() throws {
    let topic = try cluster.makeTopic(partitions: 2)
    try cluster.produce([TestMessage("a", "1")], to: topic, partition: 0)
    let group = TestCluster.uniqueName("group")
    let consumer = try KafkaConsumer(cluster.settings, group: group)
    try consumer.subscribe([topic])
    let patience = ContinuousClock.now + .seconds(60)
    var isAssigned = false
    while !isAssigned, ContinuousClock.now < patience {
      _ = consumer.poll(countMax: 10, timeout: .milliseconds(50))
      for case .assigned(let partitions) in consumer.takeGroupChanges() {
        try consumer.assign(
          Dictionary(uniqueKeysWithValues: partitions.map { ($0, KafkaOffset.beginning) }))
        isAssigned = true
      }
    }
    let producer = try KafkaProducer(cluster.settings, transactionalID: group)
    try producer.initTransactions()
    let partition = TopicPartition(topic, 0)
    try producer.beginTransaction()
    try producer.sendOffsets([partition: 1], of: consumer)
    try producer.abortTransaction()
    #expect(try consumer.committed([partition]) == [:])
    try producer.beginTransaction()
    try producer.sendOffsets([partition: 1], of: consumer)
    try producer.commitTransaction()
    #expect(try consumer.committed([partition]) == [partition: 1])
  }
}
