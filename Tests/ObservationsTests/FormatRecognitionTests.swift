// What a file is taken for, by its first bytes and its name, however it is cut.

import Testing

@testable import Observations

private let isd = ISDText().text + "\n"
private let isdLite = ISDLiteText().text + "\n"
private let csvRow = "1,2022-06-24T08:00:00,\"+0123,1\"\n"
private let unknown =
  "failure: this is not CSV with the columns STATION, DATE, TMP, not fixed-width ISD, not "
  + "ISD-Lite and not GHCNh: the file's beginning is none of them"
private let badName =
  "failure: ISD-Lite has its station only in the file's name, which must be USAF-WBAN-YEAR or "
  + "USAF-WBAN-YEAR.gz, such as 725300-94846-2014.gz"

private let csvJSON =
  #"{"STATION":"1","DATE":"2022-06-24T08:00:00","SOURCE":"","REPORT_TYPE":"","CALL_SIGN":"","#
  + #""QUALITY_CONTROL":"","TMP":"+0123,1"}"#

private let cases: [CSVCase] = [
  CSVCase("ISD", isd, ["1: \(ISDText.json())"]),
  CSVCase("ISD without its newline", ISDText().text, ["1: \(ISDText.json()) unended"]),
  CSVCase(
    "ISD whose first record is cut off later than what is looked at", isd.prefix(70) + "\n" + isd,
    ["1! wrong-length \(isd.prefix(40))", "2: \(ISDText.json())"]),
  CSVCase("ISD-Lite", isdLite, ["1: \(ISDLiteText.json())"]),
  CSVCase(
    "GHCNh", GHCNhText.yearlyHeader + "\n" + GHCNhText().yearly + "\n", ["2: \(GHCNhText.json())"]),
  CSVCase(
    "pipes without the columns", "a|b,c\n",
    [
      "failure: this is not GHCNh: its header has no column STATION, DATE (or Year, Month, Day, Hour, "
        + "Minute), temperature, temperature_Quality_Code, temperature_Source_Code"
    ]),
  CSVCase(
    "a comma before a pipe", "a,b|c\n",
    ["failure: this is not global-hourly CSV: its header has no column STATION, DATE, TMP"]),
  CSVCase("CSV", "STATION,DATE,TMP\n" + csvRow, ["2: \(csvJSON)"]),
  CSVCase("quoted CSV", "\"STATION\",\"DATE\",\"TMP\"\n" + csvRow, ["2: \(csvJSON)"]),
  CSVCase("CSV after a byte-order mark", "\u{FEFF}STATION,DATE,TMP\n" + csvRow, ["2: \(csvJSON)"]),
  CSVCase(
    "CSV with a long first name", String(repeating: "x", count: 4000) + ",STATION,DATE,TMP\n",
    []),
  CSVCase(
    "CSV without the columns", "STATION,DATE\n",
    ["failure: this is not global-hourly CSV: its header has no column TMP"]),
  CSVCase(
    "CSV with NUL", "STATION,DATE,TMP,·\n",
    ["failure: this is not CSV: the first line holds NUL bytes"]),
  CSVCase("an unclosed quote", "\"STATION\n", ["failure: this is not CSV: no header line"]),
  CSVCase("nothing", "", ["failure: the file is empty: it has no header line"]),
  CSVCase("an empty line", "\n" + isd, [unknown]),
  CSVCase("text", "hello\nSTATION,DATE,TMP\n", [unknown]),
  CSVCase("text without a newline", "hello", [unknown]),
  CSVCase("a long first line", String(repeating: "x", count: 4096) + ",\n", [unknown]),
  CSVCase("the beginning of a record", String(isd.prefix(50)), [unknown]),
  CSVCase("a record with a newline inside", isd.prefix(43) + "\n" + isd, [unknown]),
  CSVCase("NUL bytes", String(repeating: "·", count: 5000), [unknown]),
]

@Suite struct FormatRecognitionTests {
  private func rows(
    _ bytes: [UInt8], pieces: [Int] = [], format: ObservationFormat? = nil,
    name: String = "lite/725755-24101-2014.gz"
  ) -> [String] {
    decoded(bytes, pieces: pieces) { FileDecoder(format: format, fileName: name) }
  }

  @Test(arguments: cases)
  func everyCutGivesTheSame(_ example: CSVCase) {
    let bytes = example.bytes
    #expect(rows(bytes) == example.rows)
    #expect(rows(bytes, pieces: [Int](repeating: 1, count: bytes.count)) == example.rows)
    let badCut = (0...min(200, bytes.count)).first { rows(bytes, pieces: [$0]) != example.rows }
    #expect(badCut == nil)
  }

  @Test(arguments: cases)
  func aVerdictOnceReachedStays(_ example: CSVCase) {
    let bytes = example.bytes
    var verdict = ObservationFormat.Recognition.undecided
    for count in 0...bytes.count {
      let now = bytes[..<count].withUnsafeBytes { ObservationFormat.recognise($0) }
      if verdict != .undecided { #expect(now == verdict) }
      verdict = now
    }
  }

  @Test func gzipDataIsNamedAsSuch() {
    let bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0]
    #expect(rows(bytes) == ["failure: this is gzip data inside what was taken for text"])
  }

  @Test func whatIsKeptIsBounded() throws {
    var decoder = FileDecoder(fileName: "x")
    let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 4095)
    try bytes.withUnsafeBytes { try decoder.decode($0) { _ in } }
    #expect(decoder.keptByteCount == 4095)
    #expect(throws: DecodeFailure.self) {
      try bytes.withUnsafeBytes { try decoder.decode($0) { _ in } }
    }
  }

  @Test func aNamedFormatIsTakenWhateverTheFileBeginsWith() {
    let bytes = Array(("hello\n" + isd).utf8)
    #expect(rows(bytes) == [unknown])
    #expect(
      rows(bytes, format: .isd) == ["1! wrong-length hello", "2: \(ISDText.json())"])
    #expect(
      rows(Array(isd.utf8), format: .globalHourly)
        == ["failure: this is not global-hourly CSV: its header has no column STATION, DATE, TMP"])
    #expect(
      rows(Array("hello\n".utf8), format: .isdLite) == ["1! wrong-length hello"])
    #expect(rows([], format: .isd).isEmpty)
  }

  @Test(arguments: ["standard input", "x.gz", "725755-24101.gz", "725755-24101-2014.txt", ""])
  func isdLiteWithoutAStationInItsNameIsRefused(name: String) {
    #expect(rows(Array(isdLite.utf8), name: name) == [badName])
    #expect(rows(Array(isdLite.utf8), format: .isdLite, name: name) == [badName])
    #expect(rows([], format: .isdLite, name: name) == [badName])
    // The others have it in every row.
    #expect(rows(Array(isd.utf8), name: name) == ["1: \(ISDText.json())"])
  }

  @Test func theRawValuesAreThoseOfTheCommandLine() {
    #expect(
      ObservationFormat.allCases.map(\.rawValue) == ["global-hourly", "isd", "isd-lite", "ghcnh"])
  }
}
