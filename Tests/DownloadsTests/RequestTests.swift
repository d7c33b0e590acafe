// From what is asked for to the calls and files of it.

import Foundation
import TestSupport
import Testing

@testable import Downloads

@Suite struct DownloadRequestTests {
  let work: Workbench
  let a = "72530094846"
  let b = "03772099999"
  let c = "01001099999"

  init() throws { work = try Workbench() }

  private var calls: [NOAAServer.Request] {
    work.server.log.filter { $0.path == NOAAServer.apiPath }
  }

  private func dayPath(_ station: String, _ day: String) -> String {
    "global-hourly/days/\(day)/\(station).csv"
  }

  // MARK: Days of global-hourly

  @Test func anAnswerForSeveralStationsBecomesAFileForEach() throws {
    for id in [a, b] {
      work.server.putStation(id, rows: Workbench.rows(id, "2022-06-24"))
    }
    let report = try work.run(.day("2022-06-24", [a, b]))
    #expect(report.failures == [] && report.missing == [] && report.stationCount == 2)
    #expect(report.paths == [work.cacheFolder + "/global-hourly/days/2022-06-24"])
    #expect(calls.count == 1)
    let query = calls[0].query
    #expect(query["stations"] == "\(a),\(b)" && query["dataTypes"] == "TMP,DEW,SLP")
    #expect(query["startDate"] == "2022-06-24T00:00:00")
    #expect(query["endDate"] == "2022-06-24T23:59:59")
    for id in [a, b] {
      let rows = Workbench.rows(id, "2022-06-24").map { row in
        row.split(separator: ",", maxSplits: 3)
          .map { "\"\($0.filter { $0 != "\"" })\"" }.joined(separator: ",") + "\n"
      }
      #expect(work.text(dayPath(id, "2022-06-24")) == NOAAServer.apiHeader + rows.joined())
    }
    #expect(
      work.names == [dayPath(b, "2022-06-24"), dayPath(a, "2022-06-24"), "manifest.tsv"])
  }

  @Test func onlyWhatIsMissingIsAskedFor() throws {
    for id in [a, b] {
      work.server.putStation(
        id, rows: ["2022-06-24", "2022-06-25"].flatMap { Workbench.rows(id, $0) })
    }
    _ = try work.run(.day("2022-06-24", [a]))
    let days = Workbench.day("2022-06-24")...Workbench.day("2022-06-25")
    let report = try work.run(
      DownloadRequest(period: .days(days), selection: .ids([a, b])))
    #expect(report.failures == [] && calls.count == 2)
    #expect(work.names.count == 5)
    _ = try work.run(DownloadRequest(period: .days(days), selection: .ids([a, b])))
    #expect(calls.count == 2)
  }

  @Test func aStationWithoutDataIsNamedAndNotAskedForAgain() throws {
    work.server.putStation(a, rows: Workbench.rows(a, "2022-06-24"))
    for _ in 0..<2 {
      let report = try work.run(.day("2022-06-24", [a, b]))
      #expect(report.failures == [] && report.stationCount == 1)
      #expect(report.missing == ["\(b) on 2022-06-24"])
    }
    #expect(calls.count == 1)
    #expect(try work.run(.day("2022-06-24", [a, b])).knownCount == 2)
  }

  @Test func aCallNamesFiftyStationsAndSevenDaysAtMost() throws {
    let ids = (0..<120).map { "\(72_530_000_000 + $0)" }
    for id in ids {
      work.server.putStation(id, rows: Workbench.rows(id, "2022-06-24", count: 1))
    }
    let first = Workbench.day("2022-06-20")
    let report = try work.run(
      DownloadRequest(period: .days(first...(first + 9)), selection: .ids(ids)))
    #expect(report.failures == [] && report.stationCount == 120)
    #expect(calls.count == 6)
    #expect(calls.allSatisfy { $0.query["stations"]?.split(separator: ",").count ?? 99 <= 50 })
    #expect(
      Set(calls.compactMap { $0.query["endDate"] })
        == ["2022-06-26T23:59:59", "2022-06-29T23:59:59"])
  }

  @Test func anAnswerThatIsCutOffIsNoAnswer() throws {
    work.server.putStation(a, rows: Workbench.rows(a, "2022-06-24"))
    work.server.fail(NOAAServer.apiPath, .cut(after: 60), .nothing, .words)
    let report = try work.run(.day("2022-06-24", [a]), retries: 3)
    #expect(report.failures == [] && calls.count == 4)
    #expect(work.names.count == 2)
  }

  @Test func anEmptyAnswerIsNotTakenForADayWithoutData() throws {
    work.server.fail(NOAAServer.apiPath, .nothing, .nothing)
    let report = try work.run(.day("2022-06-24", [a]), retries: 1)
    #expect(report.failures.map(\.kind) == [.damaged])
    #expect(try work.cache().entries == [])
  }

  /// A day that was not over, and a year, may have grown.
  @Test func aDayIsSettledAWeekAfterItsEnd() throws {
    work.server.putStation(a, rows: Workbench.rows(a, "2022-06-24", count: 1))
    work.now = (Workbench.day("2022-06-24")) * 86_400 + 3600
    _ = try work.run(.day("2022-06-24", [a]))
    work.server.putStation(a, rows: Workbench.rows(a, "2022-06-24", count: 3))
    work.now += 7 * 86_400
    _ = try work.run(.day("2022-06-24", [a]))
    #expect(calls.count == 2)
    #expect(work.text(dayPath(a, "2022-06-24")).split(separator: "\n").count == 4)
    work.now += 86_400
    _ = try work.run(.day("2022-06-24", [a]))
    _ = try work.run(.day("2022-06-24", [a]))
    #expect(calls.count == 3)
    _ = try work.run(.day("2022-06-24", [a]), refreshes: true)
    #expect(calls.count == 4)
  }

  @Test func aDayIsKnownFromItsYear() throws {
    work.server.put(Workbench.year(a, 2022), at: Workbench.yearPath(a, 2022))
    _ = try work.run(.year(2022, [a]))
    let report = try work.run(.day("2022-06-24", [a]))
    #expect(report.knownCount == 1 && report.stationCount == 1 && calls.isEmpty)
  }

  // MARK: Years

  @Test func aYearThatHasNotChangedIsNotFetchedAgain() throws {
    work.server.put(Workbench.year(a, 2022), at: Workbench.yearPath(a, 2022))
    work.now = Workbench.day("2022-12-31") * 86_400
    _ = try work.run(.year(2022, [a]))
    let same = try work.run(.year(2022, [a]))
    #expect(same.unchangedCount == 1 && same.fetchedCount == 0 && same.byteCount == 0)
    #expect(work.server.log[1].headers["if-none-match"] != nil)
    work.server.put(Workbench.year(a, 2022, rows: 2100), at: Workbench.yearPath(a, 2022))
    #expect(try work.run(.year(2022, [a])).fetchedCount == 1)
    #expect(work.bytes("global-hourly/2022/\(a).csv") == Workbench.year(a, 2022, rows: 2100))
  }

  @Test func archivesAreOfAllStations() throws {
    work.server.put([0x1F, 0x8B, 8, 0, 1, 2, 3], at: "/data/global-hourly/archive/csv/2001.tar.gz")
    let report = try work.run(
      DownloadRequest(period: .years(2000...2001), selection: .archives))
    #expect(report.fetchedCount == 1 && report.missing.count == 1)
    #expect(report.paths == [work.cacheFolder + "/global-hourly/archive/2001.tar.gz"])
  }

  // MARK: GHCNh

  @Test func daysAfterAugust2025ComeFromGHCNh() throws {
    work.putGHCNh("USW00094846", 2025, days: ["2025-09-01"])
    work.server.putStation(a, rows: Workbench.rows(a, "2025-08-31"))
    work.putLists(
      isd: Workbench.isdLine(a, "OHARE", icao: "KORD"),
      ghcnh: Workbench.ghcnhLine("USW00094846", "OHARE", icao: "KORD"))
    let days = Workbench.day("2025-08-31")...Workbench.day("2025-09-01")
    let report = try work.run(DownloadRequest(period: .days(days), selection: .ids([a])))
    #expect(report.failures == [] && report.missing == [])
    #expect(report.notes.contains { $0.contains("global-hourly ends on 2025-08-31") })
    #expect(report.notes.contains("\(a) is USW00094846 in ghcnh"))
    #expect(
      report.paths
        == ["global-hourly/days/2025-08-31", "ghcnh/2025"].map { "\(work.cacheFolder)/\($0)" })
  }

  @Test func theDatasetCanBeForced() throws {
    work.putGHCNh("USW00094846", 2022, days: ["2022-06-24"])
    let report = try work.run(.day("2022-06-24", ["USW00094846"], dataset: .ghcnh))
    #expect(report.fetchedCount == 1 && report.stationCount == 1)
    #expect(work.names.first == "ghcnh/2022/GHCNh_USW00094846_2022.psv")
  }

  @Test func aStationThatIsNotSurelyTheSameIsRefused() throws {
    work.putLists(
      isd: Workbench.isdLine(a, "OHARE"), ghcnh: Workbench.ghcnhLine("USC00111577", "OTHER"))
    #expect(throws: DownloadFailure.self) { try work.run(.day("2026-01-01", [a])) }
  }

  // MARK: Chosen stations

  @Test func theFirstStationsThatHaveDataAreTakenInAFixedOrder() throws {
    let ids = (0..<30).map { "\(72_530_000_000 + $0)" }
    work.putLists(isd: ids.map { Workbench.isdLine($0, "S") }.joined())
    // Every third has data.
    for (index, id) in ids.enumerated() where index % 3 == 0 {
      work.server.putStation(id, rows: Workbench.rows(id, "2022-06-24"))
    }
    let day = Workbench.day("2022-06-24")
    func request(_ count: Int) -> DownloadRequest {
      DownloadRequest(
        period: .days(day...day), selection: .chosen(count: count, StationFilter()))
    }
    let report = try work.run(request(4))
    #expect(report.stationCount == 4 && report.failures == [] && report.missing == [])
    let expected = StationLists.spread(ids).filter {
      Int($0.suffix(3)).map { $0 % 3 == 0 } ?? false
    }
    let files = try DayFiles.paths(day, in: work.cache()).map { String($0.suffix(15).dropLast(4)) }
    #expect(Set(files) == Set(expected.prefix(4)))
    // More are those and others.
    _ = try work.run(request(6))
    let more = try DayFiles.paths(day, in: work.cache()).map { String($0.suffix(15).dropLast(4)) }
    #expect(Set(more) == Set(expected.prefix(6)))
    let all = try work.run(request(20))
    #expect(all.stationCount == 10)
    #expect(all.notes.contains { $0.contains("only 10 of 20") })
  }

  @Test func stationsAreChosenByPlaceCountryAndTime() throws {
    work.putLists(
      isd: Workbench.isdLine(a, "IN") + Workbench.isdLine(b, "ELSEWHERE", latitude: "+51.0")
        + Workbench.isdLine("72530099999", "ENDED", end: "19991231")
        + Workbench.isdLine(c, "ABROAD", country: "NO"))
    let day = Workbench.day("2022-06-24")
    for id in [a, b, c, "72530099999"] {
      work.server.putStation(id, rows: Workbench.rows(id, "2022-06-24"))
    }
    let filter = StationFilter(country: "US", box: GeoBox("45,-90,40,-80"))
    let report = try work.run(
      DownloadRequest(period: .days(day...day), selection: .chosen(count: nil, filter)))
    #expect(report.stationCount == 1)
    #expect(calls.map { $0.query["stations"] } == [a])
  }

  @Test func stationsOfGHCNhAreThoseThatHaveTheDay() throws {
    let ids = (10..<20).map { "USW000948\($0)" }
    work.putLists(
      isd: ids.map { Workbench.isdLine("725300\($0.suffix(5))", "S") }.joined(),
      ghcnh: ids.map { Workbench.ghcnhLine($0, "S") }.joined())
    for (index, id) in ids.enumerated() where index != 3 {
      work.putGHCNh(id, 2026, days: index % 2 == 0 ? ["2026-01-01"] : ["2026-01-05"])
    }
    let day = Workbench.day("2026-01-01")
    let report = try work.run(
      DownloadRequest(period: .days(day...day), selection: .chosen(count: 2, StationFilter())))
    #expect(report.stationCount == 2 && report.failures == [] && report.missing == [])
  }

  @Test func anAreaWithoutStationsIsRefused() throws {
    work.putLists(isd: Workbench.isdLine(a, "S"))
    let day = Workbench.day("2022-06-24")
    #expect(throws: DownloadFailure.self) {
      try work.run(
        DownloadRequest(
          period: .days(day...day), selection: .chosen(count: 1, StationFilter(country: "ZZ"))))
    }
  }

  // MARK: The files of a day

  @Test func aDayIsReadFromOneFileAStation() throws {
    work.server.put(Workbench.year(a, 2022), at: Workbench.yearPath(a, 2022))
    for id in [a, b] { work.server.putStation(id, rows: Workbench.rows(id, "2022-06-24")) }
    _ = try work.run(.day("2022-06-24", [a, b]))
    _ = try work.run(.year(2022, [a]))
    let paths = try DayFiles.paths(Workbench.day("2022-06-24"), in: work.cache())
    #expect(
      paths == [
        "\(work.cacheFolder)/\(dayPath(b, "2022-06-24"))",
        "\(work.cacheFolder)/global-hourly/2022/\(a).csv",
      ])
  }

  @Test func aDayThatIsNotThereSaysHowItIsComeBy() throws {
    let failure = #expect(throws: DownloadFailure.self) {
      try DayFiles.paths(Workbench.day("2022-06-24"), in: try work.cache())
    }
    #expect(failure?.kind == .notThere)
    #expect(failure?.message.contains("moaa download --date 2022-06-24") == true)
  }

  @Test func aFileFromBeforeTheDayWasOverDoesNotHoldIt() throws {
    work.putGHCNh("USW00094846", 2026, days: ["2026-01-01"])
    work.now = Workbench.day("2026-01-05") * 86_400 + 1
    _ = try work.run(.day("2026-01-01", ["USW00094846"]))
    #expect(try DayFiles.paths(Workbench.day("2026-01-04"), in: work.cache()).count == 1)
    #expect(throws: DownloadFailure.self) {
      try DayFiles.paths(Workbench.day("2026-01-05"), in: work.cache())
    }
  }
}
