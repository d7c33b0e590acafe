// Members as processes: killed, stopped, continued and added while records arrive.

import Foundation
import TestSupport
import Testing

@testable import KafkaSync
@testable import Workers

@Suite(
  .serialized,
  .enabled(if: BrokerGroup.mayComeAndGo, "run by hand, with MOAA_TEST_GROUPS=1: see BrokerGroup"))
struct ProcessTests {
  @Test(arguments: SeededGenerator.seeds(1))
  func membersMayBeKilledStoppedAndAdded(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let group = try BrokerGroup(
      RawSample(seed: seed, count: 6000, stationCount: 20), partitionCount: 4)
    let members = (0..<3).map { MemberProcess(group, store: "\($0).store") }
    try members[0].start()
    var faults: [String: Int] = [:]
    var stopped: Set<Int> = []
    while !group.isLoaded {
      try group.load(Int.random(in: 100...500, using: &random))
      usleep(UInt32.random(in: 200_000...900_000, using: &random))
      let index = Int.random(in: 0..<members.count, using: &random)
      let member = members[index]
      if !member.isRunning {
        try member.start()
        faults["added", default: 0] += 1
      } else if stopped.remove(index) != nil {
        member.signal(SIGCONT)
      } else if random.oneIn(3) {
        member.signal(SIGKILL)
        faults["killed", default: 0] += 1
      } else if random.oneIn(3) {
        member.signal(SIGSTOP)
        stopped.insert(index)
        faults["stopped", default: 0] += 1
      } else if random.oneIn(3) {
        member.signal(SIGINT)
        faults["interrupted", default: 0] += 1
      }
    }
    for member in members {
      member.signal(SIGCONT)
      member.signal(SIGKILL)
    }
    let last = MemberProcess(group, store: "last.store")
    try last.start(["--until-end"])
    #expect(last.finish() == 0)
    #expect(faults.values.reduce(0, +) > 4, "seed \(seed): \(faults)")
    try group.expectHoursOfOneProcess("seed \(seed), faults \(faults)")
  }

  @Test func aMemberThatWasTakenForDeadIsFenced() throws {
    let group = try BrokerGroup(
      RawSample(seed: 9, count: 4000, stationCount: 12), partitionCount: 2)
    try group.load(1000)
    let zombie = MemberProcess(group, store: "zombie.store")
    try zombie.start()
    // Until it works.
    for _ in 0..<200 {
      if try !group.published(group.topics.stationHours, orNone: true).isEmpty { break }
      usleep(100_000)
    }
    zombie.signal(SIGSTOP)
    // Longer than the group waits for a member.
    usleep(9_000_000)
    try group.load(1500)
    let other = MemberProcess(group, store: "other.store")
    try other.start(["--until-end"])
    #expect(other.finish() == 0)
    try group.load()
    zombie.signal(SIGCONT)
    usleep(3_000_000)
    let last = MemberProcess(group, store: "last.store")
    zombie.signal(SIGINT)
    #expect(zombie.finish() == 130)
    try last.start(["--until-end"])
    #expect(last.finish() == 0)
    try group.expectHoursOfOneProcess("a member came back from the dead")
  }
}
