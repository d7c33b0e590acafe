// What can be asked of the program, and what it says when it is asked wrongly.

import Testing

/// Every command and its options, as scripts know them.
let optionsOfCommands: [(command: String, options: [String])] = [
  (
    "run",
    [
      "by-station", "station", "from", "to", "format", "store", "quality", "output-mode", "delay",
      "allowed-lateness", "commit-records", "store-limit", "input-format",
    ]
  ),
  ("ingest", ["store", "input-format", "commit-records", "store-limit"]),
  (
    "aggregate",
    [
      "store", "follow", "quality", "output-mode", "delay", "allowed-lateness", "commit-records",
      "store-limit",
    ]
  ),
  ("hours", ["by-station", "station", "from", "to", "results", "format", "store"]),
  (
    "backfill",
    [
      "by", "weight", "seasons", "quality", "reports", "threads", "input-format", "format", "store",
      "store-limit",
    ]
  ), ("tables", ["format"]), ("table", ["weight", "seasons", "format", "store"]),
  ("replay", ["from", "verify", "format", "store", "quality"]),
  ("explain", ["station", "format", "store"]),
  ("log topics", ["format", "store"]),
  ("log groups", ["format", "store"]),
  ("log segments", ["format", "store"]),
  ("log dump", ["from", "to", "limit", "origin", "format", "store"]),
  ("log tail", ["lines", "follow", "format", "store"]),
  ("log verify", ["deep", "format", "store"]),
  ("log retain", ["dry-run", "topic", "keep", "keep-bytes", "format", "store"]),
  ("reset", ["to", "dry-run", "store"]),
  (
    "sync kafka pull",
    [
      "brokers", "kafka-config", "topic", "follow", "from", "accept-gap", "patience", "idle",
      "commit-records", "format", "store", "store-limit",
    ]
  ),
  (
    "sync mysql",
    [
      "mysql", "password-file", "tls-ca", "no-tls", "check", "repair", "tables", "weight",
      "seasons",
      "topic", "follow", "plan", "adopt", "on-bad-row", "batch", "name", "store",
    ]
  ),
  (
    "up",
    [
      "socket", "datagram", "socket-mode", "trigger", "idle", "linger", "day", "cache", "from",
      "until",
      "speed", "step", "every", "input-format", "name", "until-fed", "mysql", "password-file",
      "tls-ca",
      "no-tls",
      "kafka", "kafka-config", "kafka-topics", "by-station", "metrics", "store", "quality",
      "output-mode",
      "delay", "allowed-lateness", "store-limit",
    ]
  ),
  (
    "listen",
    [
      "socket", "datagram", "socket-mode", "trigger", "idle", "linger", "store", "store-limit",
    ]
  ),
  (
    "feed",
    [
      "to", "day", "cache", "from", "until", "speed", "step", "every", "name", "patience",
      "input-format",
    ]
  ),
  ("status", ["format", "json", "store"]),
  ("sample", ["out", "stations", "start", "days", "seed", "overwrite"]),
  ("doctor", ["format", "store"]),
  ("completions", []), ("man", ["list"]),
]

@Suite struct CommandLineTests {
  let folder = TemporaryFolder()

  private func words(_ command: String) -> [String] {
    command.split(separator: " ").map(String.init)
  }

  @Test(arguments: optionsOfCommands)
  func helpNamesEveryOptionAndNoOther(_ command: String, _ options: [String]) throws {
    for help in [words(command) + ["--help"], ["help"] + words(command)] {
      let outcome = try MoaaProcess(help).finish()
      #expect(outcome.status == 0)
      #expect(outcome.errors == "")
      #expect(outcome.output.hasPrefix("Usage: moaa \(command) "))
      let named = outcome.lines.filter { $0.hasPrefix("  --") }
        .map { $0.dropFirst(4).prefix { !$0.isWhitespace } }
      #expect(named.sorted() == options.map { $0[...] }.sorted())
      // Examples begin with the program's name, and may be longer.
      let longest = outcome.lines.filter { !$0.hasPrefix("  moaa ") && !$0.contains(" | moaa ") }
        .map(\.count).max()
      #expect(longest ?? 0 <= 80)
    }
  }

