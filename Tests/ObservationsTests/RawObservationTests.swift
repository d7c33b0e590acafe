// Raw topic values by table: what any producer's JSON is taken for.

import Observations
import Testing

/// `STATION DATE TMP REPORT_TYPE` as read, or the reason of the refusal.
private func read(_ bytes: [UInt8]) -> String {
  bytes.withUnsafeBytes { value in
    RawObservation.read(value) { result in
      switch result {
      case .failure(let fault): return fault.reason.rawValue
      case .success(let parts):
        let tenths = parts.temperature.tenths.map(String.init) ?? "missing"
        let code = Character(Unicode.Scalar(parts.temperature.qualityCode))
        let station = String(decoding: parts.station, as: UTF8.self)
        let report = String(decoding: parts.reportType, as: UTF8.self)
        return "\(station) \(parts.time) \(tenths),\(code) [\(report)]"
      }
    }
  }
}

private func read(_ text: String) -> String { read(Array(text.utf8)) }

private let canonical =
  #"{"STATION":"41024099999","DATE":"2023-01-01T00:00:00","SOURCE":"4","REPORT_TYPE":"FM-12","#
  + #""CALL_SIGN":"99999","QUALITY_CONTROL":"V020","TMP":"+0200,1"}"#
private let asRead = "41024099999 2023-01-01T00:00:00Z 200,1 [FM-12]"
private let required = #""STATION":"1","DATE":"2023-01-01T00:00:00","TMP":"+0200,1""#
private let requiredRead = "1 2023-01-01T00:00:00Z 200,1 []"

private let open = String(canonical.dropLast())

