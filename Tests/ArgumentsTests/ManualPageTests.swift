// Manual pages in roff: compared as a whole, and where roff would take text for something else.

import Arguments
import Testing

@Suite struct ManualPageTests {
  private func page(_ command: Command, _ others: [Command] = []) -> String {
    CommandSet(
      program: "moaa", summary: "Weather.", version: "1.2", commands: [command] + others, footer: ""
    ).manualPages()[1].text
  }

  @Test func aCommandsPageHasItsDeclaration() {
    let command = Command(
      "log dump", "Print records with `--limit`.",
      positionals: [Positional("TOPIC", .one, "The topic.", choices: ["raw", "aggregates"])],
      options: [
        .flag("reverse", "Newest first."),
        .value("limit", "N", "At most so many.", default: "10"),
      ],
      discussion: """
        Two lines are
        one paragraph.

          kept   as it is
        """,
      examples: ["moaa log dump raw | wc -l"])
    #expect(
      page(command, [Command("log verify", "Check."), Command("run", "Run.")]) == """
        .\\" Made by `moaa man`.
        .TH "MOAA\\-LOG\\-DUMP" 1 "" "moaa 1.2" "moaa"
        .\\" As terminals read best: no blanks to fill lines, no words in two.
        .ad l
        .nh
        .SH NAME
        moaa\\-log\\-dump \\- Print records with \\-\\-limit
        .SH SYNOPSIS
        \\fBmoaa log dump\\fR [\\fIOPTIONS\\fR] \\fITOPIC\\fR
        .SH DESCRIPTION
        .PP
        Two lines are one paragraph.
        .PP
        .EX
          kept   as it is
        .EE
        .SH ARGUMENTS
        .TP
        \\fITOPIC\\fR
        The topic. (one of: raw, aggregates)
        .SH OPTIONS
        .TP
        \\fB\\-\\-reverse\\fR
        Newest first.
        .TP
        \\fB\\-\\-limit\\fR \\fIN\\fR
        At most so many. (default: 10)
        .TP
        \\fB\\-h\\fR, \\fB\\-\\-help\\fR
        Show the help.
        .SH EXAMPLES
        .EX
        moaa log dump raw | wc \\-l
        .EE
        .SH SEE ALSO
        \\fBmoaa\\fR(1),
        \\fBmoaa\\-log\\-verify\\fR(1)

        """)
  }

  @Test func noTextIsTakenForARequestOrAnEscape() {
    let text = page(
      Command(
        "run", "Run.", discussion: ".SH not a section\n\n'tis a \\backslash, ~/x^2, 5 °C, `.dot`"))
    #expect(text.contains("\n\\&.SH not a section\n"))
    #expect(
      text.contains(
        "\n\\(aqtis a \\(rsbackslash, \\(ti/x\\(ha2, 5 \\[u00B0]C, \\fB\\&.dot\\fR\n"))
    #expect(text.utf8.allSatisfy { $0 < 128 })
  }

  @Test func theProgramsPageIsFirstAndNamesTheCommandsAndTheEnvironment() {
    let pages = CommandSet(
      program: "moaa", summary: "Weather.", version: "1.2",
      commands: [Command("run", "Run."), Command("sync kafka pull", "Pull.")],
      environment: [("MOAA_STORE", "The store.")], footer: "Made for weather."
    ).manualPages()
    #expect(pages.map(\.name) == ["moaa", "moaa-run", "moaa-sync-kafka-pull"])
    #expect(pages[0].text.contains("\\fBmoaa\\-sync\\-kafka\\-pull\\fR(1)\nPull.\n"))
    #expect(pages[0].text.contains(".SH ENVIRONMENT\n.TP\n\\fBMOAA_STORE\\fR\nThe store.\n"))
    #expect(pages[0].text.contains(".PP\nMade for weather.\n"))
  }
}
