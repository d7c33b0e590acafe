// The hours of a backfill: those of `moaa run`, and beside them in one store.

import Testing

@Suite struct BackfillHoursTests {
  let folder = TemporaryFolder()

  private func hours(_ store: String, _ more: String...) throws -> String {
    let outcome = try MoaaProcess(["hours", "--format", "csv", "--store", store] + more).finish()
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  @Test func theyAreThoseOfARunOfTheSameFiles() throws {
    let noaa = try folder.sample(stations: 6, days: 30)
    let (run, backfill) = (folder / "run.store", folder / "backfill.store")
    #expect(try moaa("run", noaa, "--store", run).status == 0)
    #expect(try moaa("backfill", noaa, "--store", backfill).status == 0)
    for more in [[], ["--by-station"]] {
      let expected = try MoaaProcess(["hours", "--format", "csv", "--store", run] + more).finish()
      let mine = try MoaaProcess(["hours", "--format", "csv", "--store", backfill] + more).finish()
      #expect(mine.output == expected.output)
      #expect(mine.lines.count > 700)
    }
  }

  @Test func whatIsAskedForInVainIsTold() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    let (run, backfill) = (folder / "run.store", folder / "backfill.store")
    #expect(try moaa("run", noaa, "--store", run).status == 0)
    #expect(try moaa("backfill", noaa, "--store", backfill).status == 0)
    let noBackfill = try moaa("hours", "--results", "backfill", "--store", run)
    #expect(noBackfill.errors.contains("Nothing has been backfilled yet: run `moaa backfill"))
    let noAggregate = try moaa("hours", "--results", "aggregate", "--store", backfill)
    #expect(noAggregate.errors.contains("Nothing has been aggregated yet: run `moaa aggregate`"))
    let noStore = try moaa("table", "year", "--store", folder / "none.store")
    #expect(noStore.status == 4)
    #expect(noStore.errors.contains("`moaa backfill`"))
  }

  @Test func aStoreWithBothShowsThoseThatAreAskedFor() throws {
    let first = try folder.sample("first", stations: 2, days: 5, seed: 1)
    let second = try folder.sample("second", stations: 3, days: 5, seed: 2)
    let (both, alone) = (folder / "both.store", folder / "alone.store")
    #expect(try moaa("run", first, "--store", both).status == 0)
    for store in [both, alone] {
      #expect(try moaa("backfill", second, "--store", store).status == 0)
    }
    let aggregated = try hours(both, "--results", "aggregate")
    let backfilled = try hours(both, "--results", "backfill")
    #expect(aggregated != backfilled)
    #expect(try backfilled == hours(alone))
    let unnamed = try moaa("hours", "--format", "csv", "--store", both)
    #expect(unnamed.output == aggregated)
    #expect(unnamed.errors.contains("--results backfill"))
    #expect(try moaa("replay", "--verify", "--store", both).status == 0)
    try expectWhole(both)
    // Neither goes with the other.
    #expect(try moaa("reset", "backfill", "--store", both).status == 0)
    #expect(try hours(both) == aggregated)
  }
}
