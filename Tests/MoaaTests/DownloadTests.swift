// `moaa download` as a process: killed, twice at once, on a full disk, and what comes after it offline.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct DownloadTests {
  let folder = TemporaryFolder()
  let server: NOAAServer
  private let station = "72530094846"

  init() throws { server = try NOAAServer() }

  private var cache: String { folder / "cache" }

  private func words(_ more: [String]) -> [String] {
    ["download", "--cache", cache, "--base-url", server.base] + more
  }

  private func download(_ more: String...) throws -> Outcome {
    try MoaaProcess(words(more)).finish()
  }

  private func year(_ count: Int = 3000) -> String {
    var text = "STATION,DATE,TMP\n"
    for index in 0..<count {
      let (month, day, hour) = (index / 672 % 12 + 1, index / 24 % 28 + 1, index % 24)
      let moment = String(format: "2022-%02d-%02dT%02d:00:00", month, day, hour)
      text += "72530094846,\(moment),\"" + String(format: "+%04d", index % 400) + ",1\"\n"
    }
    return text
  }

  private var yearPath: String { "/data/global-hourly/access/2022/\(station).csv" }

  private func putDay() {
    for id in [station, "03772099999"] {
      var rows: [String] = []
      for hour in 0..<24 {
        let time = String(format: "%02d", hour)
        rows.append("\(id),2022-06-24T\(time):00:00,FM-12,\"+01\(time),1\"")
      }
      server.putStation(id, rows: rows)
    }
  }

  @Test func whatWasDownloadedIsUsedOffline() throws {
    putDay()
    let made = try download("--date", "2022-06-24", "--station", "725300-94846,03772099999")
    #expect(made.status == 0, "\(made.errors)")
    #expect(made.output == cache + "/global-hourly/days/2022-06-24\n")
    #expect(made.errors.contains("downloaded 1 file, "))
    #expect(made.errors.contains("2 stations with data"))
    #expect(server.log[0].headers["user-agent"]?.hasPrefix("moaa/0.1.0 (") == true)
    server.stop()
    let run = try moaa(
      "run", made.lines[0].description, "--store", folder / "a.store", "--format", "csv")
    #expect(run.status == 0 && run.lines.count == 25, "\(run.errors)")
    #expect(run.lines[2] == "2022-06-24T01:00:00Z,2,10.1,10.100000,10.1")
    // Known already: nobody is asked.
    let again = try download("--date", "2022-06-24", "--station", station)
    #expect(again.status == 0 && again.errors.contains("downloaded 0 files"), "\(again.errors)")
    let offline = try download("--offline", "--date", "2022-06-24", "--format", "csv")
    #expect(offline.status == 0 && offline.lines.count == 3, "\(offline.errors)")
    let missing = try download("--offline", "--date", "2022-06-25", "--station", station)
    #expect(missing.status == 1)
    #expect(missing.errors.contains("\(station): nothing of that time is in the cache"))
  }

  @Test func verifyFindsAFileThatChanged() throws {
    server.put(year(), at: yearPath)
    #expect(try download("--year", "2022", "--station", station).status == 0)
    let good = try download("--verify")
    #expect(good.status == 0 && good.errors.contains("1 file as they came"))
    try folder.write("other", to: "cache/global-hourly/2022/\(station).csv")
    let bad = try download("--verify", "--format", "csv")
    #expect(bad.status == 3)
    #expect(bad.output.contains("\(station).csv,changed"))
    #expect(try download("--year", "2022", "--station", station).status == 0)
    #expect(try download("--verify").status == 0)
  }

  @Test func killedInTheMiddleOfAFileItGoesOnThere() throws {
    let whole = year()
    server.put(whole, at: yearPath)
    let words = words(["--year", "2022", "--station", station])
    let file = folder / "cache/global-hourly/2022/\(station).csv"
    for after in [1000, 9000, 30_000] {
      server.fail(yearPath, .stall(after: after))
      let process = try MoaaProcess(words)
      let part = file + ".part"
      let before = Self.size(part)
      while process.isRunning, Self.size(part) <= before { usleep(2000) }
      process.signal(SIGKILL)
      #expect(process.finish().status == -SIGKILL)
      #expect(!FileManager.default.fileExists(atPath: file))
      #expect(
        try moaa("download", "--offline", "--cache", cache, "--format", "csv").lines.count == 1)
    }
    let made = try MoaaProcess(words).finish()
    #expect(made.status == 0, "\(made.errors)")
    #expect(folder.text("cache/global-hourly/2022/\(station).csv") == whole)
    let ranges = server.log.compactMap { $0.headers["range"] }
    #expect(ranges.count == 3 && Set(ranges).count == 3, "\(ranges)")
    #expect(!FileManager.default.fileExists(atPath: file + ".part.source"))
    #expect(try download("--verify").status == 0)
  }

  private static func size(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }

  @Test func twoDownloadsIntoOneCacheTakeTurns() throws {
    server.put(year(), at: yearPath)
    putDay()
    server.fail(yearPath, .stall(after: 5000))
    let first = try MoaaProcess(words(["--year", "2022", "--station", station]))
    while server.log.isEmpty { usleep(2000) }
    let second = try MoaaProcess(words(["--date", "2022-06-24", "--station", station]))
    while !second.errorsSoFar.contains("waiting for another download") { usleep(2000) }
    #expect(second.isRunning && server.log.count == 1)
    first.signal(SIGTERM)
    #expect(first.finish().status == 130)
    #expect(second.finish().status == 0)
    #expect(try download("--verify").status == 0)
    #expect(try download("--year", "2022", "--station", station).status == 0)
    #expect(folder.text("cache/global-hourly/2022/\(station).csv") == year())
  }

  @Test(.enabled(if: geteuid() == 0, "only root may mount a small file system to fill"))
  func aFullDiskGivesFourAndTheDownloadGoesOnOnceThereIsRoom() throws {
    let whole = year(20_000)
    server.put(whole, at: yearPath)
    do {
      let disk = try SmallDisk(in: folder, size: "300k")
      let words = [
        "download", "--cache", disk.path + "/c", "--base-url", server.base, "--year", "2022",
        "--station", station,
      ]
      let full = try MoaaProcess(words).finish()
      #expect(full.status == 4)
      #expect(full.errors.contains("No space left on device"), "\(full.errors)")
      let names = TemporaryFolder.names(in: disk.path + "/c/global-hourly/2022")
      #expect(!names.contains("\(station).csv"))
      try disk.resize("100m")
      #expect(try MoaaProcess(words).finish().status == 0)
      let made = try String(
        contentsOfFile: disk.path + "/c/global-hourly/2022/\(station).csv", encoding: .utf8)
      #expect(made == whole)
    }
  }

  @Test func aCacheThatCannotBeWrittenGivesFour() throws {
    try folder.write("a file", to: "cache")
    let made = try download("--year", "2022", "--station", station)
    #expect(made.status == 4)
    #expect(made.errors.contains(cache), "\(made.errors)")
    #expect(server.log.isEmpty)
  }

  @Test func exitCodesTellWhatIsMissingFromWhatFailed() throws {
    server.put(year(), at: yearPath)
    let missing = try download("--year", "2022", "--station", "\(station),99999999999")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("not there: \(server.base)/data/global-hourly/access/2022/999"))
    server.fail("/data/global-hourly/access/2021/\(station).csv", .status(503))
    let sick = try download("--year", "2021", "--station", station, "--retries", "0")
    #expect(sick.status == 4 && sick.errors.contains("status 503"))
  }

  @Test func stationListsComeWhenTheyAreNeededAndWhenAskedFor() throws {
    server.put(
      """
      "USAF","WBAN","STATION NAME","CTRY","STATE","ICAO","LAT","LON","ELEV(M)","BEGIN","END"
      "725300","94846","CHICAGO O'HARE","US","IL","KORD","+41.960","-087.932","+0204.8","19461001","20250825"
      "037720","99999","HEATHROW","UK","","EGLL","+51.478","-000.461","+0025.3","19480101","20250825"

      """, at: "/pub/data/noaa/isd-history.csv")
    server.put(
      """
      USW00094846  41.9602  -87.9316  204.8 IL CHICAGO OHARE INTL AP                  72530 KORD
      UKI0000EGLL  51.4775   -0.4614   25.3    HEATHROW                                     EGLL
      AEI0000OMAA  24.4330   54.6511   26.8    ABU DHABI INTL                               OMAA

      """, at: "/oa/global-historical-climatology-network/hourly/doc/ghcnh-station-list.txt")
    putDay()
    let made = try download("--date", "2022-06-24", "--stations", "2")
    #expect(made.status == 0, "\(made.errors)")
    let none = try moaa("stations", "heathrow", "--cache", folder / "no-cache")
    #expect(none.status == 1 && none.errors.contains("moaa download --station-lists"))
    #expect(try download("--station-lists").status == 0)
    let found = try moaa("stations", "--cache", cache, "--format", "csv")
    #expect(found.status == 0, "\(found.errors)")
    #expect(
      found.output == """
        isd,ghcnh,matched_by,name,country,state,icao,wmo,latitude,longitude,elevation,first,last
        03772099999,UKI0000EGLL,icao,HEATHROW,UK,,EGLL,,51.478,-0.461,25.3,1948-01-01,2025-08-25
        72530094846,USW00094846,wban+wmo+icao,CHICAGO O'HARE,US,IL,KORD,72530,41.960,-87.932,204.8,1946-10-01,2025-08-25
        ,AEI0000OMAA,,ABU DHABI INTL,AE,,OMAA,,24.433,54.6511,26.8,,

        """)
    let near = try moaa(
      "stations", "--near", "51.5,0", "--limit", "1", "--active-on", "2022-06-24", "--cache", cache,
      "--format", "csv")
    #expect(near.lines.last?.hasSuffix(",32.0") == true, "\(near.output)")
    #expect(near.errors.contains("1 of 2 stations"))
    let json = try moaa("stations", "--id", "AEI0000OMAA", "--cache", cache, "--format", "json")
    #expect(json.output.contains("\"isd\":null,\"ghcnh\":\"AEI0000OMAA\""))
    #expect(try moaa("stations", "ohare", "--country", "us", "--cache", cache).lines.count == 2)
  }

  @Test func ghcnhIsReadFromTheCacheInEveryWay() throws {
    let header =
      "STATION|Station_name|DATE|temperature|temperature_Quality_Code|temperature_Source_Code|remarks\n"
    var rows: [String] = []
    for hour in 0..<24 {
      let time = String(format: "%02d", hour)
      let code = hour == 5 ? "L" : "1"
      rows.append("USW00094846|OHARE|2026-01-01T\(time):00:00|1.\(hour % 10)|\(code)|343|\n")
    }
    let path = "/oa/global-historical-climatology-network/hourly/access/by-year/2026/psv"
    server.put(
      header + rows.joined() + "USW00094846|OHARE|2026-01-01|1.5|1|343|\n",
      at: path + "/GHCNh_USW00094846_2026.psv")
    let made = try download("--date", "2026-01-01", "--station", "USW00094846")
    #expect(made.status == 0, "\(made.errors)")
    #expect(made.errors.contains("comes from GHCNh"))
    let store = folder / "a.store"
    let run = try moaa("run", cache + "/ghcnh", "--store", store, "--format", "csv")
    #expect(run.status == 1, "\(run.errors)")
    #expect(run.lines.count == 24)
    #expect(run.errors.contains("1 row refused (bad-date 1)"))
    #expect(run.errors.contains("23 accepted"))
    #expect(run.errors.contains("1 refused: suspect-or-erroneous"))
    let dump = try moaa(
      "log", "dump", "raw_probes_results", "--limit", "1", "--format", "json", "--store", store)
    #expect(dump.output.contains("QUALITY_RULE"), "\(dump.output)")
    #expect(try moaa("replay", "--verify", "--store", store).status == 0)
    let backfill = try moaa(
      "backfill", cache + "/ghcnh", "--by", "hour", "--store", store, "--format", "csv")
    #expect(backfill.lines.count == 24, "\(backfill.errors)")
    let all = try moaa(
      "run", cache + "/ghcnh", "--quality", "all", "--store", folder / "b.store", "--format", "csv")
    #expect(all.lines.count == 25)
  }

  @Test(arguments: [
    (["--date", "2022-06-24"], "say which stations"),
    (["--station", "72530094846"], "needs --date DAY or --year YEAR"),
    (["--date", "2022-06-24", "--to", "2022-06-23", "--stations", "1"], "--to is before --date"),
    (["--date", "2022-06-24", "--to", "2022-07-25", "--stations", "1"], "more than 31 days"),
    (["--date", "2022-06-24", "--year", "2022"], "give one of them"),
    (["--date", "2022-6-24", "--stations", "1"], "is not a day such as"),
    (["--year", "22", "--stations", "1"], "is not a year such as"),
    (["--date", "2022-06-24", "--station", "ORD"], "is not the id of a station"),
    (["--date", "2022-06-24", "--station", "72530094846", "--country", "US"], "leave --stations"),
    (["--date", "2022-06-24", "--bbox", "1,2,3"], "four numbers of degrees"),
    (["--date", "2022-06-24", "--country", "USA"], "FIPS code"),
    (["--year", "2022", "--archive", "--stations", "1"], "choose none"),
    (["--date", "2022-06-24", "--archive"], "--archive needs --year"),
    (["--year", "2026", "--archive"], "ends with 2025"),
    (["--base-url", "ftp://x", "--year", "2022", "--stations", "1"], "is not an address"),
    ([], "say what to download"),
  ])
  func aCommandLineThatMakesNoSenseIsToldWhy(_ words: [String], _ expected: String) throws {
    let made = try MoaaProcess(["download", "--cache", cache] + words).finish()
    #expect(made.status == 2)
    #expect(made.errors.contains(expected), "\(made.errors)")
    #expect(!FileManager.default.fileExists(atPath: cache))
  }
}
