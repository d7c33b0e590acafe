// The rules of a backfill by table: which report is taken, which season a month is in, what is missing.

import Aggregation
import Foundation
import Observations
import TestSupport
import Testing

@Suite struct RoutineReportTests {
  /// Reports of one station as hour, minute, type and tenths; and the hours that count with their means.
  struct Case: CustomTestStringConvertible {
    let name: String
    let reports: [(hour: Int, minute: Int, type: String, tenths: Int)]
    let taken: [String]
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "a METAR comes before others, however late",
      reports: [(1, 0, "SAO  ", 1), (1, 20, "FM-12", 2), (1, 59, "FM-15", 3)],
      taken: ["1 0.3"]),
    Case(
      name: "of METARs the earliest, then the colder",
      reports: [(1, 30, "FM-15", 5), (1, 10, "FM-15", 9), (1, 10, "FM-15", 7)], taken: ["1 0.7"]),
    Case(name: "specials are never taken", reports: [(1, 0, "FM-16", 5)], taken: []),
    Case(
      name: "a SYNOP at the full hour is taken alone", reports: [(1, 0, "FM-12", 5)],
      taken: ["1 0.5"]),
    Case(
      name: "a SYNOP at the full hour is taken last",
      reports: [(1, 0, "FM-12", 5), (1, 40, "SAO  ", 6), (2, 10, "FM-12", 7), (2, 30, "AUTO", 8)],
      taken: ["1 0.6", "2 0.7"]),
    Case(
      name: "a SYNOP after a METAR of the last 15 minutes is its copy",
      reports: [(0, 45, "FM-15", 5), (1, 9, "FM-12", 5)], taken: ["0 0.5"]),
    Case(
      name: "after a METAR before that it is not",
      reports: [(0, 44, "FM-15", 5), (1, 9, "FM-12", 6)], taken: ["0 0.5", "1 0.6"]),
    Case(
      name: "from minute 10 on it is not",
      reports: [(0, 51, "FM-15", 5), (1, 10, "FM-12", 6)], taken: ["0 0.5", "1 0.6"]),
    Case(
      name: "after a special it is not",
      reports: [(0, 51, "FM-16", 5), (1, 0, "FM-12", 6)], taken: ["1 0.6"]),
    Case(
      name: "a METAR that was not the one taken counts too",
      reports: [(0, 0, "FM-15", 4), (0, 51, "FM-15", 5), (1, 0, "FM-12", 6)], taken: ["0 0.4"]),
    Case(
      name: "an hour later it is not",
      reports: [(0, 51, "FM-15", 5), (2, 0, "FM-12", 6)], taken: ["0 0.5", "2 0.6"]),
  ]

  @Test(arguments: cases)
  func oneReportAnHourIsTaken(_ example: Case) throws {
    // From the last hour of a month on, so that the hour before is in another month.
    let begin = Int(Timestamp(year: 2022, month: 6, day: 30, hour: 23)!.secondsSinceEpoch)
    let rows = example.reports.map { report in
      BackfillRow(
        seconds: begin + report.hour * 3600 + report.minute * 60, report: report.type,
        temperature: "+000\(report.tenths),1")
    }
    for rows in [rows, rows.reversed()] {
      let partial = try folded(rows, BackfillRule(reports: .routine))
      let taken = lines(.stationHour, of: partial).map { line in
        let fields = line.split(separator: ",")
        let start = Timestamp(argument: String(fields[1]))!.secondsSinceEpoch
        return "\((Int(start) - begin) / 3600) \(fields[3])"
      }
      #expect(taken == example.taken)
    }
  }

  @Test func aRefusedMetarHasNoCopy() throws {
    let rows = [
      BackfillRow(seconds: 3000, report: "FM-15", temperature: "+0010,3"),
      BackfillRow(seconds: 3600, report: "FM-12", temperature: "+0020,1"),
    ]
    #expect(lines(.hour, of: try folded(rows, BackfillRule(reports: .routine))).count == 1)
    let all = try folded(rows, BackfillRule(quality: .all, reports: .routine))
    #expect(lines(.hour, of: all) == ["1970-01-01T00:00:00Z,1,1.0,1.000000,1.0"])
  }

  @Test(.enabled(if: NOAAFiles.areAtHand))
  func atJeddahTheRulesDifferAsCounted() throws {
    let bytes = try NOAAFiles.contents("global-hourly/2023/41024099999.csv")
    func means(_ reports: ReportsRule) throws -> [Substring: Int] {
      var builder = PartialBuilder(
        rule: BackfillRule(reports: reports), receivedSeconds: 4_000_000_000)
      try fold(bytes, into: &builder)
      var means: [Substring: Int] = [:]
      for line in lines(.stationHour, of: builder.take()) {
        let fields = line.split(separator: ",")
        means[fields[1]] = Int(fields[4].filter { $0 != "." })
      }
      return means
    }
    let (all, routine) = (try means(.all), try means(.routine))
    let differences = routine.compactMap { hour, mean in all[hour].map { abs($0 - mean) } }
      .filter { $0 > 0 }
    #expect(all.count == 8668)
    #expect(differences.count == 2523)
    #expect(differences.max() == 3_000_000)
  }
}

