// One command of the program: what it takes, and how its words are read.
//
// Only long options. `--` ends them, and `-` alone is an argument. Words are read left to right,
// and the first thing wrong is the error.

/// A command and its declared arguments.
public struct Command: Sendable {
  /// One to three words, such as `log dump`.
  public let name: String
  /// What it does, in one line.
  public let summary: String
  let positionals: [Positional]
  let options: [Option]
  let discussion: String
  let examples: [String]

  /// - Parameters:
  ///   - summary: one line.
  ///   - discussion: paragraphs parted by empty lines. They are wrapped, except for lines that
  ///     begin with a blank.
  ///   - examples: whole command lines, shown as they are.
  public init(
    _ name: String, _ summary: String, positionals: [Positional] = [], options: [Option] = [],
    discussion: String = "", examples: [String] = []
  ) {
    precondition(
      Set(options.map(\.name)).count == options.count, "'\(name)' declares an option twice")
    precondition(
      Set(positionals.map(\.name)).count == positionals.count,
      "'\(name)' declares an argument twice")
    self.name = name
    self.summary = summary
    self.positionals = positionals
    self.options = options
    self.discussion = discussion
    self.examples = examples
  }

  /// What the words ask for: help, or to be done.
  public enum Outcome: Sendable { case help, arguments(ParsedArguments) }

  /// Reads the words after the command's name. `-h` and `--help` give `.help`, whatever else
  /// stands there, so that help is never refused.
  public func parse(_ words: [String]) throws(UsageError) -> Outcome {
    if Self.asksForHelp(words) { return .help }
    var given: [String: String] = [:]
    var others: [String] = []
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word == "--" {
        others += words[index...]
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        others.append(word)
        continue
      }
      let (option, attached) = try option(written: word)
      guard given[option.name] == nil else {
        throw UsageError(message: "--\(option.name) is given twice: give it once")
      }
      guard let value = option.value else {
        if attached != nil {
          throw UsageError(message: "--\(option.name) takes no value: write it alone")
        }
        given[option.name] = ""
        continue
      }
      let text: String
      if let attached {
        text = attached
      } else if index < words.count, !words[index].hasPrefix("--") {
        text = words[index]
        index += 1
      } else {
        throw UsageError(
          message: "--\(option.name) needs a value: --\(option.name) \(value.placeholder)")
      }
      try check(text, isAllowedFor: "--\(option.name)", value.choices)
      given[option.name] = text
    }
    return .arguments(ParsedArguments(command: self, given: given, words: try assign(others)))
  }

  func option(_ name: String) -> Option? { options.first { $0.name == name } }

  /// The rule of `parse`, for those that have the words of a command they do not read.
  static func asksForHelp(_ words: [String]) -> Bool {
    words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }

  // MARK: Options

  private func option(
    written word: String
  ) throws(UsageError) -> (option: Option, attachedValue: String?) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard word.hasPrefix("--") else {
      let dashed = "-\(parts[0])"
      let hint =
        option(String(dashed.dropFirst(2))) == nil
        ? ": options are long, and a word that begins with '-' goes after '--'"
        : " (did you mean \(dashed)?)"
      throw UsageError(message: "unknown option \(parts[0])\(hint)")
    }
    let name = String(parts[0].dropFirst(2))
    if let option = option(name) {
      return (option, parts.count == 2 ? String(parts[1]) : nil)
    }
    let near = NearestName.suggestion(for: name, among: options.map(\.name)) { "--\($0)" }
    throw UsageError(
      message: "unknown option --\(name)"
        + (near.isEmpty ? ": '\(self.name) --help' lists the options" : near))
  }

  private func check(
    _ text: String, isAllowedFor name: String, _ choices: [String]?
  ) throws(UsageError) {
    guard let choices, !choices.contains(text) else { return }
    throw UsageError(
      message: "\(name): '\(text)' is not one of \(choices.joined(separator: ", "))"
        + NearestName.suggestion(for: text, among: choices))
  }

  // MARK: Positionals

  /// Gives each positional as many words as it takes, leaving those that later ones need.
  private func assign(_ words: [String]) throws(UsageError) -> [String: [String]] {
    var rest = words[...]
    var needed = positionals.reduce(0) { $0 + $1.fewest }
    var result: [String: [String]] = [:]
    for positional in positionals {
      needed -= positional.fewest
      let taken = rest.prefix(min(positional.most, max(rest.count - needed, positional.fewest)))
      guard taken.count >= positional.fewest else {
        let howMany = positional.arity == .oneOrMore ? "at least one" : "one"
        throw UsageError(message: "missing \(positional.name): give \(howMany)")
      }
      for word in taken { try check(word, isAllowedFor: positional.name, positional.choices) }
      result[positional.name] = Array(taken)
      rest = rest.dropFirst(taken.count)
    }
    if let extra = rest.first {
      let taken = positionals.map(\.usage).joined(separator: " ")
      let takes = taken.isEmpty ? "no arguments" : "only \(taken)"
      throw UsageError(message: "unexpected argument '\(extra)': '\(name)' takes \(takes)")
    }
    return result
  }
}