  @Test func theProgramsHelpNamesEveryCommandAndExitCode() throws {
    let outcome = try moaa("--help")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\n  MOAA_STORE "))
    for (command, _) in optionsOfCommands { #expect(outcome.output.contains("\n  \(command) ")) }
    for code in ["0 done", "1 done, but", "2 usage", "3 a check", "4 the store", "5 the", "130"] {
      #expect(outcome.output.contains(code))
    }
  }

  @Test func noArgumentsGiveTheHelpAsAUsageError() throws {
    let outcome = try moaa()
    #expect(outcome.status == 2)
    #expect(outcome.output == (try moaa("--help").output))
  }

  @Test func versionIsOneLine() throws {
    let outcome = try moaa("--version")
    #expect(outcome.status == 0)
    #expect(outcome.output.wholeMatch(of: /moaa \d+\.\d+\.\d+\n/) != nil)
  }

  @Test(arguments: [
    ("hour", "hours"), ("agregate", "aggregate"), ("lgo", "log"), ("dump", "log dump"),
    ("log topic", "log topics"), ("log verfy", "log verify"),
  ])
  func anUnknownCommandIsRefusedWithASuggestion(_ given: String, _ meant: String) throws {
    let outcome = try MoaaProcess(words(given) + ["--deep"]).finish()
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("unknown command '\(given)'"))
    #expect(outcome.errors.contains("did you mean '\(meant)'?"))
  }

  @Test(arguments: optionsOfCommands)
  func anUnknownOptionIsRefusedWithASuggestion(_ command: String, _ options: [String]) throws {
    for option in options {
      let outcome = try MoaaProcess(words(command) + ["--\(option)x"]).finish()
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("--\(option)x"))
      #expect(outcome.errors.contains("did you mean --\(option)?"))
    }
  }

  @Test(arguments: [
    ["hours", "--format", "xml"], ["hours", "--from", "yesterday"],
    ["hours", "--from", "2024-06-21", "--to", "2024-06-20"],
    ["run", "f", "--from", "2024-06-20T08:01", "--to", "2024-06-20T08"],
    ["sample", "--start", "9999-12-31", "--days", "2"],
    ["hours", "surplus"],
    ["ingest"], ["ingest", "f", "--commit-records", "0"],
    ["ingest", "f", "--commit-records", "many"],
    ["ingest", "f", "--store-limit", "big"], ["run", "f", "--store-limit", "1.5G"],
    ["run", "f", "--delay", "soon"], ["run", "f", "--commit-records", "0"],
    ["aggregate", "--quality", "best"], ["aggregate", "--delay", "30x"],
    ["aggregate", "--commit-records", "0"], ["aggregate", "--allowed-lateness", "-1"],
    ["explain"], ["explain", "noon"], ["log", "dump"], ["log", "dump", "t", "--limit", "-1"],
    ["completions"], ["completions", "fish"], ["man", "--list", "run"],
    ["reset", "hourly"], ["reset", "hourly", "--to", "nowhere"], ["sample", "--stations", "0"],
    ["sample", "--start", "someday"], ["hours", "--store"],
  ])
  func aCommandLineThatMakesNoSenseIsRefusedAndLeavesNothing(_ words: [String]) throws {
    let outcome = try MoaaProcess(words, in: folder.path).finish()
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix("moaa: "))
    #expect(TemporaryFolder.names(in: folder.path) == [])
  }

  @Test func aSampleMayEndWithTheYear9999() throws {
    let sample = try moaa(
      "sample", "--start", "9999-12-31", "--days", "1", "--stations", "1", "--out", folder / "last")
    #expect(sample.status == 0, "\(sample.errors)")
  }

  @Test func doctorNamesEveryLibrary() throws {
    let doctor = try moaa("doctor", "--format", "csv", in: folder.path)
    #expect(doctor.status == 0)
    for library in ["SQLite", "zstd", "zlib", "xxHash", "libcrypto", "libcurl"] {
      #expect(doctor.output.contains(try Regex("(?m)^\(library),ok,[^,]*[0-9]+\\.[0-9]+")))
    }
  }
}
