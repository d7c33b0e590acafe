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
}
