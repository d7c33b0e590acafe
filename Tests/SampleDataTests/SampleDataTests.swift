// What must hold of the sample's bytes.

import Observations
import SampleData
import Testing

@Suite struct SampleDataTests {
  private let header =
    #""STATION","DATE","SOURCE","LATITUDE","LONGITUDE","ELEVATION","NAME","REPORT_TYPE","#
    + #""CALL_SIGN","QUALITY_CONTROL","WND","CIG","VIS","TMP","DEW","SLP","AA1","GA1","GF1","#
    + #""MA1","REM""# + "\n"

  /// Every region once, over a leap day: a change of any byte changes this number. Then say in the
  /// changelog that samples are no longer those of before.
  @Test func theBytesOfASeedNeverChange() {
    func fingerprintOfAll(seed: UInt64) -> UInt64 {
      let data = SampleData(seed: seed, stationCount: 16, firstDay: day(2024, 2, 28), dayCount: 3)
      return (0..<16).reduce(fingerprint([])) { fingerprint(data.bytes($1), after: $0) }
    }
    #expect(fingerprintOfAll(seed: 1) == 0xE7F3_7B3A_9DBE_B5DC)
    #expect(fingerprintOfAll(seed: 2) != fingerprintOfAll(seed: 1))
  }

  @Test func aStationIsTheSameWhateverTheCount() {
    let few = SampleData(seed: 7, stationCount: 20, firstDay: day(2023, 1, 1), dayCount: 1)
    let many = SampleData(seed: 7, stationCount: 200, firstDay: day(2023, 1, 1), dayCount: 1)
    for station in [0, 3, 19] {
      #expect(few.fileName(station) == many.fileName(station))
      #expect(few.bytes(station) == many.bytes(station))
    }
  }

  @Test func aDayIsTheSameWhateverTheSpanAndTheChunks() {
    let whole = SampleData(seed: 7, stationCount: 2, firstDay: day(1969, 12, 1), dayCount: 62)
    var joined = Array(header.utf8)
    for index in 0..<62 {
      let first = Timestamp(
        secondsSinceEpoch: day(1969, 12, 1).secondsSinceEpoch + Int64(index) * 86_400)
      let single = SampleData(seed: 7, stationCount: 2, firstDay: first, dayCount: 1)
      joined += single.bytes(1).dropFirst(header.utf8.count)
    }
    #expect(whole.bytes(1) == joined)
    let atNoon = Timestamp(year: 1969, month: 12, day: 1, hour: 12)!
    let fromNoon = SampleData(seed: 7, stationCount: 2, firstDay: atNoon, dayCount: 62)
    #expect(fromNoon.bytes(1) == joined)
  }

  @Test func chunksAreAboutAQuarterOfAMebibyteAndEndWithARow() {
    let data = SampleData(seed: 7, stationCount: 1, firstDay: day(2023, 1, 1), dayCount: 80)
    var chunks: [[UInt8]] = []
    data.write(0) { chunks.append(Array($0)) }
    #expect(chunks.count > 2)
    #expect(chunks.allSatisfy { $0.last == UInt8(ascii: "\n") })
    #expect(chunks.dropLast().allSatisfy { (256 << 10...288 << 10).contains($0.count) })
    #expect(chunks[0].starts(with: header.utf8))
  }

  @Test func noDaysGiveTheHeaderAlone() {
    let data = SampleData(seed: 7, stationCount: 1, firstDay: day(9999, 12, 31), dayCount: 0)
    #expect(data.bytes(0) == Array(header.utf8))
  }

  @Test func anErrorOfTheSinkEndsTheWriting() {
    struct Full: Error {}
    let data = SampleData(seed: 7, stationCount: 1, firstDay: day(2023, 1, 1), dayCount: 80)
    var calls = 0
    #expect(throws: Full.self) {
      try data.write(0) { _ in
        calls += 1
        throw Full()
      }
    }
    #expect(calls == 1)
  }

  @Test func everyRowOfEveryRegionIsReadable() throws {
    let data = SampleData(seed: 3, stationCount: 48, firstDay: day(1999, 12, 31), dayCount: 2)
    for station in data.stations.indices {
      let rows = try data.rows(station)
      #expect((66...114).contains(rows.count))
      #expect(rows.allSatisfy { $0.station == data.stations[station].id })
      #expect(rows.allSatisfy { (10_956...10_957).contains($0.time.dayIndex) })
    }
  }

  @Test func theFirstAndTheLastYearOfTheCalendarAreReadable() throws {
    for first in [day(1, 1, 1), day(9999, 12, 30)] {
      let data = SampleData(seed: 3, stationCount: 1, firstDay: first, dayCount: 2)
      #expect(try data.rows(0).count >= 66)
    }
  }

  /// Also that no quote or comma inside a value is loose, and that REM says how long it is.
  @Test func everyValueIsQuotedAndAnEmptyOneIsNothing() {
    let data = SampleData(seed: 3, stationCount: 16, firstDay: day(2024, 2, 29), dayCount: 3)
    var quotedRemarks = 0
    for station in data.stations.indices {
      let text = String(decoding: data.bytes(station), as: UTF8.self)
      for line in text.split(separator: "\n").dropFirst() {
        let fields = fields(line)
        #expect(fields.count == 21)
        for field in fields where !field.isEmpty {
          #expect(field.count > 2 && field.first == "\"" && field.last == "\"")
        }
        let remark = fields[20].dropFirst().dropLast()
        let doubled = remark.count { $0 == "\"" } / 2
        quotedRemarks += doubled > 0 ? 1 : 0
        #expect(Int(remark.dropFirst(3).prefix(3)) == remark.count - 6 - doubled, "\(remark)")
      }
    }
    #expect(quotedRemarks > 0)
  }

  /// Cuts at commas outside quotes.
  private func fields(_ line: Substring) -> [String] {
    var fields = [""]
    var isInside = false
    for character in line {
      if character == "\"" { isInside.toggle() }
      if character == ",", !isInside {
        fields.append("")
      } else {
        fields[fields.count - 1].append(character)
      }
    }
    return fields
  }
}
