// Threads change how fast a backfill is, and nothing else.

import Testing

@Suite struct BackfillThreadsTests {
  @Test func oneTwoAndFourGiveTheSameBytes() throws {
    let folder = TemporaryFolder()
    let (files, _) = try folder.backfillFiles(stations: 12, days: 40)
    // One of 56 MB, which is folded in ranges, with rows in every part that cannot be read.
    let many = try folder.sample("many", stations: 16, days: 300, seed: 2)
    try shell("for f in *; do cat $f; echo '\"X\",'; done > ../noaa/large.csv", in: many)
    var first: BackfillContents?
    for count in ["1", "2", "4"] {
      let store = folder / "\(count).store"
      let outcome = try moaa("backfill", files, "--threads", count, "--store", store)
      #expect(outcome.status == 1, "\(outcome.errors)")
      let contents = try BackfillContents(store)
      if let first { expectSame(contents, as: first, "\(count) threads") }
      first = contents
    }
    #expect(first?.quarantine.count == 3 + 16 + 15)
    #expect((first?.tables["station-hour"]?.utf8.count ?? 0) > 100_000)
  }

  @Test func aNumberThatCannotBeGivesTwo() throws {
    let folder = TemporaryFolder()
    for count in ["0", "-1", "x", "100000"] {
      let outcome = try moaa(
        "backfill", folder.path, "--threads", count, "--store", folder / "test.store")
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("--threads"))
    }
    #expect(TemporaryFolder.names(in: folder.path) == [])
  }
}
