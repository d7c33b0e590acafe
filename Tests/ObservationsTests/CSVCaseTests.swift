// Rows of global-hourly CSV by table, each case read whole, byte by byte, and cut at every place.

import Testing

/// An input and what must come of it. `·` in the text stands for a NUL byte.
struct CSVCase: CustomTestStringConvertible, Sendable {
  let claim: String
  let text: String
  let rows: [String]

  init(_ claim: String, _ text: String, _ rows: [String]) {
    self.claim = claim
    self.text = text
    self.rows = rows
  }

  var testDescription: String { claim }
  var bytes: [UInt8] { Array(text.replacing("·", with: "\0").utf8) }
}

private let header = "STATION,DATE,TMP\n"
private let quotedHeader = "\"STATION\",\"DATE\",\"TMP\",\"NAME\"\n"
private let good = "1,2022-06-24T08:00:00,\"+0123,1\"\n"

/// The JSON of a row that has nothing but these.
private func json(
  _ station: String, _ date: String = "2022-06-24T08:00:00", _ temperature: String = "+0123,1",
  reportType: String = "", more: String = ""
) -> String {
  #"{"STATION":"\#(station)","DATE":"\#(date)","SOURCE":"","REPORT_TYPE":"\#(reportType)","#
    + #""CALL_SIGN":"","QUALITY_CONTROL":"","TMP":"\#(temperature)"\#(more)}"#
}

