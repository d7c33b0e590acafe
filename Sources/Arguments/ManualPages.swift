// Manual pages, made from the declarations: one of the program, and one of each command.

extension CommandSet {
  /// A page of section 1.
  public struct ManualPage: Sendable {
    /// As `man` is asked for it: `moaa`, or `moaa-log-dump`.
    public let name: String
    /// For `man`, in roff. Ends with a newline.
    public let text: String
  }

  /// The program's page, then those of the commands in their order.
  public func manualPages() -> [ManualPage] {
    [ManualPage(name: program, text: programPage)]
      + commands.map { ManualPage(name: pageName($0), text: page(of: $0)) }
  }

  private func pageName(_ command: Command) -> String {
    ([program] + command.words).joined(separator: "-")
  }

  private var programPage: String {
    var text = head(program, summary)
    text += Roff.section("SYNOPSIS")
    text += "\(Roff.bold(program)) \(Roff.italic("COMMAND")) [\(Roff.italic("OPTIONS"))] "
    text += "[\(Roff.italic("ARGUMENTS"))]\n"
    if !footer.isEmpty { text += Roff.section("DESCRIPTION") + Roff.paragraphs(footer) }
    text += Roff.section("COMMANDS")
    for command in commands {
      text += Roff.item(reference(pageName(command)), command.summary)
    }
    text += Roff.section("OPTIONS")
    text += Roff.item("\(Roff.bold("-h")), \(Roff.bold("--help"))", "List the commands.")
    if version != nil { text += Roff.item(Roff.bold("--version"), "Print the version.") }
    if !environment.isEmpty {
      text += Roff.section("ENVIRONMENT")
      for variable in environment { text += Roff.item(Roff.bold(variable.name), variable.meaning) }
    }
    return text
  }

  private func page(of command: Command) -> String {
    var text = head(pageName(command), command.summary)
    text += Roff.section("SYNOPSIS") + Roff.bold("\(program) \(command.name)")
    text += " [\(Roff.italic("OPTIONS"))]"
    text += command.positionals.map { " \(Roff.italic($0.usage))" }.joined() + "\n"
    if !command.discussion.isEmpty {
      text += Roff.section("DESCRIPTION") + Roff.paragraphs(command.discussion)
    }
    if !command.positionals.isEmpty {
      text += Roff.section("ARGUMENTS")
      for positional in command.positionals {
        text += Roff.item(Roff.italic(positional.name), positional.explanation)
      }
    }
    text += Roff.section("OPTIONS")
    for option in command.options {
      let placeholder = option.value.map { " \(Roff.italic($0.placeholder))" } ?? ""
      text += Roff.item(Roff.bold("--\(option.name)") + placeholder, option.explanation)
    }
    text += Roff.item("\(Roff.bold("-h")), \(Roff.bold("--help"))", "Show the help.")
    if !command.examples.isEmpty {
      text += Roff.section("EXAMPLES") + Roff.example(command.examples)
    }
    let first = command.words[0]
    let related = commands.filter { $0.name != command.name && $0.words[0] == first }.map(pageName)
    text += Roff.section("SEE ALSO")
    text += ([program] + related).map(reference).joined(separator: ",\n") + "\n"
    return text
  }

  /// The title and the line that `apropos` finds. Without a date: the same program has the same pages.
  private func head(_ name: String, _ summary: String) -> String {
    let title = Roff.escaped(name.uppercased())
    let source = Roff.escaped("\(program) \(version ?? "")")
    // apropos(1) knows no fonts, and wants no final stop.
    let about = summary.filter { $0 != "`" }
    return """
      .\\" Made by `\(program) man`.
      .TH "\(title)" 1 "" "\(source)" "\(Roff.escaped(program))"
      .\\" As terminals read best: no blanks to fill lines, no words in two.
      .ad l
      .nh
      .SH NAME
      \(Roff.escaped(name)) \\- \(Roff.escaped(about.hasSuffix(".") ? String(about.dropLast()) : about))

      """
  }

  private func reference(_ page: String) -> String { "\(Roff.bold(page))(1)" }
}
