// The lists of stations, and which of them are the same.

import Foundation
import TestSupport
import Testing

@testable import Downloads

@Suite struct StationListTests {
  let work: Workbench

  init() throws { work = try Workbench() }

  private func write(_ text: String) throws -> String {
    let path = work.folder + "/list-\(UUID().uuidString)"
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    return path
  }

  private func isd(_ lines: String...) throws -> [Station] {
    try ISDHistory.read(try write(Workbench.isdHeader + lines.joined())).stations
  }

  private func ghcnh(_ lines: String...) throws -> [Station] {
    try GHCNhStationList.read(try write(lines.joined())).stations
  }

  @Test func aLineOfISDHistoryIsRead() throws {
    let read = try ISDHistory.read(
      try write(
        Workbench.isdHeader
          + "\"A07355\",\"00241\",\"VIROQUA, \"\"X\"\" AIRPORT\",\"US\",\"WI\",\"KY51\",\"+43.579\",\"-090.913\",\"+0394.1\",\"20140731\",\"20250825\"\n"
          + "\"007018\",\"99999\",\"WXPOD 7018\",\"\",\"\",\"\",\"+00.000\",\"+000.000\",\"+7018.0\",\"20110309\",\"20130730\"\n"
          + "\"007018\",\"99999\",\"too few\"\n"))
    #expect(read.refusedCount == 1 && read.stations.count == 2)
    let station = read.stations[0]
    #expect(station.isd == "A0735500241" && station.name == "VIROQUA, \"X\" AIRPORT")
    #expect(station.country == "US" && station.state == "WI" && station.icao == "KY51")
    #expect(station.place == GeoPoint(latitude: 43_579_000, longitude: -90_913_000))
    #expect(station.elevationTenths == 3941)
    #expect(station.firstDay == Workbench.day("2014-07-31"))
    #expect(station.lastDay == Workbench.day("2025-08-25"))
    #expect(read.stations[1].place == nil)
  }

  @Test func bothFormsOfGHCNhsListAreTheSame() throws {
    let fixed = try ghcnh(
      Workbench.ghcnhLine("USW00094846", "CHICAGO OHARE INTL AP", wmo: "72530", icao: "KORD"),
      Workbench.ghcnhLine("ACU55-00189", "SOMBRERO", elevation: "-999.9"))
    let csv = try GHCNhStationList.read(
      try write(
        "GHCN_ID,LATITUDE,LONGITUDE,ELEVATION,STATE,NAME,GSN,(US)HCN_(US)CRN,WMO_ID,ICAO\n"
          + "USW00094846,41.9602,-87.9316,204.8,IL,CHICAGO OHARE INTL AP,,,72530,KORD\n"
          + "ACU55-00189,41.9602,-87.9316,-999.9,IL,SOMBRERO,,,,\n")
    ).stations
    #expect(fixed == csv)
    #expect(fixed[0].wmo == "72530" && fixed[0].icao == "KORD" && fixed[0].state == "IL")
    #expect(fixed[0].elevationTenths == 2048 && fixed[1].elevationTenths == nil)
    #expect(fixed[0].place == GeoPoint(latitude: 41_960_200, longitude: -87_931_600))
  }

  @Test func whatIsNoListIsRefused() throws {
    let page = try write("<html>\n<p>We are sorry</p>\n")
    #expect(throws: DownloadFailure.self) { try ISDHistory.read(page) }
    #expect(throws: DownloadFailure.self) { try GHCNhStationList.read(page) }
    #expect(throws: DownloadFailure.self) { try ISDHistory.read(page + "-not") }
  }

  private func matches(_ isd: [Station], _ ghcnh: [Station]) -> [String] {
    StationMatch.merged(isd: isd, ghcnh: ghcnh).compactMap { station in
      station.matchedBy.map { "\(station.isd ?? "")=\(station.ghcnh ?? "") \($0)" }
    }
  }

