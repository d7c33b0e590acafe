// Small readable records: lines of `name value`, and after an empty line what belongs to somebody else.

/// Lines of `name value`; a value may hold blanks, but no line end.
struct NamedLines {
  private var values: [(name: String, value: String)] = []
  /// Everything after the first empty line.
  var rest: [UInt8] = []

  init() {}

  mutating func add(_ name: String, _ value: some CustomStringConvertible) {
    values.append((name, value.description))
  }

  func text(_ name: String) -> String? { values.first { $0.name == name }?.value }
  func number<Number: FixedWidthInteger>(_ name: String) -> Number? {
    text(name).flatMap { Number($0) }
  }

  func encoded() -> [UInt8] {
    Array((values.map { "\($0.name) \($0.value)\n" }.joined() + "\n").utf8) + rest
  }

  /// nil when the bytes are not such lines, or a name is there twice.
  init?(_ bytes: some Collection<UInt8>) {
    var lines = bytes[...]
    while true {
      guard let end = lines.firstIndex(of: 10) else { return nil }
      let line = lines[..<end]
      lines = lines[lines.index(after: end)...]
      if line.isEmpty { break }
      guard let text = String(validating: line, as: UTF8.self),
        let blank = text.firstIndex(of: " "),
        case let name = String(text[..<blank]), self.text(name) == nil
      else { return nil }
      values.append((name, String(text[text.index(after: blank)...])))
    }
    rest = Array(lines)
  }
}
