// Exactly once, whatever is cut, held back, killed or fenced: counted faults before a real broker.

import Foundation
import Glibc
import LogStore
import Synchronization
import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct PushFaultTests {
  private let broker: PrivateBroker
  private let proxy: FaultProxy
  /// Past the proxy.
  private let direct: TestCluster
  private let cluster: TestCluster
  private var options = PushOptions()

  private static let quick = [
    "reconnect.backoff.ms": "5", "reconnect.backoff.max.ms": "40", "retry.backoff.ms": "10",
  ]

  init() throws {
    broker = try PrivateBroker()
    proxy = try FaultProxy(broker)
    direct = try TestCluster(broker.address)
    cluster = try TestCluster(proxy.address, properties: Self.quick)
    options.recordsPerCommit = 40
    options.partitions = 3
    options.replication = 1
  }

  @Test(arguments: SeededGenerator.seeds(2))
  func cutsAndHeldAnswersLoseAndDoubleNothing(seed: UInt64) throws {
    defer { proxy.stop() }
    let made = try PushStore(seed: seed)
    let plan = FaultPlan(
      seed: seed, oneIn: 6,
      requests: [
        .produce, .addPartitions, .endTransaction, .initProducerID, .findCoordinator, .metadata,
        .fetch, .listOffsets,
      ])
    proxy.setFault { plan.fault(at: $0) }
    var summary = PushSummary()
    let wanted = ["produce", "addPartitions", "endTransaction"].flatMap { request in
      ["cut before", "cut after", "held"].map { "\(request) \($0)" }
    }
    for _ in 0..<60 where plan.total < 150 || !wanted.allSatisfy({ plan.counts[$0] != nil }) {
      try made.append(240)
      plan.turn(on: true)
      let push = cluster.push(made, options)
      try push.run()
      plan.turn(on: false)
      summary.retryCount += push.summary.retryCount
      summary.settledCount += push.summary.settledCount
    }
    #expect(plan.total >= 150, "seed \(seed)")
    for kind in wanted { #expect(plan.counts[kind] != nil, "seed \(seed): \(kind)") }
    print(
      "seed \(seed): \(plan.total) faults, \(summary.retryCount) attempts again, "
        + "\(summary.settledCount) commits settled, \(made.expected.count) records: \(plan.counts)")
    try made.expectAll(in: direct, "seed \(seed)")
  }

  @Test(arguments: SeededGenerator.seeds(1))
  func killsBetweenAnyTwoStepsLoseAndDoubleNothing(seed: UInt64) throws {
    defer { proxy.stop() }
    var generator = SeededGenerator(seed: seed)
    let made = try PushStore(seed: seed)
    let folder = NSTemporaryDirectory() + "moaa-kill-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let requests: [FaultProxy.Request] = [
      .produce, .addPartitions, .endTransaction, .initProducerID, .findCoordinator, .metadata,
      .fetch, .listOffsets, .createTopics,
    ]
    func push() throws -> MoaaRun {
      try MoaaRun(
        [
          "sync", "kafka", "push", "--topic", PushStore.topic, "--store", made.store.path,
          "--brokers", proxy.address, "--batch", "40", "--partitions", "3", "--replication", "1",
        ], in: folder)
    }
    var kills: [String: Int] = [:]
    for _ in 0..<60 {
      try made.append(150)
      let wanted = requests[Int.random(in: 0..<requests.count, using: &generator)]
      let isAfter = generator.oneIn(2)
      // Some come once in a run.
      let mayComeOften = wanted == .produce || wanted == .fetch || wanted == .metadata
      let victim = Victim(
        skipping: mayComeOften ? Int.random(in: 0..<3, using: &generator) : 0)
      proxy.setFault { request in
        guard request == wanted, victim.isDue() else { return .none }
        return isAfter ? .callAfter { victim.kill() } : .callInstead { victim.kill() }
      }
      let run = try push()
      victim.pid.store(run.pid, ordering: .releasing)
      let status = run.finish()
      #expect(status == 0 || status == -SIGKILL, "seed \(seed): \(run.errors)")
      if status == -SIGKILL { kills["\(wanted) \(isAfter ? "after" : "before")", default: 0] += 1 }
    }
    proxy.clearFault()
    #expect(try push().finish() == 0)
    print("seed \(seed): \(kills.values.reduce(0, +)) kills: \(kills)")
    #expect(kills.values.reduce(0, +) >= 25, "seed \(seed)")
    #expect(kills.count >= 8, "seed \(seed)")
    try made.expectAll(in: direct, "seed \(seed)")
  }

  @Test func aFencedPushSendsNothingMore() throws {
    defer { proxy.stop() }
    let made = try PushStore(seed: 21)
    let id = "moaa.push.\(made.store.id).\(PushStore.topic)"
    var fencedCount = 0
    for _ in 0..<10 {
      try made.append(100)
      let fence = Victim(skipping: 0)
      proxy.setFault { [direct] request in
        guard request == .endTransaction, fence.isDue() else { return .none }
        return .callBefore {
          let other = try? KafkaProducer(direct.settings, transactionalID: id)
          try? other?.initTransactions()
          FaultTally.note("producers fenced")
        }
      }
      do {
        try cluster.push(made, options).run()
      } catch let failure as KafkaFailure {
        #expect("\(failure)".contains("another push"))
        fencedCount += 1
      }
    }
    proxy.clearFault()
    #expect(fencedCount == 10)
    try cluster.push(made, options).run()
    try made.expectAll(in: direct)
  }

  @Test func aBrokerThatGoesAndComesBackGetsTheRest() throws {
    defer { proxy.stop() }
    let made = try PushStore(seed: 22)
    var retryCount = 0
    for round in 0..<6 {
      try made.append(200)
      let moment = Victim(skipping: 0)
      proxy.setFault { [proxy] request in
        guard request == (round % 2 == 0 ? .endTransaction : .produce), moment.isDue() else {
          return .none
        }
        return .callAfter {
          proxy.goAway()
          Thread {
            usleep(700_000)
            proxy.comeBack()
          }.start()
        }
      }
      let push = cluster.push(made, options)
      try push.run()
      retryCount += push.summary.retryCount
      #expect(moment.wasDue)
    }
    proxy.clearFault()
    FaultTally.note("brokers away")
    broker.stop()
    Thread { [broker] in
      usleep(500_000)
      try? broker.start()
    }.start()
    try made.append(50)
    try cluster.push(made, options).run()
    try made.expectAll(in: direct)
  }

  @Test func whoGivesNoAnswerEndsThePatience() throws {
    proxy.goAway()
    defer { proxy.stop() }
    let made = try PushStore(seed: 23)
    try made.append(5)
    var brief = options
    brief.patience = .zero
    let failure = #expect(throws: KafkaFailure.self) { try cluster.push(made, brief).run() }
    #expect(failure?.kind == .transient)
  }

  @Test func anInterruptedPushEndsCleanly() throws {
    defer { proxy.stop() }
    let made = try PushStore(seed: 24)
    let folder = NSTemporaryDirectory() + "moaa-interrupt-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for wanted in [FaultProxy.Request.endTransaction, .produce, .initProducerID] {
      try made.append(100)
      let victim = Victim(skipping: 0)
      proxy.setFault { request in
        guard request == wanted, victim.isDue() else { return .none }
        return .callBefore { victim.kill(SIGINT) }
      }
      let run = try MoaaRun(
        [
          "sync", "kafka", "push", "--topic", PushStore.topic, "--store", made.store.path,
          "--brokers", proxy.address, "--batch", "40", "--replication", "1", "--follow",
        ], in: folder)
      victim.pid.store(run.pid, ordering: .releasing)
      #expect(run.finish() == 130, "\(wanted): \(run.errors)")
    }
    proxy.clearFault()
    try cluster.push(made, options).run()
    try made.expectAll(in: direct)
  }
}

/// A process that is killed at a request.
final class Victim: Sendable {
  let pid = Atomic<pid_t>(0)
  private let left: Atomic<Int>

  /// - Parameter skipping: how many requests go by first.
  init(skipping count: Int) { left = Atomic(count) }

  func isDue() -> Bool { left.subtract(1, ordering: .relaxed).oldValue == 0 }

  var wasDue: Bool { left.load(ordering: .relaxed) < 0 }

  func kill(_ number: Int32 = SIGKILL) {
    // The process may be quicker than who started it.
    while pid.load(ordering: .acquiring) == 0 { usleep(100) }
    _ = Glibc.kill(pid.load(ordering: .acquiring), number)
    FaultTally.note(number == SIGKILL ? "processes killed" : "processes interrupted")
  }
}
