// Tables beside result sets.

import Aggregation
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct TableCheckTests {
  /// Cities whose order by bytes is none of a usual collation's.
  private static let cityRows: [RollUps.Row] =
    [
      "", "A", "A\tB", "A B", "AB", "B", "Z", "a", "ab", "\u{C9}A", "\u{1F327}", "e\u{301}",
      "\u{E9}",
    ]
    .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    .flatMap { city in
      ["1", "1 A", "10", "a"].map { station -> RollUps.Row in
        [
          city.isEmpty ? .absent : text(city), text(station), .integer(2022), .integer(1),
          .integer(3), .tenths(-5), .millionths(1_234_567), .tenths(20),
        ]
      }
    }

  @Test func whatWasSentIsFoundTheSame() throws {
    let target = try TargetFixture("check_same")
    let table = ResultSetTable(.cityMonth)
    try target.send(table, Self.cityRows)
    let (outcome, named) = try target.check(table, Self.cityRows)
    #expect(named == [])
    #expect(outcome.rowCount == 13 * 4)
    #expect(outcome.onlyInTargetCount == 0)
  }

  @Test func rowsThatDifferAreNamedAndRepaired() throws {
    let target = try TargetFixture("check_differs")
    let table = ResultSetTable(.season)
    let rows = (2020..<2024).flatMap { year in
      Season.allCases.map { season -> RollUps.Row in
        [
          .integer(Int64(year)), .season(season), .integer(3), .tenths(-5), .millionths(1_234_567),
          .tenths(20),
        ]
      }
    }
    try target.send(table, rows)
    #expect(try target.check(table, rows).named == [])

    try target.connection.execute(
      "UPDATE season SET mean_tmp = mean_tmp + 0.000001 WHERE year = 2021 AND season = 'Spring'")
    try target.connection.execute("DELETE FROM season WHERE year = 2023 AND season = 'Winter'")
    try target.connection.execute("INSERT INTO season VALUES (1999, 'Autumn', 1, 1, 1, 1)")
    try target.connection.execute("INSERT INTO season VALUES (2022, 'Nosuch', 1, 1, 1, 1)")
    try target.connection.execute("INSERT INTO season VALUES (2030, 'Winter', 1, 1, 1, 1)")
    let (outcome, named) = try target.check(table, rows)
    #expect(
      named == [
        "season: the store has year=2021 season=Spring count=3 min_tmp=-0.5 mean_tmp=1.234567 "
          + "max_tmp=2.0; the target has year=2021 season=Spring count=3 min_tmp=-0.5 "
          + "mean_tmp=1.234568 max_tmp=2.0",
        "season: the store has year=2023 season=Winter count=3 min_tmp=-0.5 mean_tmp=1.234567 "
          + "max_tmp=2.0; the target does not",
      ])
    #expect(outcome.missingCount == 1)
    #expect(outcome.differentCount == 1)
    #expect(outcome.onlyInTargetCount == 3)
    #expect(outcome.repairedCount == 0)

    #expect(try target.check(table, rows, repairs: true).outcome.repairedCount == 2)
    let after = try target.check(table, rows).outcome
    #expect(after.differenceCount == 0)
    #expect(after.onlyInTargetCount == 3)
  }

  @Test func textsThatOnlyMeanTheSameAreDifferent() throws {
    let target = try TargetFixture("check_texts")
    let composed: RollUps.Row = [text("1"), text("\u{E9}"), .absent, .absent, .absent]
    let decomposed: RollUps.Row = [text("1"), text("e\u{301}"), .absent, .absent, .absent]
    try target.send(.stations, [composed])
    #expect(try target.check(.stations, [composed]).outcome.differenceCount == 0)
    let (outcome, named) = try target.check(.stations, [decomposed])
    #expect(outcome.differentCount == 1)
    // They would look the same.
    try #require(named.count == 1)
    #expect(named[0].contains("name=\"e\\u{0301}\""))
    #expect(named[0].contains("name=\"\\u{00E9}\""))
  }

  @Test func aTextThatSaysNullIsToldFromNone() throws {
    let target = try TargetFixture("check_null")
    let without: RollUps.Row = [text("1"), .absent, .absent, .absent, .absent]
    try target.send(.stations, [[text("1"), text("NULL"), .absent, .absent, .absent]])
    let named = try target.check(.stations, [without]).named
    try #require(named.count == 1)
    #expect(named[0].contains("name=NULL latitude"))
    #expect(named[0].contains("name=\"NULL\" latitude"))
  }

  @Test func rowsThatNoTableCanHoldAreNamedWithTheReason() throws {
    let target = try TargetFixture("check_unfit")
    let rows: [RollUps.Row] = [[text("1 "), .absent, .absent, .absent, .absent]]
    try target.send(.stations, [])
    let (outcome, named) = try target.check(.stations, rows, repairs: true)
    #expect(outcome == CheckOutcome(unfitCount: 1))
    #expect(!outcome.isComplete)
    try #require(named.count == 1)
    #expect(named[0].contains("station_id=1 ") && named[0].contains("ends with a blank"))
  }

  @Test func hoursOfManyStationsAreComparedInOrder() throws {
    let target = try TargetFixture("check_hours")
    let table = ResultSetTable(.stationHour)
    let rows = ["1", "10", "2", "A", "a"].flatMap { station in
      (-600_000 ..< -599_000).map { hour -> RollUps.Row in
        [text(station), .hour(Int64(hour)), .integer(1), .tenths(1), .millionths(2), .tenths(3)]
      }
    }
    try target.send(table, rows)
    #expect(try target.check(table, rows).outcome == CheckOutcome(rowCount: 5000))
    #expect(try target.check(table, []).outcome == CheckOutcome(onlyInTargetCount: 5000))
  }

  @Test func aRowThatARepairIsRefusedIsTold() throws {
    let target = try TargetFixture("tables_repair_refused")
    let table = ResultSetTable(.year)
    try table.create(in: target.connection)
    try target.connection.execute("ALTER TABLE year ADD CHECK (year < 2023)")
    let rows: [RollUps.Row] = [2022, 2023].map {
      [.integer($0), .integer(2), .tenths(1), .millionths(2), .tenths(3)]
    }
    var told: [String] = []
    try TableOwner.create(in: target.connection)
    let outcome = try TableCheck.run(
      TableOwner(table, storeID: "x"), rows: { try rows.forEach($0) }, link: target.link,
      repairs: true,
      onRefused: { told.append($0.description) }, onDifference: { _ in })
    #expect(outcome.missingCount == 2)
    #expect(outcome.repairedCount == 1)
    #expect(told.count == 1 && told[0].contains("2023"))
  }
}