  @Test func stationsAreTheSameByWBANWMOOrICAO() throws {
    #expect(
      matches(
        try isd(Workbench.isdLine("72530094846", "A", icao: "KORD")),
        try ghcnh(Workbench.ghcnhLine("USW00094846", "A", wmo: "72530", icao: "KORD")))
        == ["72530094846=USW00094846 wban+wmo+icao"])
    #expect(
      matches(
        try isd(Workbench.isdLine("01001099999", "A")),
        try ghcnh(Workbench.ghcnhLine("NOM00001001", "A"))) == ["01001099999=NOM00001001 wmo"])
    #expect(
      matches(
        try isd(Workbench.isdLine("41217099999", "A", icao: "OMAA")),
        try ghcnh(Workbench.ghcnhLine("AEI0000OMAA", "A"))) == ["41217099999=AEI0000OMAA icao"])
  }

  @Test func farApartTheyAreNotTheSame() throws {
    // A tenth of a degree of latitude is 11 km.
    for (latitude, isSame) in [("+42.040", true), ("+42.060", false)] {
      let found = matches(
        try isd(Workbench.isdLine("72530094846", "A", latitude: latitude)),
        try ghcnh(Workbench.ghcnhLine("USW00094846", "A")))
      #expect(found.isEmpty != isSame)
    }
    #expect(
      matches(
        try isd(Workbench.isdLine("72530094846", "A", latitude: "", longitude: "")),
        try ghcnh(Workbench.ghcnhLine("USW00094846", "A"))) == [])
  }

  /// O'Hare is twice in NCEI's list: the one that agrees in more is meant.
  @Test func ofTwoThatShareAnIdentifierTheOneThatAgreesInMoreIsMeant() throws {
    let two = try isd(
      Workbench.isdLine("72530094846", "A", icao: "KORD"),
      Workbench.isdLine("99999994846", "A", icao: "KORD"))
    #expect(
      matches(two, try ghcnh(Workbench.ghcnhLine("USW00094846", "A", wmo: "72530")))
        == ["72530094846=USW00094846 wban+wmo"])
    // Both agree in as much: nothing is claimed.
    #expect(matches(two, try ghcnh(Workbench.ghcnhLine("USW00094846", "A"))) == [])
  }

  @Test func anotherWBANNumberIsAnotherStation() throws {
    #expect(
      matches(
        try isd(Workbench.isdLine("72530094846", "A", icao: "KORD")),
        try ghcnh(Workbench.ghcnhLine("USW00014819", "A", icao: "KORD"))) == [])
  }

  @Test func everyStationIsThereOnce() throws {
    let merged = StationMatch.merged(
      isd: try isd(Workbench.isdLine("72530094846", "A"), Workbench.isdLine("01001099999", "B")),
      ghcnh: try ghcnh(
        Workbench.ghcnhLine("USW00094846", "A"), Workbench.ghcnhLine("AEI0000OMAA", "C")))
    #expect(merged.map(\.id) == ["01001099999", "72530094846", "AEI0000OMAA"])
  }

  /// Random lists: what is claimed is unambiguous, whatever the order of the lists.
  @Test(arguments: SeededGenerator.seeds(50))
  func noMatchDependsOnTheOrderAndNoneIsClaimedTwice(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func pick(_ texts: [String]) -> String { texts.randomElement(using: &random) ?? "" }
    let ids = Set(
      (0..<30).map { _ in
        pick(["725300", "725310", "999999", "725305"]) + pick(["94846", "14819", "99999", "00001"])
      })
    let isd = ids.sorted().compactMap { id in
      ISDHistory.station(
        [
          String(id.prefix(6)), String(id.suffix(5)), "S", "US", "", pick(["KORD", "KMDW", ""]),
          pick(["+41.960", "+41.990", "+43.000"]), "-087.932", "+1", "20000101", "20250101",
        ])
    }
    let others = Set(
      (0..<20).map { _ in
        pick(["USW000", "USM000", "USI0000"]) + pick(["94846", "14819", "72530", "72531", "KORD"])
      }.filter { $0.count == 11 })
    let ghcnh = others.sorted().compactMap { id in
      GHCNhStationList.station(
        ofLine: Workbench.ghcnhLine(
          id, "S", latitude: pick(["41.9602", "41.9900"]), wmo: pick(["", "72530"]),
          icao: pick(["", "KORD", "KMDW"])))
    }
    let found = matches(isd, ghcnh)
    #expect(matches(isd.shuffled(using: &random), ghcnh.shuffled(using: &random)) == found)
    let pairs = found.map { $0.split(separator: " ")[0].split(separator: "=") }
    #expect(Set(pairs.map { $0[0] }).count == pairs.count)
    #expect(Set(pairs.map { $0[1] }).count == pairs.count)
  }

  @Test func distancesAreThoseOfTheEarth() throws {
    let chicago = try #require(GeoPoint("41.9602,-87.9316"))
    let berlin = try #require(GeoPoint("52.5,13.4"))
    // From another program: 7,094.28 km; a degree of longitude at the equator is 111.195 km.
    #expect(abs(Distance.kilometres(chicago, berlin) - 7094.277) < 0.01)
    let (zero, one) = (try #require(GeoPoint("0,179.5")), try #require(GeoPoint("0,-179.5")))
    #expect(abs(Distance.kilometres(zero, one) - 111.195) < 0.01)
    #expect(Distance.kilometres(berlin, berlin) == 0)
  }

  @Test func boxesMayLieAcrossTheDateLine() throws {
    let box = try #require(GeoBox("10,170,-10,-170"))
    for (text, isIn) in [("0,175", true), ("0,-175", true), ("0,0", false), ("11,175", false)] {
      #expect(box.contains(try #require(GeoPoint(text))) == isIn)
    }
    for text in ["1,2,3", "-10,0,10,0", "91,0,0,0", "1,2,3,x", ""] { #expect(GeoBox(text) == nil) }
  }
}
