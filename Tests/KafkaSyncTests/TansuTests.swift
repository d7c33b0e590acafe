// The same client on another implementation of brokers: Tansu, which has nothing in common with noida-db.
// It keeps everything in memory, aborts of transactions mean nothing to it, and it tells wrong ends of partitions
// whose records came without a transaction: so nothing is aborted here, and such partitions are pulled once.

import Foundation
import LogStore
import TestSupport
import Testing

@testable import KafkaSync

@Suite(
  .serialized, .enabled(if: PrivateBroker.Kind.tansu.isAtHand, "needs Tansu: see tools/test"))
struct TansuTests {
  private let broker: PrivateBroker
  private let proxy: FaultProxy
  private let cluster: TestCluster

  init() throws {
    broker = try PrivateBroker(.tansu)
    proxy = try FaultProxy(broker)
    cluster = try TestCluster(proxy.address)
  }

  @Test(arguments: [true, false])
  func pushedRecordsAreThereOnceAndArePulledAsTheyAre(isTransactional: Bool) throws {
    defer { proxy.stop() }
    let made = try PushStore(seed: 41)
    var options = PushOptions()
    options.recordsPerCommit = 90
    options.partitions = 3
    options.replication = 1
    options.isTransactional = isTransactional
    for count in [400, 0, 55] {
      try made.append(count)
      #expect(try cluster.push(made, options).run().recordCount == Int64(count))
    }
    try made.expectAll(in: cluster)
    let local = try PullStore()
    #expect(try local.pull(cluster, PushStore.topic).recordCount == 455)
    try local.expectSame(PushStore.topic, cluster)
    if isTransactional {
      #expect(try local.pull(cluster, PushStore.topic).recordCount == 0)
    }
  }

  @Test func recordsArePulledByteForByte() throws {
    defer { proxy.stop() }
    let topic = try cluster.makeTopic(partitions: 2)
    var odd = [
      TestMessage(nil, "no key"), TestMessage("", "empty key"), TestMessage("tombstone", nil),
      TestMessage("b", ""), TestMessage("\u{E9}\0", "\0\u{FF}"),
    ]
    odd[1].headers = [
      TestMessage.Header(name: "h", value: Array("x".utf8)),
      TestMessage.Header(name: "h", value: nil), TestMessage.Header(name: "", value: []),
    ]
    for partition in 0..<2 { try cluster.produce(odd, to: topic, partition: Int32(partition)) }
    let local = try PullStore()
    #expect(try local.pull(cluster, topic).recordCount == 10)
    let found = try PullStore.records(of: topic, in: local.store)
    for partition in 0..<2 { #expect(found[Int32(partition)]?.map(\.message) == odd) }
  }

  @Test func cutsAndLateAnswersCostNothing() throws {
    defer { proxy.stop() }
    let made = try PushStore(seed: 42)
    let plan = FaultPlan(
      seed: 42, oneIn: 8,
      requests: [.produce, .addPartitions, .initProducerID, .findCoordinator, .metadata])
    proxy.setFault { plan.fault(at: $0) }
    let quick = try TestCluster(
      proxy.address,
      properties: [
        "reconnect.backoff.ms": "5", "reconnect.backoff.max.ms": "40", "retry.backoff.ms": "10",
      ])
    var options = PushOptions()
    options.recordsPerCommit = 60
    options.replication = 1
    // A transaction that fails is aborted, which this broker ignores.
    options.isTransactional = false
    for _ in 0..<30 where plan.total < 20 {
      try made.append(120)
      plan.turn(on: true)
      try quick.push(made, options).run()
      plan.turn(on: false)
    }
    #expect(plan.total >= 20)
    // At least once: what is there twice has been sent twice, and nothing is missing.
    let found = try Set(cluster.read(PushStore.topic).values.joined().map(\.message))
    #expect(found == Set(made.expected))
  }
}
