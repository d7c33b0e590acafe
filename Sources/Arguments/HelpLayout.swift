// How help is set: 80 columns, terms at the left, what they mean beside them.

/// Wraps text and sets two columns.
enum HelpLayout {
  static let width = 80
  /// A longer term stands on a line of its own, so that one long term does not squeeze the rest.
  static let termWidthMax = 26

  /// Terms with their explanations, indented by two.
  static func table(_ rows: [(term: String, explanation: String)]) -> String {
    let fitting = rows.map(\.term.count).filter { $0 <= termWidthMax }
    let column = 2 + (fitting.max() ?? termWidthMax) + 2
    let margin = String(repeating: " ", count: column)
    var text = ""
    for (term, explanation) in rows {
      let lines = wrap(explanation, width: width - column)
      var line = "  \(term)"
      if let first = lines.first, term.count <= column - 4 {
        line += String(repeating: " ", count: column - line.count) + first
        text += line + "\n"
        for next in lines.dropFirst() { text += margin + next + "\n" }
      } else {
        text += line + "\n"
        for next in lines { text += margin + next + "\n" }
      }
    }
    return text
  }

  /// Paragraphs parted by empty lines; a line that begins with a blank is kept as it is.
  static func paragraphs(_ text: String) -> String {
    var result = ""
    var words = ""
    func flush() {
      for line in wrap(words, width: width) { result += line + "\n" }
      words = ""
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty || line.hasPrefix(" ") {
        flush()
        result += line + "\n"
      } else {
        words += line + " "
      }
    }
    flush()
    return result
  }

  /// Lines of whole words. A word longer than a line stands alone.
  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
