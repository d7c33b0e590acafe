// Rows of GHCNh by table, each case read whole, byte by byte, and cut at every place.

import Testing

@testable import Observations

private let header = GHCNhText.yearlyHeader + "\n"

/// A file with one row, changed.
private func file(_ change: (inout GHCNhText) -> Void) -> String {
  var row = GHCNhText()
  change(&row)
  return header + row.yearly + "\n"
}

/// A small file: STATION, DATE, temperature with its quality and source code.
private let small = "STATION|DATE|temperature|temperature_Quality_Code|temperature_Source_Code\n"

private func json(
  source: String = "343", _ temperature: String = "+0015,1", rule: String = "343:1"
) -> String {
  #"{"STATION":"1","DATE":"2026-01-01T00:00:00","SOURCE":"\#(source)","REPORT_TYPE":"","#
    + #""CALL_SIGN":"","QUALITY_CONTROL":"","TMP":"\#(temperature)","DEW":"+9999,9","#
    + #""SLP":"99999,9","QUALITY_RULE":"ghcnh/1 \#(rule)"}"#
}

private let row = "1|2026-01-01T00:00:00|1.5|1|343\n"

private let cases: [CSVCase] = [
  CSVCase("a row of a year", file { _ in }, ["2: \(GHCNhText.json())"]),
  CSVCase(
    "a row of a station's whole record, without leading zeros",
    GHCNhText.recordHeader + "\n" + GHCNhText().record("2026", "1", "1", "0", "51") + "\n",
    ["2: \(GHCNhText.json())"]),
  CSVCase(
    "the same with leading zeros",
    GHCNhText.recordHeader + "\n" + GHCNhText().record("2026", "01", "01", "00", "51") + "\n",
    ["2: \(GHCNhText.json())"]),
  CSVCase(
    "a year that is none",
    GHCNhText.recordHeader + "\n"
      + GHCNhText().record("02026", "1", "1", "0", "51") + "\n",
    ["2! bad-date \(GHCNhText().record("02026", "1", "1", "0", "51").prefix(40))"]),
  CSVCase("a header only", header, []),
  CSVCase("a header without its newline", GHCNhText.yearlyHeader, []),
  CSVCase(
    "carriage returns, an empty line", small.dropLast() + "\r\n\r\n" + row.dropLast() + "\r\n",
    ["3: \(json())"]),
  CSVCase(
    "no temperature", file { $0.temperature = "" },
    ["2: \(GHCNhText.json(temperature: "+9999,9"))"]),
  CSVCase(
    "a number that stands for none", small + "1|2026-01-01T00:00:00|-9999|9-Missing|343\n",
    ["2: \(json("+9999,9", rule: "343:9-Missing"))"]),
  CSVCase(
    "more decimals: to the nearest tenth, half to even",
    small + "1|2026-01-01T00:00:00|1.25|1|343\n1|2026-01-01T00:00:00|1.35|1|343\n"
      + "1|2026-01-01T00:00:00|-1.2500001|1|343\n1|2026-01-01T00:00:00|-0.05|1|343\n"
      + "1|2026-01-01T00:00:00|7|1|343\n1|2026-01-01T00:00:00|+.5|1|343\n",
    [
      "2: \(json("+0012,1"))", "3: \(json("+0014,1"))", "4: \(json("-0013,1"))",
      "5: \(json("+0000,1"))", "6: \(json("+0070,1"))", "7: \(json("+0005,1"))",
    ]),
  CSVCase(
    "temperatures that are none",
    small + "1|2026-01-01T00:00:00|1.2.5|1|343\n1|2026-01-01T00:00:00|1,5|1|343\n"
      + "1|2026-01-01T00:00:00|1e1|1|343\n1|2026-01-01T00:00:00|61.9|1|343\n"
      + "1|2026-01-01T00:00:00|-93.25|1|343\n1|2026-01-01T00:00:00|-93.3|1|343\n",
    [
      "2! bad-temperature 1|2026-01-01T00:00:00|1.2.5|1|343",
      "3! bad-temperature 1|2026-01-01T00:00:00|1,5|1|343",
      "4! bad-temperature 1|2026-01-01T00:00:00|1e1|1|343",
      "5! temperature-out-of-range 1|2026-01-01T00:00:00|61.9|1|343",
      "6: \(json("-0932,1"))",
      "7! temperature-out-of-range 1|2026-01-01T00:00:00|-93.3|1|343",
    ]),
  CSVCase(
    "a code that nothing explains",
    small + "1|2026-01-01T00:00:00|1.5|8|343\n1|2026-01-01T00:00:00|1.5|1|413\n" + row
      + "1|2026-01-01T00:00:00|1.5|12345123451234512|343\n",
    [
      "2! unknown-quality-code 1|2026-01-01T00:00:00|1.5|8|343",
      "3! unknown-quality-code 1|2026-01-01T00:00:00|1.5|1|413", "4: \(json())",
      "5! unknown-quality-code 1|2026-01-01T00:00:00|1.5|12345123451234",
    ]),
  CSVCase(
    "no station, no moment",
    small + " |2026-01-01T00:00:00|1.5|1|343\n1|2026-02-30T00:00:00|1.5|1|343\n"
      + "1|2026-01-01T00:00:00Z|1.5|1|343\n",
    [
      "2! bad-station  |2026-01-01T00:00:00|1.5|1|343",
      "3! bad-date 1|2026-02-30T00:00:00|1.5|1|343", "4: \(json())",
    ]),
  CSVCase(
    "too few and too many fields",
    small + "1|2026-01-01T00:00:00|1.5|1\n" + row
      + "1|2026-01-01T00:00:00|1.5|1|343|\n",
    [
      "2! too-few-fields 1|2026-01-01T00:00:00|1.5|1", "3: \(json())",
      "4! too-many-fields 1|2026-01-01T00:00:00|1.5|1|343|",
    ]),
  CSVCase(
    "a last row that is cut off", header + GHCNhText().yearly.prefix(400),
    ["2! truncated-line unended \(GHCNhText().yearly.prefix(40))"]),
  CSVCase(
    "a last row without its newline, whose last field is not read", header + GHCNhText().yearly,
    ["2: \(GHCNhText.json()) unended"]),
  CSVCase(
    "a last row without its newline, whose last field is read", small + row.dropLast(),
    ["2! truncated-line unended \(row.dropLast())"]),
  CSVCase(
    "a NUL byte", small + "1|2026-01-01T00:00:00|1.5·|1|343\n",
    ["2! nul-byte 1|2026-01-01T00:00:00|1.5\0|1|343"]),
  CSVCase(
    "a dew point and a pressure that cannot be used are missing",
    file {
      $0.dewPoint = "cold"
      $0.pressure = "-1"
    }, ["2: \(GHCNhText.json(dewPoint: "+9999,9", pressure: "99999,9"))"]),
  CSVCase(
    "a dew point of unknown quality is missing", file { $0.dewPointQuality = "8" },
    ["2: \(GHCNhText.json(dewPoint: "+9999,9"))"]),
  CSVCase(
    "an elevation that is missing", file { $0.elevation = "-999.9" },
    [
      "2: \(GHCNhText.json(place: GHCNhText.place.replacing("204.8", with: "9999.0")))"
    ]),
  CSVCase(
    "a name with quotes", file { $0.name = "O'HARE \"AP\" é" },
    [
      "2: "
        + GHCNhText.json(
          place: GHCNhText.place.replacing(
            "CHICAGO OHARE INTL AP", with: #"O'HARE \"AP\" é"#))
    ]),
  CSVCase(
    "reports by their names, whole, cut off, with a source flag, and unknown",
    file { $0.reportType = "FM12-SYNOP-fixed-land-stn" }
      + [
        "FM16-SPECI", "SYMT-Synop-and-METAR-merged", "SOD-ASOS-A", "AUTO_4-USA", "FM-15", "",
      ].map { text in
        var row = GHCNhText()
        row.reportType = text
        return row.yearly + "\n"
      }.joined(),
    ["FM-12", "FM-16", "SY-MT", "SOD", "AUTO_4-USA", "FM-15", ""].enumerated().map {
      "\($0.offset + 2): \(GHCNhText.json(reportType: $0.element))"
    }),
  CSVCase(
    "columns in any order, with blanks around names, in any case",
    "TEMPERATURE_source_code | temperature|date|temperature_Quality_Code|x|Station_id\n"
      + "343|1.5|2026-01-01T00:00:00|1|x|1\n", ["2: \(json())"]),
  CSVCase(
    "a column twice", small.dropLast() + "|DATE\n" + row,
    ["failure: this is not GHCNh: its header has the column DATE twice"]),
  CSVCase(
    "two spellings of one column", small.dropLast() + "|Station_ID\n" + row,
    ["failure: this is not GHCNh: its header has the column Station_ID twice"]),
  CSVCase(
    "columns missing", "Year|Month|Day|Hour|remarks\n",
    [
      "failure: this is not GHCNh: its header has no column STATION, DATE (or Year, Month, Day, Hour, "
        + "Minute), temperature, temperature_Quality_Code, temperature_Source_Code"
    ]),
  CSVCase(
    "NUL bytes in the header", "STATION|·|DATE\n",
    ["failure: this is not GHCNh: the first line holds NUL bytes"]),
  CSVCase(
    "a header without end", "STATION|" + String(repeating: "x", count: 70_000),
    ["failure: this is not GHCNh: no header line"]),
]

/// Source, code as it stands, and the ISD code that stands for it; nil where it is unknown.
private let qualities: [(source: String, code: String, isd: String?)] = [
  // ISD's own codes, from ISD's sources.
  ("313", "0", "0"), ("314", "1", "1"), ("315", "2", "2"), ("322", "3", "3"), ("335", "4", "4"),
  ("343", "5", "5"), ("344", "6", "6"), ("346", "7", "7"), ("343", "9", "9"), ("343", "8", nil),
  ("343", "A", "A"), ("343", "U", "U"), ("343", "P", "P"), ("343", "I", "I"), ("343", "M", "M"),
  ("343", "C", "C"), ("343", "R", "R"),
  // The Air Force's.
  ("220", "0", "9"), ("221", "1", "1"), ("222", "2", "2"), ("223", "3", "3"), ("347", "4", "9"),
  ("348", "5", "3"), ("220", "9", "9"), ("220", "6", nil), ("220", "A", nil),
  ("345", "0", "1"), ("345", "1", "2"), ("345", "3", "3"), ("345", "2", nil),
  // Of other sources no digit is documented.
  ("413", "1", nil), ("", "0", nil), ("x", "5", nil), ("413", "9", "9"), ("413", "R", nil),
  // No code at all.
  ("343", "", "9"), ("220", " ", "9"), ("413", "", "9"), ("", "9-Missing", "9"),
  ("335", "9-Missing", "9"),
  // A check of GHCNh's own failed.
  ("343", "L", "3"), ("343", "o", "3"), ("220", "F", "3"), ("413", "U", "3"), ("220", "C", "3"),
  ("335", "D", "3"), ("335", "d", "3"), ("335", "W", "3"), ("335", "K", "3"), ("335", "T", "3"),
  ("335", "S", "3"), ("335", "h", "3"), ("335", "V", "3"), ("335", "w", "3"), ("335", "N", "3"),
  ("335", "E", "3"), ("335", "p", "3"), ("335", "H", "3"), ("343", "z", "3"),
  // Several: the worst.
  ("343", "1,d", "3"), ("343", "5d", "3"), ("343", "6,1", "6"), ("343", "1 2", "2"),
  ("343", "7,o", "7"), ("343", "1,8", nil),
  ("343", ";", nil),
]

@Suite struct GHCNhCaseTests {
  @Test(arguments: cases)
  func everyCutGivesTheSame(_ example: CSVCase) {
    let bytes = example.bytes
    let make: DecoderMaker = { GHCNhDecoder() }
    #expect(decodedWhole(bytes, by: make) == example.rows)
    #expect(decodedByteByByte(bytes, by: make) == example.rows)
    // Every place of a small file; of one with all columns, some.
    let step = bytes.count > 20_000 ? 997 : bytes.count > 2000 ? 67 : 1
    let badCut = stride(from: 0, through: bytes.count, by: step).first {
      decoded(bytes, pieces: [$0], by: make) != example.rows
    }
    #expect(badCut == nil)
  }

  @Test(arguments: cases)
  func recognisedItIsReadTheSame(_ example: CSVCase) {
    #expect(
      decodedWhole(example.bytes, by: { FileDecoder(fileName: "GHCNh_1_2026.psv") })
        == example.rows)
  }

  @Test func everyCodeOfEverySourceHasOneMeaning() {
    for (source, code, isd) in qualities {
      let text = small + "1|2026-01-01T00:00:00|1.5|\(code)|\(source)\n"
      let trimmed = code == " " ? "" : code
      let expected =
        isd.map {
          "2: " + json(source: source, "+0015,\($0)", rule: "\(source):\(trimmed)")
        } ?? "2! unknown-quality-code 1|2026-01-01T00:00:00|1.5|\(code)|\(source)"
      #expect(decodedWhole(Array(text.utf8), by: { GHCNhDecoder() }) == [expected])
    }
  }

  /// The rule of aggregations knows only ISD's codes, and must come to what GHCNh's table says.
  @Test func whatFailedInGHCNhIsRefusedByTheRuleForISD() {
    for (source, code, isd) in qualities {
      guard let isd else { continue }
      let field = TemperatureField(tenths: 15, qualityCode: isd.utf8.first ?? 0)
      let isRefused = QualityRule.passed.refusal(of: field) != nil
      #expect(isRefused == ["2", "3", "6", "7"].contains(isd), "\(source) \(code)")
      #expect(QualityRule.all.refusal(of: field) == nil)
    }
  }

  @Test func theHeadersHaveAsManyColumnsAsDocumented() throws {
    let counts = try [GHCNhText.yearlyHeader, GHCNhText.recordHeader].map { text in
      try Array(text.utf8).withUnsafeBytes { try GHCNhHeader($0).fieldCount }
    }
    #expect(counts == [234, 238])
  }
}
