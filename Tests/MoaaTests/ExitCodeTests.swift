// Exit codes of what goes wrong with input, store and rule, and the message that comes with each.

import CSQLite
import Testing

@Suite struct ExitCodeTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  private static let header = "\"STATION\",\"DATE\",\"TMP\"\n"
  private static let row = "\"72530094846\",\"2024-06-20T00:51:00\",\"+0211,1\"\n"

  /// A store with hours in it.
  private func fill() throws {
    let noaa = try folder.sample(stations: 2, days: 2)
    #expect(try moaa("run", noaa, "--store", store, "--format", "csv").status == 0)
  }

  @Test func whatIsDoneWhollyGivesZero() throws {
    try fill()
    for words in [
      ["hours"], ["replay", "--verify"], ["explain", "2024-06-20T08"], ["log", "topics"],
      ["log", "groups"], ["log", "segments", "raw_probes_results"], ["log", "verify"],
      ["log", "verify", "--deep"], ["log", "retain", "--dry-run"], ["log", "retain"],
      ["reset", "hourly", "--to", "earliest", "--dry-run"], ["doctor"],
      ["ingest", folder / "noaa"], ["aggregate"], ["run", folder / "noaa"],
      ["replay", "--quality", "all"], ["replay", "--from", "100"],
      ["reset", "hourly", "--to", "earliest"], ["aggregate", "--quality", "all"],
      ["replay", "--verify"],
    ] {
      let outcome = try MoaaProcess(words + ["--store", store]).finish()
      #expect(outcome.status == 0, "\(words): \(outcome.errors)")
    }
  }

  @Test func refusedRowsGiveOneWithFileLineAndReasonAndAreKept() throws {
    let file = try folder.write(
      Self.header + Self.row + "\"72530094846\",\"2024-13-20T01:51:00\",\"+0200,1\"\n",
      to: "bad.csv")
    let outcome = try moaa("ingest", file, "--store", store)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("moaa: \(file), line 3: "))
    #expect(outcome.errors.contains("1 row refused"))
    let kept = try moaa("log", "dump", "quarantine", "--store", store)
    #expect(kept.lines.count == 1)
    #expect(kept.output.contains("2024-13-20T01:51:00"))
    #expect(kept.output.contains("file=\(file) line=3"))
    // Known now, and refused already.
    #expect(try moaa("ingest", file, "--store", store).status == 0)
  }

  @Test func aFileThatCannotBeReadGivesOneAndTheOthersAreIngested() throws {
    let good = try folder.write(Self.header + Self.row, to: "good.csv")
    let empty = try folder.write("", to: "empty.csv")
    let other = try folder.write("a,b\n1,2\n", to: "other.csv")
    let missing = folder / "missing.csv"
    let outcome = try moaa("run", missing, empty, other, good, "--store", store, "--format", "csv")
    #expect(outcome.status == 1)
    for file in [missing, empty, other] { #expect(outcome.errors.contains("moaa: \(file)")) }
    #expect(outcome.errors.contains("No such file or directory"))
    #expect(outcome.lines.last == "2024-06-20T00:00:00Z,1,21.1,21.100000,21.1")
  }

  @Test func whatIsNotAStoreGivesFour() throws {
    try folder.write("hour,count\n", to: "hours.csv")
    try folder.write("", to: "empty.store")
    for (path, message) in [
      ("", "empty path"), (folder.path, "is a folder"), (folder / "hours.csv", "not a moaa store"),
      (folder / "empty.store", "is empty"), (folder / "none.store", "there is no store"),
      (folder / "none/none.store", "does not exist"),
    ] {
      for command in [["hours"], ["log", "topics"], ["log", "verify", "--deep"], ["replay"]] {
        let outcome = try MoaaProcess(command + ["--store", path]).finish()
        #expect(outcome.status == 4, "\(command) \(path)")
        #expect(outcome.errors.contains(message), "\(command) \(path)")
      }
    }
    let ingest = try moaa("ingest", folder.path, "--store", folder / "hours.csv")
    #expect(ingest.status == 4)
    #expect(folder.text("hours.csv") == "hour,count\n", "a file that is no store is left alone")
  }

  @Test func whatTheStoreDoesNotHaveGivesTwo() throws {
    try fill()
    for words in [
      ["log", "dump", "none"], ["log", "tail", "none"], ["log", "segments", "none"],
      ["log", "dump", "raw_probes_results", "--from", "1000000"],
      ["log", "retain", "--topic", "none", "--keep", "1d"], ["reset", "none", "--to", "earliest"],
      ["reset", "hourly", "--to", "1000000"], ["replay", "--from", "1000000"],
    ] {
      let outcome = try MoaaProcess(words + ["--store", store]).finish()
      #expect(outcome.status == 2, "\(words): \(outcome.errors)")
      #expect(outcome.output == "")
      #expect(outcome.errors.contains(/there is no|is not among them/), "\(outcome.errors)")
    }
  }

  @Test func anotherDatabaseIsLeftAlone() throws {
    try execute("CREATE TABLE notes (text TEXT)")
    for command in [["hours"], ["ingest", folder.path], ["aggregate"]] {
      let outcome = try MoaaProcess(command + ["--store", store]).finish()
      #expect(outcome.status == 4)
      #expect(outcome.errors.contains("not a moaa store"))
    }
  }

  @Test func aStoreOfALaterVersionGivesFour() throws {
    try fill()
    try execute("PRAGMA user_version = 1000")
    for command in [["hours"], ["aggregate"], ["ingest", folder / "noaa"]] {
      let outcome = try MoaaProcess(command + ["--store", store]).finish()
      #expect(outcome.status == 4)
      #expect(outcome.errors.contains("later"))
    }
  }

  @Test func aStoreAtItsLimitGivesFourAndGoesOnWhenTheLimitIsRaised() throws {
    let noaa = try folder.sample(stations: 5, days: 30)
    let small = ["--commit-records", "200", "--format", "csv", "--store"]
    let full = try MoaaProcess(["run", noaa, "--store-limit", "300k"] + small + [store]).finish()
    #expect(full.status == 4)
    #expect(full.errors.contains("the store's size limit is full"))
    #expect(full.errors.contains("raise the limit"))
    #expect(!full.errors.contains("VALUES"), "SQL tells a user nothing")
    try expectWhole(store)
    #expect(try MoaaProcess(["run", noaa] + small + [store]).finish().status == 0)
    let other = folder / "other.store"
    #expect(try MoaaProcess(["run", noaa] + small + [other]).finish().status == 0)
    expectSame(try StoreContents(store), as: try StoreContents(other), "after a full store")
  }

  @Test func anotherRuleGivesFiveAndChangesNothing() throws {
    try fill()
    let before = try StoreContents(store)
    for rule in [
      ["--quality", "all"], ["--delay", "45m"], ["--allowed-lateness", "1h"],
      ["--output-mode", "complete"],
    ] {
      for command in [["aggregate"], ["run", folder / "noaa"]] {
        let outcome = try MoaaProcess(command + rule + ["--store", store]).finish()
        #expect(outcome.status == 5)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("another rule"))
        #expect(outcome.errors.contains("moaa reset hourly --to earliest"))
      }
    }
    let replay = try moaa("replay", "--verify", "--quality", "all", "--store", store)
    #expect(replay.status == 5)
    expectSame(try StoreContents(store), as: before, "after refused rules")
  }

  @Test func outputThatFindsNoRoomGivesFour() throws {
    try fill()
    for words in [["hours"], ["log", "dump", "raw_probes_results"], ["--help"], ["--version"]] {
      let toFullDevice = ["-c", "exec \"$0\" \"$@\" > /dev/full", moaaPath] + words
      let outcome = try MoaaProcess(
        toFullDevice, environment: ["MOAA_STORE": store], program: "/bin/sh"
      ).finish()
      #expect(outcome.status == 4)
      #expect(outcome.errors.contains("standard output: No space left on device"))
    }
  }

  /// Changes the store as another program would.
  private func execute(_ sql: String) throws {
    var database: OpaquePointer?
    try #require(sqlite3_open(store, &database) == SQLITE_OK)
    defer { sqlite3_close(database) }
    try #require(sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK)
  }
}
