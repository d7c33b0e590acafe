// The help of one command.

extension Command {
  /// Usage, summary, arguments, options, discussion and examples, in at most 80 columns (only
  /// examples and words without a blank may be longer). Ends with a newline.
  /// - Parameter program: the name the program is called by.
  public func helpText(program: String) -> String {
    var sections = [usage(program: program), HelpLayout.paragraphs(summary)]
    if !positionals.isEmpty {
      let rows = positionals.map { (term: $0.name, explanation: $0.explanation) }
      sections.append("Arguments:\n" + HelpLayout.table(rows))
    }
    let rows = options.map { (term: $0.term, explanation: $0.explanation) }
    sections.append(
      "Options:\n" + HelpLayout.table(rows + [(term: "-h, --help", explanation: "Show this help.")])
    )
    if !discussion.isEmpty { sections.append(HelpLayout.paragraphs(discussion)) }
    if !examples.isEmpty {
      sections.append("Examples:\n" + examples.map { "  \($0)\n" }.joined())
    }
    return sections.joined(separator: "\n")
  }

  private func usage(program: String) -> String {
    let words = ["[OPTIONS]"] + positionals.map(\.usage)
    let start = "Usage: \(program) \(name) "
    let lines = HelpLayout.wrap(
      words.joined(separator: " "), width: max(20, HelpLayout.width - start.count))
    let margin = String(repeating: " ", count: start.count)
    return start + lines.joined(separator: "\n" + margin) + "\n"
  }
}

extension Option {
  var term: String { value.map { "--\(name) \($0.placeholder)" } ?? "--\(name)" }

  /// The help, then what may be given and what holds when nothing is.
  var explanation: String {
    var notes: [String] = []
    if let choices = value?.choices { notes.append("one of: \(choices.joined(separator: ", "))") }
    if let text = value?.defaultText { notes.append("default: \(text)") }
    return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
  }
}

extension Positional {
  /// The help, then what may be given.
  var explanation: String {
    choices.map { "\(help) (one of: \($0.joined(separator: ", ")))" } ?? help
  }
}
