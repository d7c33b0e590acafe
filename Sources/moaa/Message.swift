// What a person is told besides the results: on standard error, so that scripts do not read it.

import Glibc

enum Message {
  static let isTerminal = isatty(STDERR_FILENO) == 1

  static func plain(_ text: String) { write(text + "\n") }
  static func error(_ text: String) { write("moaa: \(text)\n") }
  static func warning(_ text: String) { write("moaa: warning: \(text)\n") }

  static func tell(_ line: EventLine) {
    if line.isWarning { warning(line.text) } else { plain(line.text) }
  }

  /// A line that the next one replaces; only on a terminal.
  static func transient(_ text: String) {
    if isTerminal { write("\r\u{1B}[K\(text)") }
  }

  static func endTransient() {
    if isTerminal { write("\r\u{1B}[K") }
  }

  private static func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, bytes.count) }
  }
}

enum NumberText {
  /// `1 file`, `2 files`.
  static func count(_ value: Int64, _ noun: String) -> String {
    "\(grouped(value)) \(noun)\(value == 1 ? "" : "s")"
  }

  /// `1,234,567`.
  static func grouped(_ value: Int64) -> String {
    var text = String(value.magnitude)
    var index = text.count - 3
    while index > 0 {
      text.insert(",", at: text.index(text.startIndex, offsetBy: index))
      index -= 3
    }
    return value < 0 ? "-" + text : text
  }

  /// `1.5 GB`: decimal units, one decimal.
  static func bytes(_ value: Int64) -> String {
    var unit = 0
    var tenths = value
    let units = ["B", "kB", "MB", "GB", "TB"]
    guard value >= 1000 else { return "\(value) B" }
    tenths = value * 10
    while tenths >= 10_000, unit < units.count - 1 {
      tenths /= 1000
      unit += 1
    }
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
