// The hours made from fixed-width records are those made from the CSV with the same observations.

import Aggregation
import Foundation
import Observations
import Pipeline
import TestSupport
import Testing

@Suite struct SameHoursTests {
  @Test func allFormatsMayBeIngestedTogetherAndAgain() throws {
    let work = try Workspace()
    let paths = [
      try work.write("a.csv", Observed.csv), try work.write("010010-99999-2014", Observed.isd),
      try work.write("725300-94846-2014", Observed.isdLite),
    ]
    let first = try work.ingest(paths)
    #expect(first.recordCount == 3 && first.failures.isEmpty && first.refusedCount == 0)
    let second = try work.ingest(paths)
    #expect(second.recordCount == 0 && second.knownCount == 3)
  }

  @Test func aNamedFormatHoldsForAllFiles() throws {
    let work = try Workspace()
    let path = try work.write("a.csv", Observed.csv)
    let summary = try Ingest(store: work.store, options: IngestOptions(inputFormat: .isd)).run([
      path
    ])
    #expect(summary.recordCount == 0 && summary.refusedCounts == [.wrongLength: 2])
  }

  @Test(
    .enabled(if: NOAAFiles.areAtHand, "the folder of real NOAA files is not at hand"),
    arguments: [QualityRule.passed, .all])
  func recordsAndDerivedCSVGiveTheSameHours(quality: QualityRule) throws {
    let records = try run("isd-raw", quality)
    let rows = try run("derived-csv", quality)
    #expect(records.recordCount == 30_172 && rows.recordCount == 30_172)
    #expect(records.resultHash == rows.resultHash)
  }

  @Test(.enabled(if: NOAAFiles.areAtHand, "the folder of real NOAA files is not at hand"))
  func aFolderOfISDLiteIsReadWhole() throws {
    #expect(try run("isd-lite", .passed).recordCount == 57_898)
  }

  /// The records that a folder of real files gave and the hash over all hours made from them.
  private func run(
    _ part: String, _ quality: QualityRule
  ) throws -> (recordCount: Int64, resultHash: String) {
    let work = try Workspace()
    let summary = try work.ingest([NOAAFiles.folder.appendingPathComponent(part).path])
    #expect(summary.failures.isEmpty && summary.refusedCount == 0)
    try work.aggregate(AggregationRule(quality: quality))
    return (summary.recordCount, try work.hash())
  }
}
