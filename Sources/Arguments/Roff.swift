// Text as `man` wants it: the requests of the man macros, and characters that would be taken for such.

/// Source: man-pages(7) and groff_char(7). All is ASCII, so that it is read the same in every locale.
enum Roff {
  /// Characters as they are: a dash that can be copied and pasted, quotes that are not curled.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\(rs"
      case "-": result += "\\-"
      case "'": result += "\\(aq"
      case "`": result += "\\(ga"
      case "^": result += "\\(ha"
      case "~": result += "\\(ti"
      case "\"": result += "\\(dq"
      default:
        if scalar.isASCII {
          result.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          result += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
        }
      }
    }
    // A line that begins so would be a request.
    return result.hasPrefix(".") ? "\\&" + result : result
  }

  static func bold(_ text: String) -> String { "\\fB\(escaped(text))\\fR" }
  static func italic(_ text: String) -> String { "\\fI\(escaped(text))\\fR" }

  /// A paragraph on one line; what stands in backticks is bold.
  static func prose(_ text: String) -> String {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    guard parts.count % 2 == 1 else { return escaped(text) }
    let line = parts.enumerated().map { index, part in
      index % 2 == 1 ? bold(String(part)) : escaped(String(part))
    }.joined()
    return line.hasPrefix(".") ? "\\&" + line : line
  }

  static func section(_ name: String) -> String { ".SH \(escaped(name))\n" }

  /// A term with what it means, indented below it.
  static func item(_ term: String, _ meaning: String) -> String {
    ".TP\n\(term)\n\(prose(meaning))\n"
  }

  /// Paragraphs as `HelpLayout.paragraphs` reads them: parted by empty lines; lines that begin with a
  /// blank are kept.
  static func paragraphs(_ text: String) -> String {
    var result = ""
    var words: [Substring] = []
    var kept: [Substring] = []
    func flush() {
      if !words.isEmpty { result += ".PP\n\(prose(words.joined(separator: " ")))\n" }
      if !kept.isEmpty { result += ".PP\n" + example(kept.map(String.init)) }
      words = []
      kept = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        flush()
      } else if line.hasPrefix(" ") {
        if !words.isEmpty { flush() }
        kept.append(line)
      } else {
        if !kept.isEmpty { flush() }
        words.append(line)
      }
    }
    flush()
    return result
  }

  /// Lines that stay as they are.
  static func example(_ lines: [String]) -> String {
    ".EX\n" + lines.map { escaped($0) + "\n" }.joined() + ".EE\n"
  }
}
