// The hours made from fixed-width records are those made from the CSV with the same observations.

import Aggregation
import Foundation
import LogStore
import Observations
import Pipeline
import TestSupport
import Testing

@Suite struct SameHoursTests {
  @Test func allFormatsMayBeIngestedTogetherAndAgain() throws {
    let folder = try TemporaryFolder()
    let paths = [
      try folder.write("a.csv", Observed.csv), try folder.write("010010-99999-2014", Observed.isd),
      try folder.write("725300-94846-2014", Observed.isdLite),
    ]
    let store = try LogStore.open("\(folder.path)/test.store", StoreOptions(mode: .create))
    defer { store.close() }
    let first = try Ingest(store: store).run(paths)
    #expect(first.recordCount == 3 && first.failures.isEmpty && first.refusedCount == 0)
    let second = try Ingest(store: store).run(paths)
    #expect(second.recordCount == 0 && second.knownCount == 3)
  }

  @Test func aNamedFormatHoldsForAllFiles() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.csv", Observed.csv)
    let store = try LogStore.open("\(folder.path)/test.store", StoreOptions(mode: .create))
    defer { store.close() }
    let summary = try Ingest(store: store, options: IngestOptions(inputFormat: .isd)).run([path])
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
    let folder = try TemporaryFolder()
    let store = try LogStore.open(
      "\(folder.path)/test.store", StoreOptions(mode: .create, durability: .relaxed))
    defer { store.close() }
    var rule = AggregationRule()
    rule.quality = quality
    let summary = try PipelineRun(
      store: store, rule: rule, ingestOptions: IngestOptions(),
      aggregationOptions: AggregationJobOptions()
    ).run([NOAAFiles.folder.appendingPathComponent(part).path])
    #expect(summary.ingest.failures.isEmpty && summary.ingest.refusedCount == 0)
    return (summary.ingest.recordCount, try store.read { try ResultHash.compute($0) })
  }
}
