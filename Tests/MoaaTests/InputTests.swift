// Where input comes from and where the store is, as a user names them.

import Foundation
import Testing

@Suite struct InputTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  private func raw(_ store: String) throws -> String {
    try moaa("log", "dump", "raw_probes_results", "--store", store).output
  }

  @Test func standardInputIsAFileLikeAnother() throws {
    let noaa = try folder.sample(stations: 1, days: 3)
    let file = try noaa + "/" + #require(TemporaryFolder.names(in: noaa).first)
    #expect(try moaa("ingest", file, "--store", folder / "file.store").status == 0)
    let ingest = try moaa("ingest", "-", "--store", store, input: file)
    #expect(ingest.status == 0)
    #expect(ingest.errors.contains("from 1 of 1 file"))
    #expect(try raw(store) == raw(folder / "file.store"))
    // It is known again, as a stream, as a file and compressed.
    #expect(try MoaaProcess(["-k", file], program: "/bin/gzip").finish().status == 0)
    for (path, input) in [("-", file), (file, "/dev/null"), ("-", file + ".gz")] {
      let again = try moaa("ingest", path, "--store", store, input: input)
      #expect(again.status == 0)
      #expect(again.errors.contains("ingested 0 records"))
      #expect(again.errors.contains("1 hold nothing new"))
    }
    #expect(try raw(store) == raw(folder / "file.store"))
  }

  @Test func faultsOfStandardInputAreToldUnderItsName() throws {
    let bad = try folder.write("STATION,DATE,TMP\n1,2024-06-20T00:00:00,warm\n", to: "bad.csv")
    let refused = try moaa("ingest", "-", "--store", store, input: bad)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("moaa: standard input, line 2: "))
    let noaa = try folder.sample(stations: 1, days: 1)
    let file = try noaa + "/" + #require(TemporaryFolder.names(in: noaa).first)
    #expect(try MoaaProcess([file], program: "/bin/gzip").finish().status == 0)
    let compressed = try Data(contentsOf: URL(fileURLWithPath: file + ".gz"))
    let cut = folder / "cut.gz"
    try compressed.prefix(compressed.count / 2).write(to: URL(fileURLWithPath: cut))
    let early = try moaa("ingest", "-", "--store", store, input: cut)
    #expect(early.status == 1)
    #expect(early.errors.contains("moaa: standard input: the gzip data end early"))
    let none = try moaa("ingest", "-", "--store", store)
    #expect(none.status == 1)
    #expect(none.errors.contains("moaa: standard input"))
  }

  @Test func whenTooManyFilesAreOpenItIsToldWhatToDoAndAnotherRunTakesTheRest() throws {
    let noaa = try folder.sample(stations: 60, days: 12)
    let words = ["ingest", noaa, "--store", store]
    let limited = try MoaaProcess(
      ["-c", "ulimit -n 40; exec \"$0\" \"$@\"", moaaPath] + words, program: "/bin/sh"
    ).finish()
    #expect(limited.status == 1)
    #expect(limited.errors.contains("Too many open files: "))
    #expect(limited.errors.contains("raise `ulimit -n`, or ingest in parts"))
    #expect(try moaa("ingest", noaa, "--store", store).status == 0)
    #expect(try moaa("ingest", noaa, "--store", store).errors.contains("ingested 0 records"))
  }

  @Test func standardInputThatCannotBeKeptIsToldAndTheRestIngested() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    let ingest = try moaa(
      "ingest", "-", noaa, "--store", store, environment: ["TMPDIR": folder / "none"])
    #expect(ingest.status == 1)
    #expect(ingest.errors.contains("moaa: standard input: cannot be kept in \(folder / "none")"))
    #expect(ingest.errors.contains("from 1 of 1 file"))
  }

  @Test func nothingOfStandardInputIsLeftBehind() throws {
    let temporary = try folder.write("", to: "tmp/x").dropLast(2)
    let bad = try folder.write("STATION,DATE,TMP\n1,2024-06-20T00:00:00,warm\n", to: "bad.csv")
    for input in [bad, "/dev/null", folder.path] {
      // A folder opens as an input, and fails when it is read.
      _ = try moaa(
        "ingest", "-", "--store", store, input: input, environment: ["TMPDIR": String(temporary)])
      #expect(TemporaryFolder.names(in: String(temporary)) == ["x"])
    }
    // Not even while it is at work, so that it may be killed.
    let pipe = folder / "pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let end = try #require(FileHandle(forUpdatingAtPath: pipe))
    let ingest = try MoaaProcess(
      ["ingest", "-", "--store", store], input: pipe, environment: ["TMPDIR": String(temporary)])
    try end.write(contentsOf: Data("STATION,DATE,TMP\n".utf8))
    usleep(500_000)
    #expect(ingest.isRunning)
    #expect(TemporaryFolder.names(in: String(temporary)) == ["x"])
    ingest.signal(SIGKILL)
    #expect(ingest.finish().status == -SIGKILL)
  }

  @Test func theStoreIsTheOptionsElseTheEnvironmentsElseTheFoldersOwn() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    let here = TemporaryFolder()
    let environment = ["MOAA_STORE": folder / "environment.store"]
    func made(_ folder: TemporaryFolder) -> [String] {
      TemporaryFolder.names(in: folder.path).filter { $0.hasSuffix(".store") }
    }
    let option = try moaa(
      "ingest", noaa, "--store", folder / "option.store", in: here.path, environment: environment)
    #expect(option.status == 0)
    #expect(made(folder) == ["option.store"])
    #expect(try moaa("ingest", noaa, in: here.path, environment: environment).status == 0)
    #expect(made(folder) == ["environment.store", "option.store"])
    #expect(made(here) == [])
    #expect(try moaa("ingest", noaa, in: here.path).status == 0)
    #expect(made(here) == ["moaa.store"])
    for words in [["log", "topics"], ["log", "verify"]] {
      #expect(try MoaaProcess(words, in: here.path).finish().status == 0)
      let read = try MoaaProcess(words, in: folder.path, environment: environment).finish()
      #expect(read.status == 0)
    }
  }
}
