// Which command a command line names.

import Arguments
import Testing

@Suite struct CommandSetTests {
  private let program = CommandSet(
    program: "moaa", summary: "Hourly weather.",
    commands: [
      Command("ingest", "Read files.", options: [.flag("quick", "Be quick.")]),
      Command("log dump", "Print records."), Command("log verify", "Check the log."),
      Command("log", "Never seen by the tests of groups."),
      Command("store info", "Print sizes."), Command("store check", "Check the store."),
      Command("sync table", "Send rows."), Command("sync topic push", "Send records."),
      Command("sync topic pull", "Get records."),
    ], footer: "")

  private func chosen(_ words: String...) throws -> [String] {
    switch try program.select(words) {
    case .help(let text): ["help", String(text.prefix { $0 != "\n" })]
    case .command(let command, let rest): [command.name] + rest
    }
  }

  private func mistake(_ words: String...) -> String? {
    #expect(throws: UsageError.self) { try program.select(words) }?.message
  }

  @Test func aCommandIsItsOneOrTwoWordsAndTheRestIsLeft() throws {
    #expect(try chosen("ingest", "a.csv", "--quick") == ["ingest", "a.csv", "--quick"])
    #expect(try chosen("log", "dump", "raw") == ["log dump", "raw"])
    #expect(try chosen("store", "info") == ["store info"])
  }

  @Test func groupsLieInGroups() throws {
    #expect(try chosen("sync", "topic", "push", "x") == ["sync topic push", "x"])
    #expect(
      try chosen("sync", "topic") == [
        "help", "Usage: moaa sync topic COMMAND [OPTIONS] [ARGUMENTS]",
      ])
    #expect(try chosen("help", "sync", "topic") == chosen("sync", "topic", "--help"))
    #expect(try chosen("sync") == ["help", "Usage: moaa sync COMMAND [OPTIONS] [ARGUMENTS]"])
    #expect(
      mistake("sync", "topic", "pusch")
        == "unknown command 'sync topic pusch' (did you mean 'sync topic push'?)")
    #expect(mistake("sync", "topics")?.hasPrefix("unknown command 'sync topics'") == true)
  }

  @Test func theVersionIsAskedForAloneAndOnlyWhereThereIsOne() throws {
    let versioned = CommandSet(
      program: "moaa", summary: "", version: "1.2", commands: [Command("run", "Run.")], footer: "")
    guard case .help("moaa 1.2\n") = try versioned.select(["--version"]) else {
      Issue.record("no version")
      return
    }
    #expect(throws: UsageError.self) { try versioned.select(["--version", "run"]) }
    #expect(throws: UsageError.self) { try program.select(["--version"]) }
  }

  @Test func theLongerNameWins() throws {
    #expect(try chosen("log", "verify") == ["log verify"])
    #expect(try chosen("log", "other") == ["log", "other"])
  }

  @Test func helpCanBeAskedForInEveryPlace() throws {
    let whole = ["help", "Usage: moaa COMMAND [OPTIONS] [ARGUMENTS]"]
    #expect(try program.select([]).isHelp)
    for words in [["help"], ["--help"], ["-h"], ["help", "--help"], ["help", "-h"]] {
      guard case .help(let text) = try program.select(words) else {
        Issue.record("\(words) gave no help")
        continue
      }
      #expect(text == program.helpText())
    }
    #expect(try chosen() == whole)
    #expect(try chosen("help", "ingest") == ["help", "Usage: moaa ingest [OPTIONS]"])
    #expect(try chosen("ingest", "--help") == ["help", "Usage: moaa ingest [OPTIONS]"])
    #expect(try chosen("ingest", "--bad", "-h") == ["help", "Usage: moaa ingest [OPTIONS]"])
    #expect(try chosen("ingest", "--", "-h") == ["ingest", "--", "-h"])
    #expect(try chosen("help", "log", "dump") == ["help", "Usage: moaa log dump [OPTIONS]"])
  }

  @Test func aGroupsNameAloneListsItsCommands() throws {
    let expected = """
      Usage: moaa store COMMAND [OPTIONS] [ARGUMENTS]

      Commands:
        store info   Print sizes.
        store check  Check the store.

      'moaa help store COMMAND' tells more about a command.

      """
    for words in [["store"], ["store", "--help"], ["store", "-h"], ["help", "store"]] {
      guard case .help(let text) = try program.select(words) else {
        Issue.record("\(words) gave no help")
        continue
      }
      #expect(text == expected)
    }
  }

  @Test func anUnknownCommandIsAnsweredWithTheNearest() {
    #expect(mistake("injest") == "unknown command 'injest' (did you mean 'ingest'?)")
    #expect(mistake("stroe") == "unknown command 'stroe' (did you mean 'store'?)")
    #expect(mistake("dump") == "unknown command 'dump' (did you mean 'log dump'?)")
    #expect(mistake("help", "inges") == "unknown command 'inges' (did you mean 'ingest'?)")
    #expect(
      mistake("store", "chekc") == "unknown command 'store chekc' (did you mean 'store check'?)")
    #expect(
      mistake("help", "store", "inf")
        == "unknown command 'store inf' (did you mean 'store info'?)")
    #expect(mistake("xyzzy") == "unknown command 'xyzzy': 'moaa help' lists the commands")
    #expect(
      mistake("store", "xyzzy")
        == "unknown command 'store xyzzy': 'moaa help store' lists the commands")
  }

  @Test func anOptionBeforeTheCommandIsAnError() {
    #expect(
      mistake("--quick", "ingest") == "--quick comes before the command: write the command first")
  }
}

extension CommandSet.Selection {
  fileprivate var isHelp: Bool { if case .help = self { true } else { false } }
}
