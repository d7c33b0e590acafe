// Tables of real NOAA files, where they are at hand, against an independent exact computation.

import Aggregation
import Foundation
import LogStore
import Observations
import Pipeline
import TestSupport
import Testing

@Suite struct RealTablesTests {
  private static let inputs = ["derived-csv", "global-hourly"].map {
    NOAAFiles.folder.appendingPathComponent($0).path
  }

  /// Every result set by name, as tools/exact_tables.py computes it.
  private func exactTables(
    _ rule: BackfillRule, _ weight: Weight, _ seasons: SeasonRule, into folder: URL
  ) throws -> [String: String] {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["python3", package.appendingPathComponent("tools/exact_tables.py").path] + Self.inputs + [
        "--quality", rule.quality.rawValue, "--reports", rule.reports.rawValue, "--weight",
        weight.rawValue, "--seasons", seasons.rawValue, "--into", folder.path,
      ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    var tables: [String: String] = [:]
    for set in ResultSet.allCases {
      let url = folder.appendingPathComponent("\(set.rawValue).csv")
      tables[set.rawValue] = try String(contentsOf: url, encoding: .utf8)
    }
    return tables
  }

  private func tables(
    _ work: Workspace, _ rule: BackfillRule, _ weight: Weight, _ seasons: SeasonRule
  ) throws -> [String: String] {
    var tables: [String: String] = [:]
    try work.store.read { view in
      for set in ResultSet.allCases {
        var bytes: [UInt8] = []
        ResultText.appendCSVHeader(set, to: &bytes)
        var rollUps = RollUps(sets: [set], rule: rule, weight: weight, seasons: seasons)
        try BackfillResults.forEachStation(in: view) { hours, _ in
          rollUps.add(hours) { ResultText.appendCSV($0, to: &bytes) }
        }
        if set != .stationHour { rollUps.rows(of: set) { ResultText.appendCSV($0, to: &bytes) } }
        tables[set.rawValue] = String(decoding: bytes, as: UTF8.self)
      }
    }
    return tables
  }

  /// Each choice beside each other one, though not all of them together: the script takes its time.
  /// Skipped where the files are not at hand: MOAA_NOAA_DATA says where they are.
  @Test(
    .enabled(if: NOAAFiles.areAtHand),
    arguments: [
      (QualityRule.passed, ReportsRule.all, Weight.reports, SeasonRule.meteorological),
      (.all, .all, .stations, .quarter), (.passed, .routine, .stations, .meteorological),
      (.all, .routine, .reports, .quarter),
    ])
  func theyEqualTheExactComputation(
    quality: QualityRule, reports: ReportsRule, weight: Weight, seasons: SeasonRule
  ) throws {
    let work = try Workspace()
    let rule = BackfillRule(quality: quality, reports: reports)
    let summary = try work.backfill(Self.inputs, rule)
    #expect(summary.failures == [] && summary.quarantinedCount == 0)
    let mine = try tables(work, rule, weight, seasons)
    let exact = try exactTables(rule, weight, seasons, into: work.folder)
    for set in ResultSet.allCases {
      let isSame = mine[set.rawValue] == exact[set.rawValue]
      #expect(isSame, "\(set.rawValue) of \(rule.fingerprint)")
    }
    #expect((mine["station-hour"] ?? "").utf8.count > 1_000_000)
  }

  @Test(.enabled(if: NOAAFiles.areAtHand))
  func isdGivesTheHoursOfItsCSV() throws {
    let (raw, csv) = (try Workspace(), try Workspace())
    let folder = NOAAFiles.folder
    try raw.backfill([folder.appendingPathComponent("isd-raw").path])
    try csv.backfill([folder.appendingPathComponent("derived-csv").path])
    #expect(try raw.tables([.hour, .stationHour]) == csv.tables([.hour, .stationHour]))
  }
}
