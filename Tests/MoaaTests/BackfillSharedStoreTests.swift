// A backfill beside other work on one store.

import Testing

@Suite struct BackfillSharedStoreTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  @Test func twoAtOnceReadTheFilesOnce() throws {
    let (files, unreadableCount) = try folder.backfillFiles(stations: 9, days: 60)
    let alone = folder / "alone.store"
    #expect(try moaa("backfill", files, "--store", alone).status == 1)
    let both = try (0..<2).map { _ in try MoaaProcess(["backfill", files, "--store", store]) }
    for process in both {
      let outcome = process.finish()
      #expect([0, 1].contains(outcome.status), "\(outcome.errors)")
    }
    try expectWhole(store)
    let contents = try BackfillContents(store)
    #expect(contents.quarantine.count == unreadableCount)
    expectSame(contents, as: try BackfillContents(alone), "two at once")
  }

  @Test func besideIngestAggregationAndReadersAllSucceed() throws {
    let (files, _) = try folder.backfillFiles(stations: 9, days: 60)
    let noaa = try folder.sample("other", stations: 4, days: 20, seed: 2)
    let (alone, run) = (folder / "alone.store", folder / "run.store")
    #expect(try moaa("backfill", files, "--store", alone).status == 1)
    #expect(try moaa("run", noaa, "--store", run).status == 0)
    let expected = try BackfillContents(alone)

    let follower = try MoaaProcess(["aggregate", "--follow", "--store", store])
    let ingest = try MoaaProcess(["ingest", noaa, "--commit-records", "100", "--store", store])
    let backfill = try MoaaProcess(["backfill", files, "--threads", "1", "--store", store])
    while backfill.isRunning || ingest.isRunning {
      let table = try moaa("table", "year", "--format", "csv", "--store", store)
      // 4: not made yet.
      #expect([0, 4].contains(table.status), "\(table.errors)")
    }
    #expect(backfill.finish().status == 1)
    #expect(ingest.finish().status == 0)
    follower.signal(15)
    #expect(follower.finish().status == 130)
    #expect(try moaa("aggregate", "--store", store).status == 0)
    try expectWhole(store)
    expectSame(try BackfillContents(store), as: expected, "beside others")
    func hours(_ store: String) throws -> String {
      try moaa("hours", "--results", "aggregate", "--format", "csv", "--store", store).output
    }
    #expect(try hours(store) == hours(run))
  }
}
