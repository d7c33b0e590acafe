// Rows of global-hourly CSV, and that no cut of the input changes them.

import Observations
import Testing

@Suite struct GlobalHourlyDecoderTests {
  private func rows(_ text: String, cuts: [Int]) throws -> [String] {
    let bytes = Array(text.utf8)
    var decoder = GlobalHourlyDecoder()
    var result: [String] = []
    func onRow(_ row: DecodedRow) {
      switch row.content {
      case .rejected(let reason): result.append("\(row.line) \(reason.rawValue)")
      case .observation(let observation):
        var json: [UInt8] = []
        RawObservationEncoder.append(observation, to: &json)
        result.append("\(row.line) \(String(decoding: json, as: UTF8.self))")
      }
    }
    var start = 0
    for cut in cuts + [bytes.count] {
      try bytes[start..<cut].withUnsafeBytes { try decoder.decode($0, onRow) }
      start = cut
    }
    try decoder.finish(onRow)
    return result
  }

  @Test func everyCutOfTheInputGivesTheSameRows() throws {
    let text = """
      "STATION","DATE","NAME","TMP"
      "001","2022-06-24T08:00:00","A ""B"", C","+0123,1"
      "002","2022-06-24T08:00:00","cut,"+0123,1"
      "003","2022-02-30T08:00:00",,"+0123,1"
      "004","2022-06-24 08:00:00",,"+9999,9"

      "005","2022-06-24T08:00:00",,"-0010,8"
      "006","2022-06-24T0
      """
    let whole = try rows(text, cuts: [])
    #expect(
      whole == [
        #"2 {"STATION":"001","DATE":"2022-06-24T08:00:00","SOURCE":"","REPORT_TYPE":"","#
          + #""CALL_SIGN":"","QUALITY_CONTROL":"","TMP":"+0123,1","NAME":"A \"B\", C"}"#,
        "3 malformed-quote", "4 bad-date",
        #"5 {"STATION":"004","DATE":"2022-06-24 08:00:00","SOURCE":"","REPORT_TYPE":"","#
          + #""CALL_SIGN":"","QUALITY_CONTROL":"","TMP":"+9999,9"}"#,
        "7 unknown-quality-code", "8 truncated-line",
      ])
    for cut in 0...text.utf8.count { #expect(try rows(text, cuts: [cut]) == whole) }
    #expect(try rows(text, cuts: Array(0..<text.utf8.count)) == whole)
  }

  @Test func aHeaderWithoutTheNeededColumnsIsAFailureThatNamesThem() {
    let failure = #expect(throws: DecodeFailure.self) { try rows("STATION,DATE\n", cuts: []) }
    #expect(failure?.description.contains("TMP") == true)
  }
}
