// SIGINT and SIGTERM: the program stops after a commit, says so, and the next run goes on.

import Glibc
import Testing

@Suite struct InterruptionTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  @Test(arguments: [SIGINT, SIGTERM])
  func aRunThatIsInterruptedIsWholeAndGoesOn(_ signal: Int32) throws {
    let noaa = try folder.sample(stations: 10, days: 30)
    let alone = folder / "alone.store"
    #expect(try moaa("run", noaa, "--store", alone, "--format", "csv").status == 0)
    let words = ["run", noaa, "--commit-records", "100", "--format", "csv", "--store", store]
    let run = try MoaaProcess(words)
    // Until something is committed.
    let someRecords = /raw_probes_results,0,[1-9]/
    while run.isRunning,
      !(try moaa("log", "topics", "--format", "csv", "--store", store).output.contains(someRecords))
    {}
    run.signal(signal)
    let interrupted = run.finish()
    #expect(interrupted.status == 130)
    #expect(interrupted.output == "", "half of the hours must not be taken for all")
    try expectWhole(store)
    #expect(try moaa("replay", "--verify", "--store", store).status == 0)
    #expect(try MoaaProcess(words).finish().status == 0)
    expectSame(try StoreContents(store), as: try StoreContents(alone), "after an interruption")
  }

  /// Once is enough, though nothing more comes from the pipe.
  @Test func anIngestThatWaitsForStandardInputStopsWhenInterrupted() throws {
    let pipe = folder / "pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    // Also held open for writing, so that it never ends.
    let end = open(pipe, O_RDWR | O_CLOEXEC)
    defer { close(end) }
    let ingest = try MoaaProcess(["ingest", "-", "--store", store], input: pipe)
    usleep(500_000)
    ingest.signal(SIGINT)
    #expect(ingest.finish().status == 130)
    try expectWhole(store)
  }

  /// Once is enough, though the other goes on.
  @Test func anIngestThatWaitsForAnotherStopsWhenInterrupted() throws {
    let pipe = folder / "pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let end = open(pipe, O_RDWR | O_CLOEXEC)
    defer { close(end) }
    let noaa = try folder.sample(stations: 1, days: 1)
    let first = try MoaaProcess(["ingest", "-", "--store", store], input: pipe)
    usleep(500_000)
    let second = try MoaaProcess(["ingest", noaa, "--store", store])
    while second.isRunning, !second.errorsSoFar.contains("waiting for another ingest") {}
    second.signal(SIGTERM)
    #expect(second.finish().status == 130)
    first.signal(SIGTERM)
    #expect(first.finish().status == 130)
  }

  @Test func aReplayThatIsInterruptedLeavesNoScratchStore() throws {
    let noaa = try folder.sample(stations: 10, days: 30)
    #expect(try moaa("run", noaa, "--store", store, "--format", "csv").status == 0)
    let before = TemporaryFolder.names(in: folder.path)
    let replay = try MoaaProcess(["replay", "--verify", "--store", store])
    while replay.isRunning, TemporaryFolder.names(in: folder.path) == before {}
    replay.signal(SIGINT)
    let status = replay.finish().status
    // 0: it was over too soon.
    #expect([0, 130].contains(status))
    #expect(TemporaryFolder.names(in: folder.path) == before)
  }

  @Test func aVerificationStopsWhenInterrupted() throws {
    // 24 MB that do not compress, as refused rows.
    let make = "(echo STATION,DATE,TMP; head -c 24M /dev/urandom | base64 -w 4000) > \"$0\""
    let file = folder / "noise.csv"
    #expect(try MoaaProcess(["-c", make, file], program: "/bin/sh").finish().status == 0)
    #expect(try moaa("ingest", file, "--store", store).status == 1)
    let words = ["log", "verify", "--deep", "--store", store]
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try MoaaProcess(words).finish().status == 0)
    let microseconds = (clock.now - start) / .microseconds(1)
    // In the middle of it; where the machine has other work, sooner or later.
    let statuses = try (1...5).map { _ in
      let verify = try MoaaProcess(words)
      usleep(UInt32(microseconds / 2))
      verify.signal(SIGINT)
      let outcome = verify.finish()
      #expect(outcome.status != 130 || outcome.output == "")
      return outcome.status
    }
    #expect(statuses.contains(130), "\(statuses)")
    #expect(statuses.allSatisfy { [0, 130].contains($0) }, "\(statuses)")
  }
}
