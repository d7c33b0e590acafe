// Records of fixed-width ISD by table, each case read whole, byte by byte, and cut at every place.

import Testing

@testable import Observations

private func record(_ change: (inout ISDText) -> Void = { _ in }) -> String {
  var text = ISDText()
  change(&text)
  return text.text
}

private let good = record()

/// What a rejected record is shown as.
private func rejected(_ line: Int, _ reason: String, _ text: String) -> String {
  "\(line)! \(reason) \(String(decoding: Array(text.utf8).prefix(40), as: UTF8.self))"
}

/// A record that is wrong, followed by one that is right.
private func wrong(
  _ claim: String, _ reason: String, _ change: (inout ISDText) -> Void
) -> CSVCase {
  let text = record(change)
  let bytes = text.replacing("·", with: "\0")
  return CSVCase(
    claim, text + "\n" + good + "\n", [rejected(1, reason, bytes), "2: \(ISDText.json())"])
}

private let cases: [CSVCase] = [
  CSVCase("an empty file", "", []),
  CSVCase("one record", good + "\n", ["1: \(ISDText.json())"]),
  CSVCase("a last record without its newline", good, ["1: \(ISDText.json()) unended"]),
  CSVCase(
    "CRLF and empty lines", good + "\r\n\n\r\n" + good + "\r\n" + good + "\r",
    ["1: \(ISDText.json())", "4: \(ISDText.json())", "5: \(ISDText.json()) unended"]),
  CSVCase("no additional data", record { $0.more = "" } + "\n", ["1: \(ISDText.json())"]),
  CSVCase(
    "several stations in a file", good + "\n" + record { $0.station = "A0735500241" } + "\n",
    ["1: \(ISDText.json())", "2: \(ISDText.json(station: "A0735500241"))"]),
  CSVCase(
    "trailing blanks stay", record { ($0.reportType, $0.callSign) = ("SOD  ", "99999") } + "\n",
    ["1: \(ISDText.json(reportType: "SOD  ", callSign: "99999"))"]),
  CSVCase(
    "a missing temperature is an observation", record { $0.temperature = "+99999" } + "\n",
    ["1: \(ISDText.json(temperature: "+9999,9"))"]),
  CSVCase(
    "the ends of the temperature's range",
    record { $0.temperature = "-09321" } + "\n" + record { $0.temperature = "+0618U" } + "\n",
    ["1: \(ISDText.json(temperature: "-0932,1"))", "2: \(ISDText.json(temperature: "+0618,U"))"]),
  CSVCase(
    "positions on the axes, and missing ones",
    record { ($0.latitude, $0.longitude, $0.elevation) = ("+00000", "-000500", "-0012") } + "\n"
      + record { ($0.latitude, $0.longitude, $0.elevation) = ("+99999", "+999999", "+9999") }
      + "\n" + record { ($0.latitude, $0.longitude, $0.elevation) = ("-00060", "+120050", "+0000") }
      + "\n",
    [
      #""LATITUDE":"0.0","LONGITUDE":"-0.5","ELEVATION":"-12.0""#,
      #""LATITUDE":"99.999","LONGITUDE":"999.999","ELEVATION":"9999.0""#,
      #""LATITUDE":"-0.06","LONGITUDE":"120.05","ELEVATION":"0.0""#,
    ].enumerated().map { "\($0 + 1): \(ISDText.json(place: $1))" }),
  CSVCase(
    "bytes that JSON escapes", record { $0.callSign = "\"\\\u{1}é" } + "\n",
    ["1: \(ISDText.json(callSign: #"\"\\\u0001é"#))"]),
  CSVCase(
    "a dew point is taken as it stands", record { $0.dewPoint = "+x12 9" } + "\n",
    ["1: \(ISDText.json(dewPoint: "+x12 ,9"))"]),
  wrong("a declared length that is too small", "wrong-length") { $0.length = "0026" },
  wrong("a declared length that is too great", "wrong-length") { $0.length = "0028" },
  wrong("a declared length that is no number", "wrong-length") { $0.length = " 027" },
  wrong("a station with a blank", "bad-station") { $0.station = "725300 4846" },
  wrong("a station in small letters", "bad-station") { $0.station = "a2530094846" },
  wrong("a day that is none", "bad-date") { $0.time = "201402290051" },
  wrong("hour 24", "bad-date") { $0.time = "201401012400" },
  wrong("a date with a letter", "bad-date") { $0.time = "2014O1010051" },
  wrong("a temperature without a sign", "bad-temperature") { $0.temperature = "001115" },
  wrong("a temperature with a blank", "bad-temperature") { $0.temperature = "-011 5" },
  wrong("a temperature that is too high", "temperature-out-of-range") { $0.temperature = "+06191" },
  wrong("a quality code that is none", "unknown-quality-code") { $0.temperature = "-01118" },
  wrong("a latitude with a letter", "bad-number") { $0.latitude = "+4l995" },
  wrong("a longitude without a sign", "bad-number") { $0.longitude = "0087934" },
  wrong("an elevation with a blank", "bad-number") { $0.elevation = "+ 205" },
  wrong("NUL in the fixed part", "nul-byte") { $0.callSign = "KO·D " },
  wrong("NUL in the additional data", "nul-byte") { $0.more += "·" },
  CSVCase(
    "lines that are too short, and the line numbers after them",
    "x\n002\n0027\n" + good.prefix(104) + "\n" + good + "\n",
    [
      rejected(1, "wrong-length", "x"), rejected(2, "wrong-length", "002"),
      rejected(3, "wrong-length", "0027"), rejected(4, "wrong-length", good),
      "5: \(ISDText.json())",
    ]),
  CSVCase(
    "a file that ends in a record", good + "\n" + good.dropLast(),
    ["1: \(ISDText.json())", rejected(2, "truncated-line unended", good)]),
  CSVCase(
    "a file that ends in a record's length", good + "\n00",
    ["1: \(ISDText.json())", "2! truncated-line unended 00"]),
  CSVCase(
    "a file that ends in a record longer than it says", good + "x",
    [rejected(1, "wrong-length unended", good)]),
  CSVCase(
    "a file that ends in something else", "hello",
    ["1! wrong-length unended hello"]),
]

@Suite struct ISDCaseTests {
  @Test(arguments: cases)
  func everyCutGivesTheExpectedRows(_ example: CSVCase) {
    let bytes = example.bytes
    #expect(decodedWhole(bytes) { FixedWidthDecoder(ISDRecordReader()) } == example.rows)
    #expect(decodedByteByByte(bytes) { FixedWidthDecoder(ISDRecordReader()) } == example.rows)
    let badCut = (0...bytes.count).first {
      decoded(bytes, pieces: [$0]) { FixedWidthDecoder(ISDRecordReader()) } != example.rows
    }
    #expect(badCut == nil)
  }
}
