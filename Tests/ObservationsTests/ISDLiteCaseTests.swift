// Rows of ISD-Lite by table, each case read whole, byte by byte, and cut at every place.

import Testing

@testable import Observations

private func row(_ change: (inout ISDLiteText) -> Void = { _ in }) -> String {
  var text = ISDLiteText()
  change(&text)
  return text.text
}

private let good = row()

private func rejected(_ line: Int, _ reason: String, _ text: String) -> String {
  "\(line)! \(reason) \(text.replacing("·", with: "\0").prefix(40))"
}

/// A row that is wrong, followed by one that is right.
private func wrong(
  _ claim: String, _ reason: String, _ change: (inout ISDLiteText) -> Void
) -> CSVCase {
  let text = row(change)
  return CSVCase(
    claim, text + "\n" + good + "\n", [rejected(1, reason, text), "2: \(ISDLiteText.json())"])
}

private let cases: [CSVCase] = [
  CSVCase("an empty file", "", []),
  CSVCase("one row", good + "\n", ["1: \(ISDLiteText.json())"]),
  CSVCase("a last row without its newline", good, ["1: \(ISDLiteText.json()) unended"]),
  CSVCase(
    "CRLF and empty lines", good + "\r\n\n" + good + "\r\n",
    ["1: \(ISDLiteText.json())", "3: \(ISDLiteText.json())"]),
  CSVCase(
    "missing values",
    row { $0.temperature = " -9999" } + "\n" + row { $0.dewPoint = " -9999" }
      + "\n" + row { $0.pressure = " -9999" } + "\n",
    [
      "1: \(ISDLiteText.json(temperature: "+9999,9"))",
      "2: \(ISDLiteText.json(dewPoint: "+9999,9"))",
      "3: \(ISDLiteText.json(pressure: "99999,9"))",
    ]),
  CSVCase(
    "the ends of the temperature's range, and zero",
    ["  -932", "   618", "     0"].map { text in row { $0.temperature = text } }
      .joined(separator: "\n"),
    [
      "1: \(ISDLiteText.json(temperature: "-0932,9"))",
      "2: \(ISDLiteText.json(temperature: "+0618,9"))",
      "3: \(ISDLiteText.json(temperature: "+0000,9")) unended",
    ]),
  CSVCase(
    "a pressure of four digits", row { $0.pressure = "  9876" } + "\n",
    ["1: \(ISDLiteText.json(pressure: "09876,9"))"]),
  CSVCase(
    "what is not read may be anything", row { $0.more = String(repeating: "x", count: 30) } + "\n",
    ["1: \(ISDLiteText.json())"]),
  wrong("a row that is too short", "wrong-length") { $0.more.removeLast() },
  wrong("a row that is too long", "wrong-length") { $0.more += " " },
  wrong("a day that is none", "bad-date") { $0.time = "2014 02 29 01" },
  wrong("hour 24", "bad-date") { $0.time = "2014 01 01 24" },
  wrong("other separators", "bad-date") { $0.time = "2014-01-01 01" },
  wrong("a blank in the year", "bad-date") { $0.time = " 014 01 01 01" },
  wrong("no temperature", "bad-temperature") { $0.temperature = "      " },
  wrong("a temperature with a blank inside", "bad-temperature") { $0.temperature = "  -1 1" },
  wrong("a temperature that is not at the right", "bad-temperature") { $0.temperature = "  -11 " },
  wrong("a temperature with a decimal", "bad-temperature") { $0.temperature = "  -1.1" },
  wrong("a minus alone", "bad-temperature") { $0.temperature = "     -" },
  wrong("a plus", "bad-temperature") { $0.temperature = "   +11" },
  wrong("a temperature that is too low", "temperature-out-of-range") { $0.temperature = "  -933" },
  wrong("a temperature of six digits", "temperature-out-of-range") { $0.temperature = "123456" },
  // In ISD it would mean that there is none.
  wrong("a temperature of 999.9", "temperature-out-of-range") { $0.temperature = "  9999" },
  wrong("a dew point of 999.9", "bad-number") { $0.dewPoint = "  9999" },
  wrong("a dew point with a letter", "bad-number") { $0.dewPoint = "    1O" },
  wrong("a negative pressure", "bad-number") { $0.pressure = "    -1" },
  wrong("a pressure of 9999.9", "bad-number") { $0.pressure = " 99999" },
  wrong("NUL in what is not read", "nul-byte") { $0.more = "·" + $0.more.dropFirst() },
  CSVCase(
    "a file that ends in a row", good + "\n" + good.dropLast(),
    ["1: \(ISDLiteText.json())", rejected(2, "truncated-line unended", good)]),
  CSVCase(
    "a file that ends in a row that is too long", good + "x",
    [rejected(1, "wrong-length unended", good)]),
]

@Suite struct ISDLiteCaseTests {
  private let station = "72575524101"

  @Test(arguments: cases)
  func everyCutGivesTheExpectedRows(_ example: CSVCase) {
    let bytes = example.bytes
    #expect(
      decodedWhole(bytes) { FixedWidthDecoder(ISDLiteRowReader(station: station)) } == example.rows)
    #expect(
      decodedByteByByte(bytes) { FixedWidthDecoder(ISDLiteRowReader(station: station)) }
        == example.rows)
    let badCut = (0...bytes.count).first {
      decoded(bytes, pieces: [$0]) { FixedWidthDecoder(ISDLiteRowReader(station: station)) }
        != example.rows
    }
    #expect(badCut == nil)
  }

  @Test func aStationThatJSONEscapesIsEscaped() {
    let rows = decodedWhole(Array((good + "\n").utf8)) {
      FixedWidthDecoder(ISDLiteRowReader(station: "a\"b\\é"))
    }
    #expect(rows.first?.hasPrefix(#"1: {"STATION":"a\"b\\é","#) == true)
  }
}