private let cases: [CSVCase] = [
  CSVCase("an empty file", "", ["failure: the file is empty: it has no header line"]),
  CSVCase(
    "a byte-order mark only", "\u{FEFF}", ["failure: the file is empty: it has no header line"]),
  CSVCase("a header only", header, []),
  CSVCase("a header without its newline", "STATION,DATE,TMP", []),
  CSVCase(
    "a file that is not CSV", "hello\nworld\n",
    ["failure: this is not global-hourly CSV: its header has no column STATION, DATE, TMP"]),
  CSVCase(
    "a header without TMP", "STATION,DATE\n" + good,
    ["failure: this is not global-hourly CSV: its header has no column TMP"]),
  CSVCase(
    "a header with NUL", "STATION,DATE,TMP,·\n",
    ["failure: this is not CSV: the first line holds NUL bytes"]),
  CSVCase(
    "an unclosed quote in the header", "STATION,\"DATE,TMP\n" + "1,2\n",
    ["failure: this is not CSV: no header line"]),
  CSVCase("a byte-order mark", "\u{FEFF}" + header + good, ["2: \(json("1"))"]),
  CSVCase(
    "columns in any order, unquoted, with blanks around names",
    "TMP, DATE ,X,STATION\n\"+0123,1\",2022-06-24 08:00:00,x,1\n",
    ["2: \(json("1", "2022-06-24 08:00:00"))"]),
  CSVCase(
    "a wanted column twice", "STATION,DATE,TMP,\"TMP\"\n1,2022-06-24T08:00:00,\"+0123,1\",bad\n",
    ["failure: this is not global-hourly CSV: its header has the column TMP twice"]),
  CSVCase(
    "another column twice", "STATION,DATE,TMP,X,X\n1,2022-06-24T08:00:00,\"+0123,1\",x,y\n",
    ["2: \(json("1"))"]),
  CSVCase(
    "CRLF, and none at the end",
    "STATION,DATE,TMP\r\n1,2022-06-24T08:00:00,\"+0123,1\"\r\n2,2022-06-24T08:00:00,\"+0123,1\"\r",
    ["2: \(json("1"))", "3: \(json("2")) unended"]),
  CSVCase(
    "CRLF after an unquoted field", "STATION,TMP,DATE\r\n1,\"+0123,1\",2022-06-24T08:00:00\r\n",
    ["2: \(json("1"))"]),
  CSVCase(
    "the last line without newline", header + "1,2022-06-24T08:00:00,\"+0123,1\"",
    ["2: \(json("1")) unended"]),
  CSVCase(
    "a line cut after a field", header + "1,2022-06-24T08:00:00",
    ["2! truncated-line unended 1,2022-06-24T08:00:00"]),
  CSVCase(
    "a line cut in a quoted field", header + good + "1,2022-06-24T08:00:00,\"+01",
    ["2: \(json("1"))", "3! truncated-line unended 1,2022-06-24T08:00:00,\"+01"]),
  CSVCase(
    "an unquoted wanted field at the end of the file, which may go on",
    "STATION,TMP,DATE\n1,\"+0123,1\",2022-06-24T08:00:00",
    ["2! truncated-line unended 1,\"+0123,1\",2022-06-24T08:00:00"]),
  CSVCase(
    "an empty wanted field at the end of the file, which may go on",
    quotedHeader + "1,2022-06-24T08:00:00,\"+0123,1\",",
    ["2! truncated-line unended 1,2022-06-24T08:00:00,\"+0123,1\","]),
  CSVCase(
    "a name at the end of the file whose closing quote may be half of a doubled one",
    "STATION,DATE,TMP,NAME\n1,2022-06-24T08:00:00,\"+0123,1\",\"A \"",
    ["2! truncated-line unended 1,2022-06-24T08:00:00,\"+0123,1\",\"A \""]),
  CSVCase(
    "an unquoted field at the end of the file that nobody wants",
    "STATION,DATE,TMP,AA1\n1,2022-06-24T08:00:00,\"+0123,1\",01",
    ["2: \(json("1")) unended"]),
  CSVCase(
    "blank lines, counted and not rejected", header + "\n\r\n" + good + "\n\r",
    ["4: \(json("1"))"]),
  CSVCase("a line of blanks", header + "  \n", ["2! too-few-fields   "]),
  CSVCase(
    "too few fields", header + "1,2\n" + good, ["2! too-few-fields 1,2", "3: \(json("1"))"]),
  CSVCase(
    "too many fields", header + "1,2,3,4\n" + good,
    ["2! too-many-fields 1,2,3,4", "3: \(json("1"))"]),
  CSVCase(
    "NUL in a row", header + "1,2022-06-24T08:00:00,\"+0·23,1\"\n" + good,
    ["2! nul-byte 1,2022-06-24T08:00:00,\"+0\0" + "23,1\"", "3: \(json("1"))"]),
  CSVCase(
    "doubled quotes",
    quotedHeader + "\"1\",\"2022-06-24T08:00:00\",\"+0123,1\",\"A \"\"B\"\", C\"\n",
    [#"2: \#(json("1", more: #","NAME":"A \"B\", C""#))"#]),
  CSVCase(
    "nothing but doubled quotes",
    quotedHeader + "\"1\",\"2022-06-24T08:00:00\",\"+0123,1\",\"\"\"\"\n",
    [#"2: \#(json("1", more: #","NAME":"\"""#))"#]),
  CSVCase(
    "empty fields, quoted and not",
    quotedHeader + "1,2022-06-24T08:00:00,\"+0123,1\",\"\"\n1,2022-06-24T08:00:00,\"+0123,1\",\n",
    ["2: \(json("1"))", "3: \(json("1"))"]),
  CSVCase(
    "a newline in quotes", quotedHeader + "1,2022-06-24T08:00:00,\"+0123,1\",\"a\nb\"\n" + "x\n",
    [#"2: \#(json("1", more: #","NAME":"a\u000ab""#))"#, "4! too-few-fields x"]),
  CSVCase(
    "an unclosed quote takes one line", header + "1,\"2022,\"+0123,1\"\n" + good,
    ["2! malformed-quote 1,\"2022,\"+0123,1\"", "3: \(json("1"))"]),
  CSVCase(
    "an unclosed quote up to the end",
    header + "1,\"2022-06-24T08:00:00\n2,2022-06-24T08:00:00,+1\n",
    [
      "2! malformed-quote 1,\"2022-06-24T08:00:00",
      "3! bad-temperature 2,2022-06-24T08:00:00,+1",
    ]),
  CSVCase(
    "text after a closing quote", header + "\"1\"x,2,3\r\n" + good,
    ["2! malformed-quote \"1\"x,2,3", "3: \(json("1"))"]),
  CSVCase(
    "a quote within an unquoted field", header + "1\"1,2,3\n" + good,
    ["2! malformed-quote 1\"1,2,3", "3: \(json("1"))"]),
  CSVCase(
    "a blank before a quote", header + "1, \"2\",3\n", ["2! malformed-quote 1, \"2\",3"]),
  CSVCase(
    "a carriage return after a quote", header + "1,2,\"3\"\rx\n",
    ["2! malformed-quote 1,2,\"3\"\rx"]),
  CSVCase(
    "trailing blanks: dropped from STATION, kept in others, refused in DATE and TMP",
    "STATION,DATE,TMP,REPORT_TYPE\n"
      + "\" 1 \",2022-06-24T08:00:00,\"+0123,1\",\"SOD  \"\n"
      + "1,2022-06-24T08:00:00 ,\"+0123,1\",\n1,2022-06-24T08:00:00,\"+0123,1 \",\n",
    [
      "2: \(json("1", reportType: "SOD  "))",
      "3! bad-date 1,2022-06-24T08:00:00 ,\"+0123,1\",",
      "4! bad-temperature 1,2022-06-24T08:00:00,\"+0123,1 \",",
    ]),
  CSVCase(
    "stations that are none",
    header
      + ",2022-06-24T08:00:00,\"+0123,1\"\n  ,2022-06-24T08:00:00,\"+0123,1\"\n"
      + "a\tb,2022-06-24T08:00:00,\"+0123,1\"\n",
    [
      "2! bad-station ,2022-06-24T08:00:00,\"+0123,1\"",
      "3! bad-station   ,2022-06-24T08:00:00,\"+0123,1\"",
      "4! bad-station a\tb,2022-06-24T08:00:00,\"+0123,1\"",
    ]),
  CSVCase(
    "a date that is none", header + "1,2022-02-30T08:00:00,\"+0123,1\"\n",
    ["2! bad-date 1,2022-02-30T08:00:00,\"+0123,1\""]),
  CSVCase(
    "missing is an observation", header + "1,2022-06-24T08:00:00,\"+9999,9\"\n",
    ["2: \(json("1", "2022-06-24T08:00:00", "+9999,9"))"]),
]

@Suite struct CSVCaseTests {
  @Test(arguments: cases)
  func everyCutGivesTheExpectedRows(_ example: CSVCase) {
    let bytes = example.bytes
    #expect(decodedWhole(bytes) == example.rows)
    #expect(decodedByteByByte(bytes) == example.rows)
    let badCut = (0...bytes.count).first { decoded(bytes, pieces: [$0]) != example.rows }
    #expect(badCut == nil)
  }

  @Test func gzipDataIsNamedAsSuch() {
    let bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0]
    let expected = ["failure: this is gzip data inside what was taken for text"]
    #expect(decodedWhole(bytes) == expected)
    #expect(decodedByteByByte(bytes) == expected)
  }

  @Test func latin1BytesBecomeUTF8() {
    let bytes =
      Array((quotedHeader + "1,2022-06-24T08:00:00,\"+0123,1\",\"Z").utf8) + [0xFC]
      + Array("rich\"\n".utf8)
    #expect(decodedWhole(bytes) == [#"2: \#(json("1", more: #","NAME":"Zürich""#))"#])
    #expect(decodedByteByByte(bytes) == decodedWhole(bytes))
  }

  @Test func aStationThatIsNotUTF8IsRejected() {
    let bytes = Array(header.utf8) + [0xFC] + Array(",2022-06-24T08:00:00,\"+0123,1\"\n".utf8)
    #expect(decodedWhole(bytes).first?.hasPrefix("2! bad-station") == true)
  }
}
