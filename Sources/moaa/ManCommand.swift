// `moaa man`: the manual pages.

import Arguments

enum ManCommand: Subcommand {
  static let declaration = Command(
    "man", "Print a manual page, for `man` to show.",
    positionals: [
      Positional("COMMAND", .any, "The command, such as `log dump`; without it, moaa itself.")
    ],
    options: [.flag("list", "Print the names of all pages instead.")],
    discussion: """
      Made of the same declarations as `moaa help`. The Debian package has all pages: `man moaa`, \
      `man moaa-log-dump`.
      """,
    examples: ["moaa man log dump | man -l -"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let pages = Main.commands.manualPages()
    let words = arguments.positionals("COMMAND")
    if arguments.flag("list") {
      guard words.isEmpty else { throw UsageError(message: "--list goes with no COMMAND") }
      try StandardOutput.write(pages.map { $0.name + "\n" }.joined())
      return .success
    }
    // `log dump`, or the page's own name.
    let asked = words.flatMap { $0.split(separator: " ") }.joined(separator: "-")
    let name =
      asked.isEmpty || asked == "moaa" || asked.hasPrefix("moaa-") ? asked : "moaa-\(asked)"
    guard let page = pages.first(where: { $0.name == (name.isEmpty ? "moaa" : name) }) else {
      throw UsageError(
        message: "there is no page '\(words.joined(separator: " "))': `moaa man --list` lists them")
    }
    try StandardOutput.write(page.text)
    return .success
  }
}
