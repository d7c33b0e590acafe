// The judge of rows and that of raw records are one: streaming and backfill count the same.

import Aggregation
import Observations
import TestSupport
import Testing

@Suite struct ObservationJudgeTests {
  @Test(arguments: SeededGenerator.seeds(5))
  func aRowIsJudgedAsItsRawRecordIs(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rows = BackfillTests.rows(&random, count: 300)
    try check(Array((BackfillRow.header + rows.map(\.csv).joined()).utf8), "rows.csv")
  }

  @Test(
    .enabled(if: NOAAFiles.areAtHand),
    arguments: [
      "global-hourly/2023/41024099999.csv", "isd-raw/1901.gz", "isd-raw/725300-94846-2014.gz",
      "isd-lite/642820-99999-2014",
    ])
  func aRowOfARealFileIsJudgedAsItsRawRecordIs(path: String) throws {
    try check(NOAAFiles.contents(path), path)
  }

  @Test(.enabled(if: NOAAFiles.areAtHand))
  func aFileOfSixStationsGivesSix() throws {
    var builder = PartialBuilder(
      rule: BackfillRule(quality: .all), receivedSeconds: 4_000_000_000)
    var decoder = FileDecoder(fileName: "1901.gz", columns: PartialBuilder.columns)
    try NOAAFiles.contents("isd-raw/1901.gz").withUnsafeBytes { bytes in
      try decoder.decode(bytes) { builder.add($0) }
      try decoder.finish { builder.add($0) }
    }
    let partial = builder.take()
    #expect(partial.stations.count == 6)
    #expect(partial.encoded().withUnsafeBytes { Partial($0) } == partial)
  }

  private func check(_ bytes: [UInt8], _ name: String) throws {
    var decoder = FileDecoder(fileName: name)
    var count = 0
    func onRow(_ row: DecodedRow) {
      guard case .observation(let observation) = row.content else { return }
      count += 1
      var json: [UInt8] = []
      RawObservationEncoder.append(observation, to: &json)
      for quality in QualityRule.allCases {
        let ofRow = text(ObservationJudge.judge(row: observation, quality: quality))
        let ofRecord = json.withUnsafeBytes {
          ObservationJudge.judge($0, quality: quality) { text($0) }
        }
        if ofRow != ofRecord { Issue.record("line \(row.line): \(ofRow) and \(ofRecord)") }
      }
    }
    try bytes.withUnsafeBytes { bytes in
      try decoder.decode(bytes, onRow)
      try decoder.finish(onRow)
    }
    #expect(count > 0)
  }

  private func text(_ verdict: ObservationJudge.Verdict) -> String {
    switch verdict {
    case .rejected(let reason): reason.rawValue
    case .accepted(let station, let seconds, let tenths):
      "\(String(decoding: station, as: UTF8.self)) \(seconds) \(tenths)"
    }
  }
}
