// The whole program: its commands, and which of them a command line names.

/// Commands of one to three words. Those that share their first words are a group, such as `log` or
/// `sync kafka`.
public struct CommandSet: Sendable {
  let program: String
  let summary: String
  let version: String?
  let commands: [Command]
  let environment: [(name: String, meaning: String)]
  let footer: String

  /// - Parameters:
  ///   - version: what `--version` prints after the program's name; nil for no such option.
  ///   - environment: the variables that the program reads, for the help.
  ///   - footer: what stands below the list of commands; may be empty.
  public init(
    program: String, summary: String, version: String? = nil, commands: [Command],
    environment: [(name: String, meaning: String)] = [], footer: String
  ) {
    precondition(
      Set(commands.map(\.name)).count == commands.count, "a command is declared twice")
    precondition(
      commands.allSatisfy { (1...3).contains($0.words.count) && $0.words[0] != "help" },
      "a command's name is one to three words, and not help")
    self.program = program
    self.summary = summary
    self.version = version
    self.commands = commands
    self.environment = environment
    self.footer = footer
  }

  /// What a command line asks for.
  public enum Selection: Sendable {
    /// The text to print.
    case help(String)
    /// A command, and the words for its `parse`.
    case command(Command, rest: [String])
  }

  /// Finds the command that `words` (without the program's own name) begin with. No words, `help`,
  /// `help X`, `X --help` and a group's name alone give help.
  public func select(_ words: [String]) throws(UsageError) -> Selection {
    guard let first = words.first, first != "-h", first != "--help" else {
      return .help(helpText())
    }
    if let version, words == ["--version"] { return .help("\(program) \(version)\n") }
    if first == "help" { return .help(try help(about: Array(words.dropFirst()))) }
    if first.hasPrefix("-") {
      throw UsageError(message: "\(first) comes before the command: write the command first")
    }
    if let (command, count) = command(in: words) {
      let rest = Array(words.dropFirst(count))
      if Command.asksForHelp(rest) { return .help(command.helpText(program: program)) }
      return .command(command, rest: rest)
    }
    guard let group = group(words) else { throw unknown(first) }
    let count = group.name.count
    if words.count == count || words[count] == "-h" || words[count] == "--help" {
      return .help(helpText(group: group))
    }
    throw unknown(words.prefix(count + 1).joined(separator: " "), in: group)
  }

  /// Usage, summary, the commands with their summaries, and the footer. Ends with a newline.
  public func helpText() -> String {
    var sections = [
      "Usage: \(program) COMMAND [OPTIONS] [ARGUMENTS]\n", HelpLayout.paragraphs(summary),
      "Commands:\n" + Self.table(commands),
      HelpLayout.paragraphs("'\(program) help COMMAND' tells more about a command."),
    ]
    if !environment.isEmpty {
      let rows = environment.map { (term: $0.name, explanation: $0.meaning) }
      sections.append("Environment:\n" + HelpLayout.table(rows))
    }
    if !footer.isEmpty { sections.append(HelpLayout.paragraphs(footer)) }
    return sections.joined(separator: "\n")
  }

  // MARK: Help

  private func help(about words: [String]) throws(UsageError) -> String {
    guard let first = words.first, !first.hasPrefix("-") else { return helpText() }
    if let (command, _) = command(in: words) { return command.helpText(program: program) }
    guard let group = group(words) else { throw unknown(first) }
    let count = group.name.count
    guard words.count == count || words[count].hasPrefix("-") else {
      throw unknown(words.prefix(count + 1).joined(separator: " "), in: group)
    }
    return helpText(group: group)
  }

  private func helpText(group: Group) -> String {
    let name = group.name.joined(separator: " ")
    return [
      "Usage: \(program) \(name) COMMAND [OPTIONS] [ARGUMENTS]\n",
      "Commands:\n" + Self.table(group.commands),
      HelpLayout.paragraphs("'\(program) help \(name) COMMAND' tells more about a command."),
    ].joined(separator: "\n")
  }

  private static func table(_ commands: [Command]) -> String {
    HelpLayout.table(commands.map { (term: $0.name, explanation: $0.summary) })
  }

  // MARK: Names

  /// The command that the words begin with, and of how many words its name is. The longer name wins.
  private func command(in words: [String]) -> (command: Command, wordCount: Int)? {
    for count in [3, 2, 1] where words.count >= count {
      if let command = commands.first(where: { $0.words == Array(words.prefix(count)) }) {
        return (command, count)
      }
    }
    return nil
  }

  private typealias Group = (name: [String], commands: [Command])

  /// What may follow the words, where those are nothing yet or the whole name of a group: the next
  /// word of the commands there, each once, with the summary of the command that it completes.
  func nextWords(after words: [String]) -> [(word: String, summary: String)] {
    var next: [(word: String, summary: String)] = []
    for command in commands where command.words.count > words.count {
      guard command.words.starts(with: words) else { continue }
      let word = command.words[words.count]
      guard !next.contains(where: { $0.word == word }) else { continue }
      let name = (words + [word]).joined(separator: " ")
      let members = commands.filter { $0.words.starts(with: words + [word]) }
      let summary =
        members.first { $0.name == name }?.summary
        ?? members.map { $0.words[words.count + 1] }.reduce(into: [String]()) {
          if !$0.contains($1) { $0.append($1) }
        }.joined(separator: ", ")
      next.append((word, summary))
    }
    return next
  }

  /// The names of all groups.
  var groups: [[String]] {
    commands.flatMap { command in (1..<command.words.count).map { Array(command.words.prefix($0)) }
    }
    .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The group that the words begin with: of the longest name.
  private func group(_ words: [String]) -> Group? {
    for count in [2, 1] where words.count >= count {
      let name = Array(words.prefix(count))
      let members = commands.filter { $0.words.count > count && $0.words.starts(with: name) }
      if !members.isEmpty { return (name, members) }
    }
    return nil
  }

  private func unknown(_ name: String, in group: Group? = nil) -> UsageError {
    let near: String?
    if let group {
      near = NearestName.of(name, among: group.commands.map(\.name))
    } else {
      // `dump` for `log dump`, and `lgo` for the group `log`.
      let names = commands.map(\.name) + commands.map { $0.words[0] } + ["help"]
      near =
        NearestName.of(name, among: names)
        ?? commands.first { $0.words.last == name }?.name
    }
    let place =
      group.map { "\(program) help \($0.name.joined(separator: " "))" } ?? "\(program) help"
    let hint = near.map { " (did you mean '\($0)'?)" } ?? ": '\(place)' lists the commands"
    return UsageError(message: "unknown command '\(name)'\(hint)")
  }
}

extension Command {
  /// The words of the name.
  var words: [String] { name.split(separator: " ").map(String.init) }
}
