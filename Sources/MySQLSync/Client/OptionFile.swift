// The form of ~/.my.cnf, as far as one value of one group needs it. libmariadb's own reader would
// take the groups of other programs too, with options that switch verification off.
// Source: MySQL Reference Manual 8.4, 6.2.2.2 "Using Option Files". !include is not followed.

enum OptionFile {
  /// The last value of a key in a group; nil when it is not there.
  static func value(of key: String, group: String, in text: String) -> String? {
    var isInGroup = false
    var found: String?
    for line in text.split(whereSeparator: \.isNewline) {
      let line = trimmed(line)
      guard let first = line.first, first != "#", first != ";", first != "!" else { continue }
      if first == "[" {
        isInGroup = line.hasSuffix("]") && line.dropFirst().dropLast() == group
      } else if isInGroup {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, trimmed(parts[0]) == key else { continue }
        found = unquoted(trimmed(parts[1]))
      }
    }
    return found
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }

  /// A value without its quotes, its escapes resolved, and without a comment after it, which begins
  /// with a # outside quotes.
  private static func unquoted(_ text: Substring) -> String {
    var body = text
    if let quote = text.first, quote == "\"" || quote == "'",
      let end = text.dropFirst().lastIndex(of: quote)
    {
      body = text[text.index(after: text.startIndex)..<end]
    } else if let comment = text.firstIndex(of: "#") {
      body = trimmed(text[..<comment])
    }
    var result = ""
    var rest = body
    while let character = rest.popFirst() {
      guard character == "\\", let escape = rest.first else {
        result.append(character)
        continue
      }
      let meanings: [Character: Character] = [
        "b": "\u{8}", "t": "\t", "n": "\n", "r": "\r", "\\": "\\", "s": " ",
      ]
      if let meaning = meanings[escape] {
        result.append(meaning)
        rest.removeFirst()
      } else {
        result.append(character)
      }
    }
    return result
  }
}
