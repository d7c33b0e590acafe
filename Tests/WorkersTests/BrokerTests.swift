// Members in this process on a real broker: whole runs, and runs whose sessions end between any two steps.

import Synchronization
import TestSupport
import Testing

@testable import KafkaSync
@testable import Workers

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "needs noida-db: see tools/test"))
struct BrokerTests {
  @Test(arguments: [(1, 1), (4, 1), (7, 3)] as [(Int32, Int)])
  func membersGiveTheHoursOfOneProcess(partitionCount: Int32, memberCount: Int) throws {
    let group = try BrokerGroup(
      RawSample(seed: 11, count: 4000, stationCount: 15), partitionCount: partitionCount)
    try group.load()
    try group.runMembers((0..<memberCount).map { "\($0).store" })
    try group.expectHoursOfOneProcess("\(partitionCount) partitions, \(memberCount) members")
  }

  @Test(arguments: SeededGenerator.seeds(2))
  func sessionsThatEndBetweenAnyTwoStepsChangeNothing(seed: UInt64) throws {
    let group = try BrokerGroup(
      RawSample(seed: seed, count: 3000, stationCount: 12), partitionCount: 4)
    try group.load()
    let random = Mutex(SeededGenerator(seed: seed))
    let faults = Mutex<[WorkerStep: Int]>([:])
    try group.runMembers(["a.store", "b.store"]) { step in
      let isFault = random.withLock { $0.oneIn(40) }
      let count = faults.withLock { $0.values.reduce(0, +) }
      // Not without end: every session would have its fault.
      guard isFault, count < 12 else { return }
      faults.withLock { $0[step, default: 0] += 1 }
      FaultTally.note("sessions ended")
      throw KafkaFailure.passing("ended after \(step)")
    }
    let told = faults.withLock { $0 }
    #expect(!told.isEmpty, "seed \(seed): no fault was injected")
    try group.expectHoursOfOneProcess("seed \(seed), faults \(told)")
  }

  @Test func aSessionMayEndAfterEachStep() throws {
    let group = try BrokerGroup(
      RawSample(seed: 2, count: 2000, stationCount: 8), partitionCount: 2)
    try group.load()
    let left = Mutex(Set(WorkerStep.allCases))
    try group.runMember("a.store", commitRecords: 100) { step in
      guard left.withLock({ $0.remove(step) }) != nil else { return }
      FaultTally.note("sessions ended")
      throw KafkaFailure.passing("ended after \(step)")
    }
    #expect(left.withLock { $0 }.isEmpty)
    try group.expectHoursOfOneProcess("a fault after each step")
  }

  @Test func whatIsStillToBeFoldedIsTold() throws {
    let group = try BrokerGroup(
      RawSample(seed: 6, count: 12_000, stationCount: 5), partitionCount: 1)
    try group.load()
    let told = Mutex<[WorkerSummary]>([])
    // The first of two lives ends with its first commit: a member takes 10,000 records at most at once.
    let first = try group.runMember(
      "a.store",
      onEvent: { event in
        if case .committed(let summary) = event { told.withLock { $0.append(summary) } }
      }, shouldStop: { told.withLock { !$0.isEmpty } })
    for summary in told.withLock({ $0 }) { #expect(summary.recordCount + summary.lag == 12_000) }
    #expect(first.lag > 0)
    #expect(first.lag == 12_000 - first.recordCount)
    #expect(try group.runMember("a.store").lag == 0)
    try group.expectHoursOfOneProcess("two lives")
  }

  @Test func aMemberWithoutItsStoreReadsTheStateAgain() throws {
    let group = try BrokerGroup(
      RawSample(seed: 3, count: 3000, stationCount: 10), partitionCount: 4)
    try group.load(1500)
    try group.runMember("first.store")
    try group.load()
    let summary = try group.runMember("second.store")
    #expect(summary.restoredRowCount > 0)
    #expect(summary.recordCount == 1500)
    try group.expectHoursOfOneProcess("another store")
  }

  @Test func aRestartOfTheBrokerIsWaitedFor() throws {
    let group = try BrokerGroup(
      RawSample(seed: 4, count: 3000, stationCount: 10), partitionCount: 4)
    try group.load(1500)
    try group.runMember("a.store")
    group.broker.stop()
    try group.broker.start()
    try group.load()
    try group.runMember("a.store")
    try group.expectHoursOfOneProcess("the broker was restarted")
  }

  /// A fold's transaction has parts for other partitions, which their owners wait for: it must be ended first.
  @Test func whatADeadMemberLeftOpenHoldsNobodyUp() throws {
    let group = try BrokerGroup(
      RawSample(seed: 7, count: 600, stationCount: 6), partitionCount: 3)
    try group.load(300)
    try group.runMember("a.store")
    let dead = try (0..<Int32(3)).map { owner in
      let producer = try KafkaProducer(
        group.settings, transactionalID: PartitionWork.transactionalID("test", owner))
      try producer.initTransactions(timeout: .seconds(10))
      try producer.beginTransaction()
      for partition in 0..<Int32(3) {
        try Array("part".utf8).withUnsafeBytes {
          try producer.produce(
            topic: group.topics.parts, partition: partition, key: $0, value: $0, timestamp: 0)
        }
      }
      try producer.flush()
      return producer
    }
    try group.load()
    let end = ContinuousClock.now + .seconds(50)
    let summary = try group.runMember("b.store", shouldStop: { ContinuousClock.now > end })
    #expect(!summary.wasInterrupted)
    withExtendedLifetime(dead) {}
    try group.expectHoursOfOneProcess("three transactions were left open")
  }

  @Test func theFormerOwnerOfAPartitionIsRefused() throws {
    let group = try BrokerGroup(
      RawSample(seed: 5, count: 10, stationCount: 2), partitionCount: 1)
    let id = PartitionWork.transactionalID("test", 0)
    let former = try KafkaProducer(group.settings, transactionalID: id)
    try former.initTransactions(timeout: .seconds(10))
    try former.beginTransaction()
    let key = Array("k".utf8)
    try key.withUnsafeBytes {
      try former.produce(topic: group.topics.raw, partition: 0, key: $0, value: $0, timestamp: 0)
    }
    let owner = try KafkaProducer(group.settings, transactionalID: id)
    try owner.initTransactions(timeout: .seconds(10))
    #expect { try former.commitTransaction(timeout: .seconds(10)) } throws: {
      ($0 as? KafkaFailure)?.kind == .fatal
    }
    try group.load()
    try group.runMember("a.store")
    try group.expectHoursOfOneProcess("what the former owner sent is not there")
  }
}
