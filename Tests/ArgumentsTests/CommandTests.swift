// How a command's words are read, and what each mistake is answered with.

import Arguments
import Testing

@Suite struct CommandTests {
  private static let dump = Command(
    "log dump", "Print records.",
    positionals: [Positional("TOPIC", .one, "The topic.")],
    options: [
      .flag("reverse", "Newest first."),
      .value("quality", "RULE", "Which records.", default: "passed", choices: ["passed", "all"]),
      .value("from", "OFFSET", "Where to begin."),
    ])

  private func parsed(
    _ words: [String], by command: Command = CommandTests.dump
  ) throws -> ParsedArguments {
    switch try command.parse(words) {
    case .arguments(let arguments): return arguments
    case .help: throw UsageError(message: "help")
    }
  }

  private func mistake(
    _ words: [String], by command: Command = CommandTests.dump
  ) -> String? {
    #expect(throws: UsageError.self) { try command.parse(words) }?.message
  }

  @Test func optionsAndPositionalsMayStandInAnyOrder() throws {
    for words in [
      ["raw", "--reverse", "--from", "7"], ["--from=7", "raw", "--reverse"],
      ["--reverse", "--from", "7", "--", "raw"],
    ] {
      let arguments = try parsed(words)
      #expect(arguments.positionals("TOPIC") == ["raw"])
      #expect(arguments.flag("reverse"))
      #expect(arguments.value("from") == "7")
    }
  }

  @Test func whatIsNotGivenHasItsDefaultAndIsNotGiven() throws {
    let arguments = try parsed(["raw"])
    #expect(arguments.flag("reverse") == false)
    #expect(arguments.value("from") == nil)
    #expect(arguments.value("quality") == "passed")
    #expect(!arguments.isGiven("quality"))
    #expect(try parsed(["raw", "--quality", "passed"]).isGiven("quality"))
    #expect(try parsed(["raw", "--reverse"]).isGiven("reverse"))
  }

  @Test func twoDashesEndTheOptionsAndOneDashIsAnArgument() throws {
    #expect(try parsed(["--", "--reverse"]).positionals("TOPIC") == ["--reverse"])
    #expect(try parsed(["--", "--help"]).positionals("TOPIC") == ["--help"])
    #expect(try parsed(["--", "--"]).positionals("TOPIC") == ["--"])
    #expect(try parsed(["-"]).positionals("TOPIC") == ["-"])
    #expect(try parsed(["raw", "--from", "-"]).value("from") == "-")
  }

  @Test func aValueMayBeginWithADashButATwoDashWordIsNoValue() throws {
    #expect(try parsed(["raw", "--from=-5"]).value("from") == "-5")
    #expect(try parsed(["raw", "--from=--x=y"]).value("from") == "--x=y")
    #expect(try parsed(["raw", "--from", "-5"]).value("from") == "-5")
    #expect(try parsed(["raw", "--from="]).value("from") == "")
    #expect(mistake(["raw", "--from", "--reverse"]) == "--from needs a value: --from OFFSET")
    #expect(mistake(["raw", "--from"]) == "--from needs a value: --from OFFSET")
    #expect(mistake(["--from", "--", "raw"]) == "--from needs a value: --from OFFSET")
  }

  @Test func helpIsGivenWhateverElseStandsThere() throws {
    for words in [["-h"], ["--help"], ["--nonsense", "--help"], ["a", "b", "-h"]] {
      guard case .help = try Self.dump.parse(words) else {
        Issue.record("\(words) gave no help")
        continue
      }
    }
  }

