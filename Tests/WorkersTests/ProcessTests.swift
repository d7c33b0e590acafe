// Members as processes: killed, stopped, continued and added while records arrive.

import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import KafkaSync
@testable import Workers

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "needs noida-db: see tools/test"))
struct ProcessTests {
  /// Each step kills, in a seeded order, three at a time; members that died are replaced, with their stores or without.
  @Test(arguments: SeededGenerator.seeds(1))
  func membersMayBeKilledAtEachStep(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let group = try BrokerGroup(
      RawSample(seed: seed, count: 6000, stationCount: 20), partitionCount: 4)
    let killer = StepKiller(group.proxy)
    let members = (0..<4).map { MemberProcess(group, "member\($0)") }
    var died: [StepKiller.Step] = []
    var left = StepKiller.steps.shuffled(using: &random)
    var storesLost = 0
    // What nobody came to is tried again; a second time each has to come.
    for _ in 0..<(2 * left.count) where !left.isEmpty {
      let steps = left.prefix(3)
      left.removeFirst(steps.count)
      for step in steps {
        killer.arm(
          step, skipping: Int.random(in: 0..<2, using: &random),
          pause: UInt32.random(in: 0..<30_000, using: &random))
      }
      try group.load(Int.random(in: 100...200, using: &random))
      for member in members where !member.isRunning {
        if random.oneIn(4) {
          member.loseStore()
          storesLost += 1
        }
        try killer.start(member)
      }
      for _ in 0..<80 where !killer.armed.isEmpty {
        usleep(100_000)
        // Nobody commits where nothing comes.
        try group.load(5)
      }
      died += steps.filter { !killer.armed.contains($0) }
      left += killer.armed.sorted { "\($0)" < "\($1)" }
      killer.disarm()
    }
    try group.load()
    for member in members { member.end() }
    let counts = group.proxy.coordinator.counts
    print(
      "seed \(seed): \(died.count) members killed at a step, \(storesLost) stores lost; \(counts)")
    let missed = Set(StepKiller.steps).subtracting(died).map { "\($0)" }
    #expect(missed.isEmpty, "seed \(seed): not killed \(missed)")
    #expect(counts.silentMembers > 10, "seed \(seed)")
    try group.runMember("last.store")
    try group.expectHoursOfOneProcess("seed \(seed)")
  }

  /// At random times, and with connections that are cut, answers that are late, a coordinator that moves.
  @Test(arguments: SeededGenerator.seeds(1))
  func membersMayBeKilledStoppedAndAddedAnyTime(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let group = try BrokerGroup(
      RawSample(seed: seed + 100, count: 3000, stationCount: 20), partitionCount: 5)
    let plan = FaultPlan(
      seed: seed, oneIn: 35,
      requests: [
        .produce, .fetch, .listOffsets, .metadata, .findCoordinator, .joinGroup, .syncGroup,
        .heartbeat, .initProducerID, .addPartitions, .addOffsets, .offsetCommitInTransaction,
        .endTransaction, .offsetFetch,
      ])
    group.proxy.setFault { plan.fault(at: $0) }
    plan.turn(on: true)
    let members = (0..<4).map { MemberProcess(group, "member\($0)") }
    var done: [String: Int] = [:]
    var stopped: Set<Int> = []
    var generations = 0
    try members[0].start()
    var rounds = 0
    // How often chance kills depends on how quickly members come up.
    while rounds < 80,
      !group.isLoaded || done["processes killed", default: 0] < 5 || done.count < 4
    {
      rounds += 1
      // What is loaded must not meet the faults.
      plan.turn(on: false)
      try group.load(Int.random(in: 80...180, using: &random))
      plan.turn(on: true)
      // Lives that are too short to join show nothing.
      for _ in 0..<30 where group.proxy.coordinator.counts.generations == generations {
        usleep(100_000)
      }
      usleep(UInt32.random(in: 0...800_000, using: &random))
      generations = group.proxy.coordinator.counts.generations
      let index = Int.random(in: 0..<members.count, using: &random)
      let member = members[index]
      if !member.isRunning {
        if random.oneIn(4) { member.loseStore() }
        try member.start()
        done["added", default: 0] += 1
      } else if stopped.remove(index) != nil {
        member.signal(SIGCONT)
      } else if random.oneIn(2) {
        member.signal(SIGKILL)
        done["processes killed", default: 0] += 1
      } else if random.oneIn(2) {
        member.signal(SIGSTOP)
        stopped.insert(index)
        done["processes stopped", default: 0] += 1
      } else if random.oneIn(2) {
        member.signal(SIGINT)
        done["processes interrupted", default: 0] += 1
      }
    }
    plan.turn(on: false)
    for member in members { member.end() }
    for (kind, count) in done where kind != "added" { FaultTally.note(kind, count) }
    let counts = group.proxy.coordinator.counts
    print("seed \(seed): \(done), \(plan.total) faults on the way; \(counts)")
    #expect(done["processes killed", default: 0] >= 5, "seed \(seed): \(done)")
    #expect(done.count == 4, "seed \(seed): \(done)")
    #expect(plan.total >= 20, "seed \(seed)")
    let last = MemberProcess(group, "last")
    try last.start(["--until-end"])
    #expect(last.finish() == 0, "\(last.errors)")
    try group.expectHoursOfOneProcess("seed \(seed), \(done)")
  }

  /// Stopped with a commit under way, put out by the group, replaced, and continued.
  @Test func aMemberThatWasTakenForDeadIsFenced() throws {
    let group = try BrokerGroup(
      RawSample(seed: 9, count: 4000, stationCount: 12), partitionCount: 2)
    try group.load(1000)
    let zombie = MemberProcess(group, "zombie")
    try zombie.start()
    for _ in 0..<200 {
      if try !group.published(group.topics.stationHours, orNone: true).isEmpty { break }
      usleep(50_000)
    }
    // With offsets on their way that it must not commit when it lives again.
    let pid = zombie.pid
    let isStopped = Mutex(false)
    group.proxy.setFault { request, client in
      guard request == .addOffsets, client.hasPrefix("zombie"),
        isStopped.withLock({ isStopped in
          defer { isStopped = true }
          return !isStopped
        })
      else { return .none }
      return .callAfter { kill(pid, SIGSTOP) }
    }
    try group.load(1500)
    for _ in 0..<200 where isStopped.withLock({ !$0 }) { usleep(50_000) }
    #expect(isStopped.withLock { $0 })
    FaultTally.note("processes stopped")
    for _ in 0..<100 where group.proxy.coordinator.memberCount(of: "test") > 0 { usleep(50_000) }
    #expect(group.proxy.coordinator.counts.silentMembers == 1)
    try group.runMember("other.store")
    try group.load()
    zombie.signal(SIGCONT)
    usleep(3_000_000)
    zombie.signal(SIGINT)
    #expect(zombie.finish() == 130, "\(zombie.errors)")
    try group.runMember("last.store")
    try group.expectHoursOfOneProcess("a member came back from the dead")
  }
}
