// A backfill killed at any instant, again and again, until its work is done all the same.

import Glibc
import Testing

@Suite struct BackfillKillTests {
  private static let killCount = 42

  @Test func killsAtAnyInstantChangeNothing() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    let folder = TemporaryFolder()
    let (files, unreadableCount) = try folder.backfillFiles(stations: 20, days: 300)
    var undisturbed = Attempt(store: folder / "undisturbed.store", patience: nil, seed: seed)
    try undisturbed.backfill(files)
    let expected = try BackfillContents(undisturbed.store)
    #expect(expected.quarantine.count == unreadableCount)

    var killCount = 0
    var positions = Set<String>()
    var round: UInt64 = 0
    while killCount < Self.killCount {
      round += 1
      // Not as long as it took where other tests take the processor: the middle is earlier, and patience
      // grows.
      var attempt = Attempt(
        store: folder / "\(round).store", patience: min(undisturbed.longest, 700_000),
        seed: seed &+ round)
      try attempt.backfill(files)
      killCount += attempt.killCount
      positions.formUnion(attempt.positions)
      let comment = "seed \(seed), round \(round) with \(attempt.killCount) kills"
      try expectWhole(attempt.store, comment)
      expectSame(try BackfillContents(attempt.store), as: expected, comment)
    }
    // Else the kills came too early or too late, and the test would show little.
    #expect(positions.count >= 4, "seed \(seed): kills at only \(positions.sorted())")
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func oneThatIsInterruptedIsWholeAndGoesOn(_ signal: Int32) throws {
    let folder = TemporaryFolder()
    let store = folder / "test.store"
    let (files, _) = try folder.backfillFiles(stations: 20, days: 300)
    let words = ["backfill", files, "--by", "year", "--format", "csv", "--threads", "1"]
    let alone = folder / "alone.store"
    #expect(try MoaaProcess(words + ["--store", alone]).finish().status == 1)
    let backfill = try MoaaProcess(words + ["--store", store])
    // Halted for a second, it commits with the next file.
    usleep(100_000)
    backfill.signal(SIGSTOP)
    usleep(1_100_000)
    backfill.signal(SIGCONT)
    let some = /^[1-9][0-9]* file/
    while backfill.isRunning,
      try moaa("reset", "backfill", "--dry-run", "--store", store).errors.firstMatch(of: some)
        == nil
    {}
    backfill.signal(signal)
    let interrupted = backfill.finish()
    #expect(interrupted.status == 130)
    #expect(interrupted.output == "", "a table of half of the files must not be taken for all")
    #expect(interrupted.errors.contains("interrupted; the same command goes on from here"))
    try expectWhole(store)
    let next = try MoaaProcess(words + ["--store", store]).finish()
    #expect([0, 1].contains(next.status))
    // Whole files are skipped; an archive that was not read to its end is read again.
    #expect(
      next.errors.contains(/skipped [1-9]|[1-9] with a content known/), "\(next.errors)")
    expectSame(
      try BackfillContents(store), as: try BackfillContents(alone), "after an interruption")
  }
}