@Suite struct SeasonTests {
  @Test(arguments: [
    ("41.9", 2021, 12, "2022,Winter", "2021,Autumn"),
    ("41.9", 2022, 1, "2022,Winter", "2022,Winter"),
    ("41.9", 2022, 2, "2022,Winter", "2022,Winter"),
    ("41.9", 2022, 3, "2022,Spring", "2022,Winter"),
    ("41.9", 2022, 5, "2022,Spring", "2022,Spring"),
    ("41.9", 2022, 6, "2022,Summer", "2022,Spring"),
    ("41.9", 2022, 8, "2022,Summer", "2022,Summer"),
    ("41.9", 2022, 9, "2022,Autumn", "2022,Summer"),
    ("41.9", 2022, 11, "2022,Autumn", "2022,Autumn"),
    ("-33.9", 2021, 12, "2022,Summer", "2021,Autumn"),
    ("-33.9", 2022, 2, "2022,Summer", "2022,Winter"),
    ("-33.9", 2022, 3, "2022,Autumn", "2022,Winter"),
    ("-33.9", 2022, 6, "2022,Winter", "2022,Spring"),
    ("-33.9", 2022, 9, "2022,Spring", "2022,Summer"),
    ("0.0", 2022, 1, "2022,Winter", "2022,Winter"),
    ("999.999", 2022, 7, "2022,Summer", "2022,Summer"),
  ])
  func aMonthIsInASeason(
    latitude: String, year: Int, month: Int, meteorological: String, quarter: String
  ) throws {
    let seconds = Int(Timestamp(year: year, month: month, day: 28)!.secondsSinceEpoch)
    let partial = try folded([BackfillRow(seconds: seconds, latitude: latitude)], BackfillRule())
    func line(_ rule: SeasonRule) -> String {
      lines(.meanTemperaturesBySeason, of: partial, seasons: rule).joined()
    }
    #expect(line(.meteorological) == meteorological + ",10.000000")
    #expect(line(.quarter) == quarter + ",10.000000")
  }
}

