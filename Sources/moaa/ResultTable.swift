// Rows of results as an aligned table, CSV or JSON.

enum OutputFormat: String, CaseIterable {
  case table, csv, json
}

/// A value of a row. Numbers are text already, so that no figure passes through floating point.
enum Cell {
  case text(String)
  case number(String)
  case truth(Bool)
  case missing

  static func number(_ value: Int64) -> Cell { .number(String(value)) }

  var plainText: String {
    switch self {
    case .text(let text), .number(let text): text
    case .truth(let value): value ? "yes" : "no"
    case .missing: ""
    }
  }
}

/// Takes rows, also inside a read view, and prints them all at the end; a table is aligned over its
/// first thousand rows.
struct ResultTable {
  private let format: OutputFormat
  private let columns: [String]
  private let output: OutputSpool
  private var waiting: [[Cell]] = []
  private var widths: [Int]
  private var areWidthsFixed = false
  private(set) var rowCount = 0
  private static let alignedRowCountMax = 1000

  /// - Parameters:
  ///   - columns: names as in CSV and JSON.
  ///   - output: where the rows are collected, perhaps behind others.
  init(_ format: OutputFormat, _ columns: [String], to output: OutputSpool = OutputSpool()) {
    self.format = format
    self.output = output
    self.columns = columns
    widths = columns.map(\.count)
    switch format {
    case .csv: output.append(columns.joined(separator: ",") + "\n")
    case .json: output.append("[")
    case .table: break
    }
  }

  mutating func add(_ row: [Cell]) throws {
    switch format {
    case .csv: output.append(row.map { Self.csv($0.plainText) }.joined(separator: ",") + "\n")
    case .json: output.append((rowCount == 0 ? "\n" : ",\n") + Self.object(columns, row))
    case .table:
      if areWidthsFixed {
        appendAligned(row)
      } else {
        waiting.append(row)
        for (index, cell) in row.enumerated() {
          widths[index] = max(widths[index], cell.plainText.count)
        }
        if waiting.count == Self.alignedRowCountMax { appendWaiting() }
      }
    }
    rowCount += 1
    try output.spillIfLarge()
  }

  /// All rows have come.
  mutating func end() {
    switch format {
    case .csv: break
    case .json: output.append(rowCount == 0 ? "]\n" : "\n]\n")
    case .table: if !areWidthsFixed { appendWaiting() }
    }
  }

  /// Ends, and prints what was collected. Called once, outside of any read view.
  mutating func finish() throws {
    end()
    try output.writeOut()
  }

  private mutating func appendWaiting() {
    areWidthsFixed = true
    // A heading stands over its values: to the right over numbers.
    let isNumber = columns.indices.map { index in
      waiting.contains { if case .number = $0[index] { true } else { false } }
    }
    appendAligned(columns.indices.map { isNumber[$0] ? .number(columns[$0]) : .text(columns[$0]) })
    for row in waiting { appendAligned(row) }
    waiting = []
  }

  private mutating func appendAligned(_ row: [Cell]) {
    var line = ""
    for (index, cell) in row.enumerated() {
      if index > 0 { line += "  " }
      let text = cell.plainText
      let padding = String(repeating: " ", count: max(0, widths[index] - text.count))
      if case .number = cell { line += padding + text } else { line += text + padding }
    }
    while line.last == " " { line.removeLast() }
    output.append(line + "\n")
  }

  static func csv(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// A JSON object on one line.
  static func object(_ names: [String], _ row: [Cell]) -> String {
    "{"
      + zip(names, row).map { name, cell in
        "\(quoted(name)):"
          + {
            switch cell {
            case .text(let text): quoted(text)
            case .number(let text): text
            case .truth(let value): value ? "true" : "false"
            case .missing: "null"
            }
          }()
      }.joined(separator: ",") + "}"
  }

  /// A JSON string.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
