// Commands that go on as the log grows, until they are asked to stop.

import Foundation
import Testing

@Suite struct FollowTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  /// Waits for something that another process does.
  private func eventually(within seconds: Double, _ isTrue: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if try isTrue() { return true }
      usleep(50_000)
    }
    return try isTrue()
  }

  private func hasBegun() throws -> Bool {
    try moaa("log", "topics", "--store", store).output.contains("agg_probes_results_by_station")
  }

  private func lag() throws -> Int? {
    let groups = try moaa("log", "groups", "--format", "csv", "--store", store)
    return groups.lines.last.flatMap { Int($0.split(separator: ",")[3]) }
  }

  @Test func aggregateFollowCommitsWhatComesWithinFiveSeconds() throws {
    let noaa = try folder.sample(stations: 3, days: 1)
    let follower = try MoaaProcess(["aggregate", "--follow", "--store", store])
    #expect(try eventually(within: 10) { try hasBegun() })
    #expect(try moaa("ingest", noaa, "--store", store).status == 0)
    #expect(try eventually(within: 5 + 3) { try lag() == 0 })
    follower.signal(SIGINT)
    #expect(follower.finish().status == 130)
  }

  /// A commit for the number of records falls into the middle of a batch; the rest of the batch
  /// must not wait for the next one. A complete ingest ends with a batch of one record, so this takes
  /// one that was cut short.
  @Test func aggregateFollowCommitsTheRestOfTheLastBatchWithinFiveSeconds() throws {
    let noaa = try folder.sample(stations: 5, days: 30)
    let ingest = try moaa(
      "ingest", noaa, "--commit-records", "97", "--store-limit", "200k", "--store", store)
    #expect(ingest.status == 4)
    let follower = try MoaaProcess([
      "aggregate", "--follow", "--commit-records", "70", "--store", store,
    ])
    #expect(try eventually(within: 5 + 3) { try lag() == 0 })
    follower.signal(SIGTERM)
    #expect(follower.finish().status == 130)
  }

  /// A complete ingest ends with a control record, and a commit follows that at once; a listener whose
  /// trigger is not due leaves records without one.
  @Test func aggregateFollowCommitsEverythingWhenInterrupted() throws {
    let noaa = try folder.sample(stations: 3, days: 1)
    let follower = try MoaaProcess(["aggregate", "--follow", "--store", store])
    #expect(try eventually(within: 10) { try hasBegun() })
    let socket = folder / "s"
    let listener = try MoaaProcess([
      "listen", "--socket", socket, "--trigger", "1h", "--store", store,
    ])
    #expect(try moaa("feed", noaa, "--to", socket, "--speed", "max").status == 0)
    listener.signal(SIGKILL)
    _ = listener.finish()
    // It looks ten times a second; what it has not seen by then is not its to commit.
    usleep(1_000_000)
    #expect(try lag() != 0)
    follower.signal(SIGINT)
    #expect(follower.finish().status == 130)
    #expect(try lag() == 0)
    #expect(try moaa("replay", "--verify", "--store", store).status == 0)
  }

  @Test func logTailFollowShowsRecordsAsTheyCome() throws {
    let first = try folder.sample("first", stations: 1, days: 1)
    let second = try folder.sample("second", stations: 1, days: 1, seed: 2)
    #expect(try moaa("ingest", first, "--store", store).status == 0)
    let tail = try MoaaProcess([
      "log", "tail", "raw_probes_results", "--lines", "3", "--follow", "--format", "json",
      "--store", store,
    ])
    func shownCount() -> Int { tail.outputSoFar.split(separator: "\n").count }
    #expect(eventually(within: 10) { shownCount() == 3 })
    #expect(try moaa("ingest", second, "--store", store).status == 0)
    let dump = try moaa("log", "dump", "raw_probes_results", "--format", "json", "--store", store)
    // The first ingest ends with the first control record.
    let firstCount = try #require(dump.lines.firstIndex { $0.contains("\"control\"") }) + 1
    let expected = Array(dump.lines[(firstCount - 3)...])
    #expect(eventually(within: 10) { shownCount() == expected.count })
    tail.signal(SIGTERM)
    let outcome = tail.finish()
    #expect(outcome.status == 130)
    #expect(outcome.lines == expected)
  }

  @Test func logTailWithoutFollowShowsTheLastRecordsAndEnds() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    #expect(try moaa("ingest", noaa, "--store", store).status == 0)
    let dump = try moaa("log", "dump", "raw_probes_results", "--store", store)
    for count in [0, 1, 4, 100_000] {
      let tail = try moaa(
        "log", "tail", "raw_probes_results", "--lines", "\(count)", "--store", store)
      #expect(tail.status == 0)
      #expect(tail.lines == Array(dump.lines.suffix(count)))
    }
  }
}