@Suite struct MissingValueTests {
  @Test(arguments: [
    ("+0050,1", "5.000000", "5.000000"), ("+0050,2", "", "5.000000"), ("+0050,7", "", "5.000000"),
    ("+9999,9", "", ""), ("-0982,1", "-98.200000", "-98.200000"), ("-0983,1", "", ""),
    ("+0368,A", "36.800000", "36.800000"), ("+0369,1", "", ""), ("+0050,8", "", ""), ("", "", ""),
    ("+00501", "", ""), ("0050,1", "", ""),
  ])
  func aDewPointCounts(text: String, passed: String, all: String) throws {
    let rows = [BackfillRow(dewPoint: text)]
    #expect(
      lines(.meanDewByMonth, of: try folded(rows, BackfillRule())) == ["1970,1,10.000000,\(passed)"]
    )
    #expect(
      lines(.meanDewByMonth, of: try folded(rows, BackfillRule(quality: .all)))
        == ["1970,1,10.000000,\(all)"])
  }

  @Test(arguments: [
    ("9999", ""), ("+9999.0", ""), ("", ""), ("205.0", "205.000000"), ("-4.25", "-4.250000"),
    ("9999.9", "9999.900000"), ("1e3", ""), ("-", ""), (".5", "0.500000"), ("1.2.3", ""),
  ])
  func anElevationIsRead(text: String, mean: String) throws {
    let partial = try folded([BackfillRow(elevation: text)], BackfillRule())
    #expect(
      lines(.meanElevationByYear, of: partial) == ["1970,72530094846,10.000000,\(mean)"])
  }

  @Test(arguments: [
    ("999.999", "999.999", ","), ("99.999", "99.999", ","), ("0", "-180", "0.0,-180.0"),
    ("+21.679564", "39.156530", "21.679564,39.15653"), ("", "x", ","), ("41.9", "999.999", ","),
    ("48.6166666", "2.35000050", "48.616667,2.35"),
    ("-0.0000015", "0.00000251", "-0.000002,0.000003"),
  ])
  func coordinatesAreRead(latitude: String, longitude: String, written: String) throws {
    let rows = [BackfillRow(latitude: latitude, longitude: longitude)]
    #expect(
      lines(.groupedByYearByStations, of: try folded(rows, BackfillRule()))
        == ["72530094846,1970,10.000000,\(written)"])
  }

  @Test func theLatestReportThatHasANameGivesIt() throws {
    let rows = [
      BackfillRow(seconds: 30, name: ""), BackfillRow(seconds: 20, name: "B"),
      BackfillRow(seconds: 10, name: "Z"), BackfillRow(seconds: 20, name: "A"),
    ]
    #expect(
      lines(.minMaxTemperaturesByMonthAndCity, of: try folded(rows, BackfillRule()))
        == ["B,72530094846,1970,1,10.0,10.0"])
  }

  @Test func aStationsLatestPlaceIsThatOfItsLatestYear() throws {
    let nextYear = 400 * 86_400
    let rows = [
      BackfillRow(latitude: "1", longitude: "2", name: "OLD"),
      BackfillRow(seconds: nextYear, latitude: "3", longitude: "4", name: "NEW"),
    ]
    let partial = try folded(rows, BackfillRule())
    var rollUps = RollUps(sets: [.stationYear], rule: partial.rule)
    for station in partial.stations { rollUps.add(station) }
    var places: [RollUps.Row] = []
    rollUps.latestPlaces { places.append($0) }
    #expect(places.count == 1)
    #expect(
      places.first?.prefix(4) == [
        .text(Array("72530094846".utf8)), .text(Array("NEW".utf8)), .coordinate(3_000_000),
        .coordinate(4_000_000),
      ])
  }

  @Test func jsonHasNumbersTextsAndNull() throws {
    let partial = try folded(
      [BackfillRow(dewPoint: "", latitude: "-0.5", name: "A \"B\"")], BackfillRule())
    var rollUps = RollUps(sets: [.stationYear, .season, .cityMonth, .day], rule: partial.rule)
    for station in partial.stations { rollUps.add(station) }
    var text: [UInt8] = []
    for set in [ResultSet.stationYear, .season, .cityMonth, .day] {
      rollUps.rows(of: set) { ResultText.appendJSON($0, columns: set.columns, to: &text) }
    }
    #expect(
      String(decoding: text, as: UTF8.self) == """
        {"STATION":"72530094846","year":1970,"count":1,"min_tmp":10.0,"mean_tmp":10.000000,\
        "max_tmp":10.0,"mean_dew":null,"latitude":-0.5,"longitude":-87.93,"mean_elevation":205.000000}\
        {"year":1970,"season":"Summer","count":1,"min_tmp":10.0,"mean_tmp":10.000000,"max_tmp":10.0}\
        {"ville":"A \\"B\\"","STATION":"72530094846","year":1970,"month":1,"count":1,"min_tmp":10.0,\
        "mean_tmp":10.000000,"max_tmp":10.0}\
        {"day":"1970-01-01","count":1,"min_tmp":10.0,"mean_tmp":10.000000,"max_tmp":10.0}
        """)
  }
}
