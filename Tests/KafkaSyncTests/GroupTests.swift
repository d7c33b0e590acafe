// What a group refuses: offsets of a member that is none any more.

import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct GroupTests {
  @Test func offsetsOfAMemberThatWasPutOutAreRefused() throws {
    let broker = try PrivateBroker()
    let proxy = try FaultProxy(broker)
    defer { proxy.stop() }
    let cluster = try TestCluster(
      proxy.address,
      properties: [
        "session.timeout.ms": "1200", "heartbeat.interval.ms": "100",
        "max.poll.interval.ms": "20000",
      ])
    let topic = try cluster.makeTopic()
    try cluster.produce([TestMessage("a", "1")], to: topic)
    let partition = TopicPartition(topic, 0)
    let consumer = try KafkaConsumer(cluster.settings, group: "group")
    try consumer.subscribe([topic])
    let patience = ContinuousClock.now + .seconds(30)
    while consumer.takeGroupChanges().isEmpty, ContinuousClock.now < patience {
      _ = consumer.poll(countMax: 10, timeout: .milliseconds(100))
    }
    try consumer.assign([partition: 0])
    #expect(proxy.coordinator.memberCount(of: "group") == 1)
    let producer = try KafkaProducer(cluster.settings, transactionalID: "id")
    try producer.initTransactions()
    try producer.beginTransaction()
    try producer.sendOffsets([partition: 0], of: consumer)
    // It lives, but is not heard of.
    proxy.setFault { $0 == .heartbeat ? .cutBefore : .none }
    while proxy.coordinator.memberCount(of: "group") > 0, ContinuousClock.now < patience {
      _ = consumer.poll(countMax: 1, timeout: .milliseconds(20))
      if proxy.coordinator.counts.silentMembers > 0 { break }
    }
    #expect {
      try producer.sendOffsets([partition: 1], of: consumer)
    } throws: {
      ($0 as? KafkaFailure)?.kind == .abort
    }
    #expect(proxy.coordinator.counts.refusedOffsets > 0)
    try producer.abortTransaction()
  }
}