private let forms: [String] = [
  canonical,
  "\r\n\t " + canonical + " \n",
  open + #","LATITUDE":"21.6","NAME":"A \"B\""}"#,
  open + " , \"X\" : [1 , {\"TMP\":\"no\"} , null ] } ",
  // As Python's json.dumps writes it, and with a blank in DATE.
  canonical.replacing(",\"", with: ", \"").replacing("\":", with: "\": "),
  canonical.replacing("T00", with: " 00"),
  // Any order; escapes in names and values.
  #"{"TMP":"+0200,1","REPORT_TYPE":"FM-12","DATE":"2023-01-01T00:00:00","STATION":"41024099999"}"#,
  canonical.replacing("TMP", with: #"\u0054MP"#),
  canonical.replacing("FM-12", with: #"FM\u002d12"#).replacing(
    "4102", with: #"\u00341\u00302"#),
  canonical.replacing("+0200", with: #"\u002B0200"#),
  // Of equal names the last, whichever form comes first.
  open + #","STATION":"x","STATION":"41024099999"}"#,
  #"{"STATION":"x",\#(canonical.dropFirst())"#,
  // Blanks around a station are none of it.
  canonical.replacing("41024099999", with: " 41024099999 "),
]

private let lacks: [(String, String)] = [
  ("{}", "missing-field"), ("{\(required)}", requiredRead),
  (#"{"DATE":"2023-01-01T00:00:00","TMP":"+0200,1"}"#, "missing-field"),
  // What is no string is absent.
  (#"{\#(required),"TMP":12.5}"#, "missing-field"),
  (#"{\#(required),"DATE":null}"#, "missing-field"),
  (#"{\#(required),"STATION":["1"]}"#, "missing-field"),
  (#"{\#(required),"REPORT_TYPE":null}"#, requiredRead),
  (#"{\#(required),"tmp":"x","REPORT_TYPE":"SOD  "}"#, "1 2023-01-01T00:00:00Z 200,1 [SOD  ]"),
  (#"{\#(required),"TMP":"+9999,9"}"#, "1 2023-01-01T00:00:00Z missing,9 []"),
  (#"{\#(required),"TMP":"+0200"}"#, "bad-temperature"),
  (#"{\#(required),"TMP":"+0200,8"}"#, "unknown-quality-code"),
  (#"{\#(required),"TMP":"+0700,1"}"#, "temperature-out-of-range"),
  (#"{\#(required),"DATE":"2023-02-29T00:00:00"}"#, "bad-date"),
  (#"{\#(required),"STATION":""}"#, "bad-station"),
  (#"{\#(required),"STATION":"a\nb"}"#, "bad-station"),
  (#"{\#(required),"STATION":"a\u0000b"}"#, "bad-station"),
  (#"{\#(required),"STATION":"\u00fc\ud83c\udf21"}"#, "ü🌡 2023-01-01T00:00:00Z 200,1 []"),
  (#"{\#(required),"STATION":"x\ud83c"}"#, "x\u{FFFD} 2023-01-01T00:00:00Z 200,1 []"),
  (#"{\#(required),"STATION":"\udf21\ud83c"}"#, "\u{FFFD}\u{FFFD} 2023-01-01T00:00:00Z 200,1 []"),
  (#"{\#(required),"STATION":"\"\\\/"}"#, "\"\\/ 2023-01-01T00:00:00Z 200,1 []"),
]

@Suite struct RawObservationTests {
  @Test(arguments: forms)
  func theFormIsTheProducersBusiness(_ text: String) {
    #expect(read(text) == asRead)
  }

  @Test(arguments: lacks)
  func whatAnObservationLacksIsSaid(_ text: String, _ expected: String) {
    #expect(read(text) == expected)
  }

  @Test(arguments: [
    "0", "-0", "12", "-1.5", "0.25", "1e5", "1E+5", "2.5e-3", "true", "false", "null", "\"\"",
    "\"\\b\\f\\n\\r\\t\\/\\u12aF\"", "[]", "[ ]", "{}", "{ }", "[1, \"a\", [], {}]",
    "{\"a\" : {\"b\":[true ,null]}}",
  ])
  func furtherMembersMayHoldAnyValue(_ value: String) {
    #expect(read("{\"a\":\(value),\(required)}") == requiredRead)
    #expect(read(open + ", \"a\": \(value) }") == asRead)
  }

  @Test(arguments: [
    "", "01", "+1", "1.", ".5", "1e", "1e+", "-", "0x1", "NaN", "tru", "True", "nul", "'a'", "\"",
    "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "\"\t\"", "[", "[1", "[1,", "[1,]",
    "[,]", "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}",
    "{1:1}",
    "{\"a\" 1}", "]", "}", "1}", "\"a\" \"b\"",
  ])
  func whatIsNoJSONSpoilsTheWholeValue(_ value: String) {
    #expect(read("{\"a\":\(value),\(required)}") == "bad-json")
    #expect(read(open + ",\"a\":\(value)}") == "bad-json")
  }

  @Test(arguments: [
    "", " ", "null", "[]", "\"x\"", "x", "{}{}", "{} x", "{\(required)},", "{,\(required)}",
    "{\(required),}", "\u{FEFF}{\(required)}", canonical + "x", canonical + "}",
    canonical.replacing(":\"V020\"", with: ":\"V0\n20\""),
  ])
  func whatIsNoObjectIsBadJSON(_ text: String) {
    #expect(read(text) == "bad-json")
  }

  @Test func nestingIsLimited() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(read("{\"a\":\(nested(64)),\(required)}") == requiredRead)
    #expect(read("{\"a\":\(nested(65)),\(required)}") == "bad-json")
    #expect(read("{\"a\":\(nested(1_000_000)),\(required)}") == "bad-json")
  }

  @Test func everyTruncationIsBadJSON() {
    let texts = [
      canonical, "{\"a\":[1.5e3,\"\\ud83c\\udf21\",{\"b\":true}],\(required)}",
      canonical.replacing(",\"", with: ", \"").replacing("\":", with: "\": "),
    ]
    for text in texts {
      let bytes = Array(text.utf8)
      #expect(read(bytes) != "bad-json")
      for count in bytes.indices { #expect(read(Array(bytes[..<count])) == "bad-json") }
    }
  }

  @Test(arguments: Array(0..<canonical.utf8.count))
  func ourOwnKeyOrderIsJudgedAsAnyOther(place: Int) {
    // A blank in front of the object's first name leaves only the general way.
    for byte in Array("\"\\,:{} 0\n".utf8) {
      var bytes = Array(canonical.utf8)
      bytes[place] = byte
      guard bytes[0] == UInt8(ascii: "{") else { continue }
      #expect(read(bytes) == read([bytes[0], 0x20] + bytes.dropFirst()))
    }
  }
}
