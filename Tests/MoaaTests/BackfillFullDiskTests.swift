// A backfill that finds no more room: it says so, breaks nothing, and the next one goes on.

import Glibc
import Testing

@Suite struct BackfillFullDiskTests {
  let folder = TemporaryFolder()

  private func expectFull(_ outcome: Outcome, _ store: String) throws {
    #expect(outcome.status == 4, "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(
      outcome.errors.contains("moaa: the disk or the store's size limit is full: \(store)"),
      "\(outcome.errors)")
    try expectWhole(store, "while it is full")
  }

  @Test(arguments: ["200k", "400k"])
  func aSizeLimitGivesFourAndNothingIsBroken(_ limit: String) throws {
    let (files, _) = try folder.backfillFiles(stations: 21, days: 300)
    let (alone, store) = (folder / "alone.store", folder / "test.store")
    #expect(try moaa("backfill", files, "--store", alone).status == 1)
    let words = ["backfill", files, "--by", "year", "--format", "csv", "--store", store]
    for _ in 0..<2 {
      try expectFull(try MoaaProcess(words + ["--store-limit", limit]).finish(), store)
    }
    #expect([0, 1].contains(try MoaaProcess(words).finish().status))
    try expectWhole(store)
    expectSame(try BackfillContents(store), as: try BackfillContents(alone), "limit \(limit)")
  }

  @Test(
    .enabled(if: geteuid() == 0, "only root may mount a small file system to fill"),
    arguments: ["500k"])
  func aFullDiskGivesFourAndNothingIsBroken(_ size: String) throws {
    let (files, _) = try folder.backfillFiles(stations: 21, days: 300)
    let alone = folder / "alone.store"
    #expect(try moaa("backfill", files, "--store", alone).status == 1)
    do {
      let disk = try SmallDisk(in: folder, size: size)
      let store = disk.path + "/test.store"
      let words = ["backfill", files, "--by", "year", "--format", "csv", "--store", store]
      for _ in 0..<2 { try expectFull(try MoaaProcess(words).finish(), store) }
      try disk.resize("100m")
      #expect([0, 1].contains(try MoaaProcess(words).finish().status))
      try expectWhole(store)
      expectSame(try BackfillContents(store), as: try BackfillContents(alone), "disk of \(size)")
    }
  }
}
