// Several programs on one store at once.

import Foundation
import Testing

@Suite struct SharedStoreTests {
  let folder = TemporaryFolder()

  @Test func writersAndReadersAtOnceAllSucceedAndGiveTheHoursOfOneAfterTheOther() throws {
    let parts = try (1...2).map {
      try folder.sample("part\($0)", stations: 8, days: 10, seed: $0)
    }
    let alone = folder / "alone.store"
    for part in parts {
      #expect(try moaa("run", part, "--store", alone, "--format", "csv").status == 0)
    }
    let expected = try StoreContents(alone)

    let store = folder / "shared.store"
    let small = ["--commit-records", "100", "--store", store]
    let follower = try MoaaProcess(["aggregate", "--follow"] + small)
    let ingests = try parts.map { try MoaaProcess(["ingest", $0] + small) }
    var readCount = 0
    var sawPart = false
    while ingests.contains(where: \.isRunning) || readCount < 10 {
      let hours = try moaa("hours", "--format", "csv", "--store", store)
      // 4: not made yet.
      if hours.status == 4, readCount == 0, ingests.allSatisfy(\.isRunning) { continue }
      #expect(hours.status == 0, "\(hours.errors)")
      #expect(hours.lines.first == "hour,count,min_tmp,mean_tmp,max_tmp")
      #expect(try moaa("log", "topics", "--store", store).status == 0)
      sawPart = sawPart || (hours.lines.count > 1 && hours.output != expected.hours)
      readCount += 1
    }
    for ingest in ingests {
      let outcome = ingest.finish()
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(sawPart, "readers saw nothing of the work under way")
    // The follower looks ten times a second.
    usleep(1_000_000)
    follower.signal(SIGINT)
    let followed = follower.finish()
    #expect(followed.status == 130, "\(followed.errors)")
    let aggregate = try moaa("aggregate", "--store", store)
    #expect(aggregate.status == 0)
    #expect(aggregate.errors.contains("aggregated 0 records"), "\(aggregate.errors)")

    try expectWhole(store)
    let shared = try StoreContents(store)
    #expect(shared.hours == expected.hours)
    #expect(shared.hoursByStation == expected.hoursByStation)
    #expect(shared.resultHash == expected.resultHash)
    #expect(shared.raw.count == expected.raw.count)
  }

  @Test func twoAggregationsAtOnceShareTheWork() throws {
    let noaa = try folder.sample(stations: 8, days: 10)
    let alone = folder / "alone.store"
    let store = folder / "shared.store"
    for store in [alone, store] { #expect(try moaa("ingest", noaa, "--store", store).status == 0) }
    #expect(try moaa("aggregate", "--store", alone).status == 0)
    let both = try (0..<2).map { _ in
      try MoaaProcess(["aggregate", "--commit-records", "50", "--store", store])
    }
    for process in both {
      let outcome = process.finish()
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    expectSame(try StoreContents(store), as: try StoreContents(alone), "two at once")
  }

  @Test func twoIngestsOfTheSameFilesAddThemOnce() throws {
    let noaa = try folder.sample(stations: 8, days: 10)
    let alone = folder / "alone.store"
    let store = folder / "shared.store"
    #expect(try moaa("run", noaa, "--store", alone, "--format", "csv").status == 0)
    let both = try (0..<2).map { _ in
      try MoaaProcess(["run", noaa, "--commit-records", "50", "--store", store])
    }
    for process in both {
      let outcome = process.finish()
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    expectSame(try StoreContents(store), as: try StoreContents(alone), "two at once")
  }
}