  @Test func anUnknownOptionIsAnsweredWithTheNearestName() {
    #expect(mistake(["--qualty", "all"]) == "unknown option --qualty (did you mean --quality?)")
    #expect(mistake(["--rev=1"]) == "unknown option --rev (did you mean --reverse?)")
    #expect(mistake(["--form", "7"]) == "unknown option --form (did you mean --from?)")
    #expect(
      mistake(["--zzz"]) == "unknown option --zzz: 'log dump --help' lists the options")
    #expect(mistake(["-reverse"]) == "unknown option -reverse (did you mean --reverse?)")
    #expect(
      mistake(["-5"])
        == "unknown option -5: options are long, and a word that begins with '-' goes after '--'")
  }

  @Test func anOptionGivenTwiceIsAnError() {
    #expect(mistake(["--reverse", "--reverse"]) == "--reverse is given twice: give it once")
    #expect(mistake(["--from", "1", "--from=1"]) == "--from is given twice: give it once")
  }

  @Test func aFlagTakesNoValue() {
    #expect(mistake(["--reverse=yes"]) == "--reverse takes no value: write it alone")
    #expect(mistake(["--reverse="]) == "--reverse takes no value: write it alone")
  }

  @Test func onlyTheChoicesAreAccepted() throws {
    #expect(try parsed(["raw", "--quality", "all"]).value("quality") == "all")
    #expect(
      mistake(["raw", "--quality=some"]) == "--quality: 'some' is not one of passed, all")
    #expect(
      mistake(["raw", "--quality=pasesd"])
        == "--quality: 'pasesd' is not one of passed, all (did you mean passed?)")
  }

  @Test func onlyTheChoicesOfAPositionalAreAccepted() throws {
    let command = Command(
      "show", "Show.", positionals: [Positional("WHAT", .any, "What.", choices: ["raw", "hours"])])
    #expect(try parsed(["raw", "hours"], by: command).positionals("WHAT") == ["raw", "hours"])
    #expect(
      mistake(["raw", "huors"], by: command)
        == "WHAT: 'huors' is not one of raw, hours (did you mean hours?)")
  }

  @Test func tooFewAndTooManyPositionalsAreErrors() {
    #expect(mistake([]) == "missing TOPIC: give one")
    #expect(mistake(["a", "b"]) == "unexpected argument 'b': 'log dump' takes only TOPIC")
    #expect(
      mistake(["x"], by: Command("init", ""))
        == "unexpected argument 'x': 'init' takes no arguments")
    let many = Command("ingest", "", positionals: [Positional("FILE", .oneOrMore, "")])
    #expect(mistake([], by: many) == "missing FILE: give at least one")
  }

  @Test func positionalsLeaveTheWordsThatLaterOnesNeed() throws {
    let copy = Command(
      "copy", "",
      positionals: [
        Positional("MODE", .optional, ""), Positional("SOURCE", .oneOrMore, ""),
        Positional("TARGET", .one, ""), Positional("REST", .any, ""),
      ])
    func split(_ words: String...) throws -> [[String]] {
      let arguments = try parsed(words, by: copy)
      return ["MODE", "SOURCE", "TARGET", "REST"].map { arguments.positionals($0) }
    }
    #expect(try split("a", "b") == [[], ["a"], ["b"], []])
    #expect(try split("a", "b", "c") == [["a"], ["b"], ["c"], []])
    #expect(try split("a", "b", "c", "d") == [["a"], ["b", "c"], ["d"], []])
    #expect(mistake(["a"], by: copy) == "missing TARGET: give one")
  }

  @Test func aValueIsReadAsItsTypeOrTheErrorNamesIt() throws {
    let arguments = try parsed(["raw", "--from", "x"])
    let error = #expect(throws: UsageError.self) {
      try arguments.value("from", expecting: "a letter from a to c") {
        "abc".contains($0) ? $0 : nil
      }
    }
    #expect(error?.description == "--from: 'x' is not a letter from a to c")
    #expect(try arguments.value("from", expecting: "text") { $0.count } == 1)
    #expect(try parsed(["raw"]).value("from", expecting: "text") { $0.count } == nil)
  }

  @Test func wholeNumbersKeepToTheirBounds() throws {
    func number(_ text: String) throws -> Int64? {
      try parsed(["raw", "--from=\(text)"]).integer("from", in: -5...7)
    }
    #expect(try number("-5") == -5)
    #expect(try number("7") == 7)
    #expect(try parsed(["raw"]).integer("from", in: 0...1) == nil)
    for text in ["8", "-6", "", "1.5", "0x1", " 1", "9223372036854775808"] {
      let error = #expect(throws: UsageError.self) { try number(text) }
      #expect(error?.message == "--from: '\(text)' is not a whole number from -5 to 7")
    }
  }
}
