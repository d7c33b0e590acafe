// The CSV form of hours: what a station id may hold must not break a line.

import Aggregation
import Testing

@testable import Pipeline

@Suite struct HourTextTests {
  private func line(station: String, _ tenths: [Int16]) -> String {
    var accumulator = Accumulator()
    for value in tenths { accumulator.add(value) }
    var bytes: [UInt8] = []
    HourText.append(
      HourResult(
        key: Array(station.utf8), hour: -1, accumulator: accumulator, revision: 1, isFinal: true),
      byStation: true, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("72530094846", "72530094846"), ("A,B", "\"A,B\""), ("\"A\"", "\"\"\"A\"\"\""),
    ("Zürich 1", "Zürich 1"),
  ])
  func aStationIsQuotedWhereCSVNeedsIt(station: String, field: String) {
    #expect(
      line(station: station, [-1, 0, 0]) == "\(field),1969-12-31T23:00:00Z,3,-0.1,-0.033333,0.0\n")
  }
}
