// How help looks: a person reads it, so it is compared as a whole.

import Arguments
import Testing

@Suite struct HelpTests {
  @Test func aCommandsHelpIsSetInTwoColumnsWithin80() {
    let command = Command(
      "log dump", "Print the records of a topic, oldest first.",
      positionals: [
        Positional("TOPIC", .one, "The topic.", choices: ["raw", "aggregates"]),
        Positional("KEY", .any, "Only the records with one of these keys."),
      ],
      options: [
        .flag("reverse", "Newest first."),
        .value(
          "quality", "RULE",
          "Which temperatures may be used: those that passed their checks, or all that are there.",
          default: "passed", choices: ["passed", "all"]),
        .value("a-very-long-name-of-an-option", "VALUE", "Stands alone."),
      ],
      discussion: """
        The first paragraph is long enough that it has to be wrapped at the eightieth
        column.

          kept   as it is

        Last.
        """,
      examples: ["moaa log dump raw", "moaa log dump raw --quality all | wc -l"])
    #expect(
      command.helpText(program: "moaa") == """
        Usage: moaa log dump [OPTIONS] TOPIC [KEY...]

        Print the records of a topic, oldest first.

        Arguments:
          TOPIC  The topic. (one of: raw, aggregates)
          KEY    Only the records with one of these keys.

        Options:
          --reverse       Newest first.
          --quality RULE  Which temperatures may be used: those that passed their
                          checks, or all that are there. (one of: passed, all; default:
                          passed)
          --a-very-long-name-of-an-option VALUE
                          Stands alone.
          -h, --help      Show this help.

        The first paragraph is long enough that it has to be wrapped at the eightieth
        column.

          kept   as it is

        Last.

        Examples:
          moaa log dump raw
          moaa log dump raw --quality all | wc -l

        """)
  }

  @Test func theProgramsHelpListsTheCommands() {
    let program = CommandSet(
      program: "moaa", summary: "Hourly weather.",
      commands: [Command("ingest", "Read files."), Command("log dump", "Print records.")],
      environment: [("MOAA_STORE", "The store.")], footer: "Made for weather.")
    #expect(
      program.helpText() == """
        Usage: moaa COMMAND [OPTIONS] [ARGUMENTS]

        Hourly weather.

        Commands:
          ingest    Read files.
          log dump  Print records.

        'moaa help COMMAND' tells more about a command.

        Environment:
          MOAA_STORE  The store.

        Made for weather.

        """)
  }

  @Test func noLineOfHelpIsWiderThan80Columns() {
    for words in [1, 7, 40, 90] {
      let text = Array(repeating: "temperature", count: words).joined(separator: " ")
      let names = (0..<words).map { "ARGUMENT\($0)" }
      let help = Command(
        "log dump", text, positionals: names.map { Positional($0, .optional, text) },
        options: [.value("quality", "RULE", text)], discussion: text
      ).helpText(program: "moaa")
      for line in help.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }
  }
}
