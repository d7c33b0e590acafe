// Readers of the output that are slow, or go away.

import Foundation
import Testing

@Suite struct OutputTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  /// A shell's command line, in which $MOAA is the program.
  private func shell(_ line: String) throws -> Outcome {
    try MoaaProcess(
      ["-o", "pipefail", "-c", line], environment: ["MOAA": moaaPath, "MOAA_STORE": store],
      program: "/bin/bash"
    ).finish()
  }

  @Test func aReaderThatGoesAwayEndsThePrintingQuietly() throws {
    // More than a pipe holds.
    let noaa = try folder.sample(stations: 20, days: 7)
    #expect(try moaa("run", noaa, "--store", store, "--format", "csv").status == 0)
    for words in [
      "hours --by-station --format csv", "hours --by-station", "log dump raw_probes_results",
      "log tail raw_probes_results --lines 100000 --follow",
    ] {
      let outcome = try shell("\"$MOAA\" \(words) | head -1")
      #expect(outcome.status == 0, "\(words): \(outcome.errors)")
      #expect(outcome.lines.count == 1)
      #expect(outcome.errors == "", "\(words)")
    }
  }

  @Test func aRunWhoseMessagesNobodyReadsGoesOnToItsEnd() throws {
    let noaa = try folder.sample(stations: 5, days: 7)
    let bad = try folder.write("STATION,DATE,TMP\nA,never,\"+0100,1\"\n", to: "bad.csv")
    let run = try shell("\"$MOAA\" run \(noaa) \(bad) --format csv 2>&1 | true")
    #expect(run.status == 1, "part of the input was refused, whoever reads")
    let hours = try moaa("hours", "--format", "csv", "--store", store)
    #expect(hours.lines.count > 24 * 7 - 10)
  }

  /// The WAL can only be emptied when nobody looks at what is in it.
  @Test(arguments: ["csv", "table", "json"])
  func hoursHoldNoViewOfTheStoreWhileTheyWaitForTheirReader(_ format: String) throws {
    let noaa = try folder.sample(stations: 20, days: 7)
    #expect(try moaa("run", noaa, "--store", store, "--format", "csv").status == 0)
    let more = try folder.sample("more", stations: 1, days: 1, seed: 2)
    let pipe = folder / "pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let reader = open(pipe, O_RDWR | O_CLOEXEC)
    defer { close(reader) }
    let hours = try MoaaProcess(
      [
        "-c", "exec \"$0\" \"$@\" > \(pipe)", moaaPath, "hours", "--by-station", "--format", format,
      ],
      environment: ["MOAA_STORE": store], program: "/bin/sh")
    // The pipe is full before the output is at its end.
    usleep(500_000)
    #expect(hours.isRunning)
    #expect(try moaa("ingest", more, "--store", store).status == 0)
    let wal = try FileManager.default.attributesOfItem(atPath: store + "-wal")
    #expect(wal[.size] as? Int == 0, "the writer could not empty the WAL when it ended")
  }

  @Test func whatDoesNotFitInMemoryIsPrintedWhole() throws {
    let station = String(repeating: "S", count: 60)
    let start = Date(timeIntervalSince1970: 1_000_000_800)
    let hours = (0..<50_000).map {
      start.addingTimeInterval(Double($0) * 3600).ISO8601Format().dropLast()
    }
    let rows = hours.map { "\(station),\($0),\"+0100,1\"\n" }
    let file = try folder.write("STATION,DATE,TMP\n" + rows.joined(), to: "hours.csv")
    #expect(try moaa("ingest", file, "--store", store).status == 0)
    #expect(try moaa("aggregate", "--store", store).status == 0)
    let shown = try moaa(
      "hours", "--by-station", "--format", "json", "--store", store,
      environment: ["TMPDIR": folder.path])
    #expect(shown.status == 0)
    #expect(shown.output.utf8.count > 9_000_000)
    let places = shown.lines.dropFirst().dropLast().map {
      $0.split(separator: "\"", maxSplits: 8)[7]
    }
    let isWhole = places.elementsEqual(hours.map { "\($0)Z" })
    #expect(isWhole)
    #expect(TemporaryFolder.names(in: folder.path).allSatisfy { !$0.hasPrefix("moaa-output") })
  }

  /// The next file to be opened would get the free descriptor, and the hours with it.
  @Test func whatIsPrintedToAClosedOutputGoesIntoNoFile() throws {
    let noaa = try folder.sample(stations: 1, days: 2)
    for closed in [">&-", "2>&-", "<&- >&- 2>&-"] {
      let outcome = try shell("\"$MOAA\" run \(noaa) \(closed)")
      #expect(outcome.status == (closed == "2>&-" ? 0 : 4), "\(closed): \(outcome.errors)")
      let lock = try FileManager.default.attributesOfItem(atPath: store + "-lock")
      #expect(lock[.size] as? Int == 0, "\(closed)")
    }
    #expect(try moaa("hours", "--format", "csv", "--store", store).lines.count > 40)
  }
}
