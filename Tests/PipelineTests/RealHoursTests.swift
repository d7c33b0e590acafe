// Hours of real NOAA files, where they are at hand, against an independent exact computation.

import Aggregation
import Foundation
import Observations
import Pipeline
import TestSupport
import Testing

private let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

private let inputs = ["derived-csv", "global-hourly"].map {
  NOAAFiles.folder.appendingPathComponent($0).path
}

@Suite struct RealHoursTests {
  private func exactHours(_ quality: QualityRule, byStation: Bool) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["python3", package.appendingPathComponent("tools/exact_hours.py").path] + inputs
      + ["--quality", quality.rawValue] + (byStation ? ["--by-station"] : [])
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: output, as: UTF8.self)
  }

  /// Skipped where the files are not at hand: MOAA_NOAA_DATA says where they are.
  @Test(.enabled(if: NOAAFiles.areAtHand), arguments: QualityRule.allCases)
  func theyEqualTheExactComputation(quality: QualityRule) throws {
    let work = try Workspace()
    let summary = try work.ingest(inputs)
    #expect(summary.failures == [] && summary.refusedCount == 0)
    try work.aggregate(AggregationRule(quality: quality))
    for byStation in [false, true] {
      let mine = try work.hoursCSV(byStation: byStation)
      let isSame = try mine == exactHours(quality, byStation: byStation)
      #expect(isSame, "quality \(quality.rawValue), by station: \(byStation)")
      #expect(mine.utf8.count > 1_000_000)
    }
    #expect(try Replay(store: work.store).run(from: .earliest, verify: true).differences == [])
  }
}
