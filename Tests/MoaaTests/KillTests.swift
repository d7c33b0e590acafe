// The program killed at any instant, again and again, until its work is done all the same.

import Glibc
import TestSupport
import Testing

@Suite struct KillTests {
  /// The ways to get from files to hours. Kills are spread over all of their commands.
  enum Way: CaseIterable {
    case run, ingestThenAggregate, ingestWhileAggregating
  }

  /// Kills of each way; 210 in all.
  private static let killCount = 70

  @Test(arguments: Way.allCases)
  func killsAtAnyInstantChangeNothing(_ way: Way) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    let folder = TemporaryFolder()
    let versions = try GrowingFiles.make(in: folder)
    var undisturbed = Attempt(store: folder / "undisturbed.store", patience: nil, seed: seed)
    for files in versions { try undisturbed.work(way, files) }
    let expected = try StoreContents(undisturbed.store)

    var killCount = 0
    var positions = Set<String>()
    var round: UInt64 = 0
    while killCount < Self.killCount {
      round += 1
      var attempt = Attempt(
        store: folder / "\(round).store", patience: undisturbed.longest, seed: seed &+ round)
      for files in versions { try attempt.work(way, files) }
      killCount += attempt.killCount
      positions.formUnion(attempt.positions)
      let comment = "seed \(seed), round \(round) with \(attempt.killCount) kills"
      try expectWhole(attempt.store, comment)
      expectSame(try StoreContents(attempt.store), as: expected, comment)
    }
    // Else the kills came too early or too late, and the test would show little.
    #expect(positions.count >= 8, "seed \(seed): kills at only \(positions.sorted())")
  }

  /// Its folder goes with the next replay, but not while it is in use.
  @Test func whatAKilledReplayLeavesIsRemovedByTheNextOne() throws {
    let folder = TemporaryFolder()
    let store = folder / "test.store"
    let noaa = try folder.sample(stations: 10, days: 30)
    #expect(try moaa("run", noaa, "--store", store, "--format", "csv").status == 0)
    func scratchFolders() -> [String] {
      TemporaryFolder.names(in: folder.path).filter { $0.hasPrefix(".moaa-scratch-") }
    }
    func replay() throws -> MoaaProcess {
      let replay = try MoaaProcess(["replay", "--verify", "--store", store])
      // The store is made once the folder is locked: before that, a sweep may rightly take it away.
      func isMade(_ name: String) -> Bool {
        !TemporaryFolder.names(in: folder / name).isEmpty
      }
      let before = scratchFolders().count
      while replay.isRunning, scratchFolders().filter(isMade).count == before {}
      return replay
    }
    let killed = try replay()
    killed.signal(SIGSTOP)
    let left = scratchFolders()
    #expect(left.count == 1)
    // Stopped, it is still alive, and needs its folder.
    #expect(try moaa("replay", "--store", store).status == 0)
    #expect(scratchFolders() == left)
    killed.signal(SIGKILL)
    #expect(killed.finish().status == -SIGKILL)
    #expect(scratchFolders() == left)
    #expect(try moaa("replay", "--store", store).status == 0)
    #expect(scratchFolders() == [])
  }

  /// A folder that cannot be opened cannot be locked: another one would help no more.
  @Test(arguments: 5...12) func withoutDescriptorsAReplayLeavesNoFolders(_ limit: Int) throws {
    let folder = TemporaryFolder()
    let store = folder / "test.store"
    let noaa = try folder.sample(stations: 1, days: 1)
    #expect(try moaa("run", noaa, "--store", store, "--format", "csv").status == 0)
    // The processor time bounds what an endless loop could do.
    let script = "ulimit -t 1; ulimit -n \(limit); exec \"$0\" replay --store \"$1\""
    let outcome = try MoaaProcess(["-c", script, moaaPath, store], program: "/bin/sh").finish()
    #expect(outcome.status == 0 || outcome.status == 4, "\(outcome.status) \(outcome.errors)")
    let left = TemporaryFolder.names(in: folder.path).filter { $0.hasPrefix(".moaa-scratch-") }
    #expect(left == [])
  }
}
