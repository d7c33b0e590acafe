// A cache in a folder of its own, a server, and files for it.

import Downloads
import Foundation
import TestSupport

final class Workbench {
  let server: NOAAServer
  let folder: String
  /// What the clock of downloads says: long after everything.
  var now: Int64 = 4_000_000_000

  init() throws {
    server = try NOAAServer()
    folder = NSTemporaryDirectory() + "moaa-downloads-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    server.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  var cacheFolder: String { folder + "/cache" }

  func cache() throws -> DownloadCache { try DownloadCache(cacheFolder) }

  func run(
    _ request: DownloadRequest, retries: Int = 2, timeoutSeconds: Int64 = 20,
    refreshes: Bool = false, shouldStop: @escaping () -> Bool = { false }
  ) throws -> DownloadReport {
    var events = FetchEvents()
    events.now = { self.now }
    events.shouldStop = shouldStop
    let settings = HTTPSettings(
      userAgent: "moaa-tests", timeoutSeconds: timeoutSeconds, retryCount: retries,
      firstWaitSeconds: 0.01, allowsPlainHTTP: true)
    return try DownloadRun(
      try cache(), base: server.base, settings: settings, refreshes: refreshes, events: events
    ).run(request)
  }

  /// The bytes of a file of the cache.
  func bytes(_ path: String) -> [UInt8] {
    Array(FileManager.default.contents(atPath: cacheFolder + "/" + path) ?? Data())
  }

  func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

  /// All files of the cache but the lock, sorted.
  var names: [String] {
    let all =
      FileManager.default.enumerator(atPath: cacheFolder)?.compactMap { $0 as? String } ?? []
    return all.filter { name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: cacheFolder + "/" + name, isDirectory: &isFolder)
      return !isFolder.boolValue && name != "lock"
    }.sorted()
  }

  // MARK: What the server has

  static func rows(_ station: String, _ day: String, count: Int = 3) -> [String] {
    (0..<count).map { hour in
      "\(station),\(day)T0\(hour):00:00,FM-12,\"+01\(hour)0,1\""
    }
  }

  /// A year of a station of global-hourly, large enough to be cut.
  static func year(_ station: String, _ year: Int, rows: Int = 2000) -> [UInt8] {
    var text = "STATION,DATE,TMP\n"
    for index in 0..<rows {
      text += String(
        format: "%@,%04d-%02d-%02dT%02d:00:00,\"+%04d,1\"\n", station, year, index / 672 % 12 + 1,
        index / 24 % 28 + 1, index % 24, index % 400)
    }
    return Array(text.utf8)
  }

  static func yearPath(_ station: String, _ year: Int) -> String {
    "/data/global-hourly/access/\(year)/\(station).csv"
  }

  static let ghcnhHeader =
    "STATION|Station_name|DATE|temperature|temperature_Quality_Code|temperature_Source_Code|remarks\n"

  func putGHCNh(_ id: String, _ year: Int, days: [String]) {
    let rows = days.map { "\(id)|NAME|\($0)T00:00:00|1.5|1|343|\n" }.joined()
    server.put(
      Self.ghcnhHeader + rows,
      at:
        "/oa/global-historical-climatology-network/hourly/access/by-year/\(year)/psv/GHCNh_\(id)_\(year).psv"
    )
  }

  static let isdHeader =
    "\"USAF\",\"WBAN\",\"STATION NAME\",\"CTRY\",\"STATE\",\"ICAO\",\"LAT\",\"LON\",\"ELEV(M)\",\"BEGIN\",\"END\"\n"

  static func isdLine(
    _ id: String, _ name: String, country: String = "US", icao: String = "",
    latitude: String = "+41.960", longitude: String = "-087.932", begin: String = "19500101",
    end: String = "20250828"
  ) -> String {
    [
      String(id.prefix(6)), String(id.suffix(5)), name, country, "", icao, latitude, longitude,
      "+0204.8", begin, end,
    ].map { "\"\($0)\"" }.joined(separator: ",") + "\n"
  }

  static func ghcnhLine(
    _ id: String, _ name: String, latitude: String = "41.9602", longitude: String = "-87.9316",
    elevation: String = "204.8", wmo: String = "", icao: String = ""
  ) -> String {
    func left(_ text: String, _ width: Int) -> String {
      text.padding(toLength: width, withPad: " ", startingAt: 0)
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    return left(id, 12) + right(latitude, 8) + " " + right(longitude, 9) + " "
      + right(elevation, 6) + " " + left("IL", 3) + left(name, 31) + left("", 4) + left("", 4)
      + left(wmo, 6) + left(icao, 4) + "\n"
  }

  func putLists(isd: String, ghcnh: String = "") {
    server.put(Self.isdHeader + isd, at: "/pub/data/noaa/isd-history.csv")
    server.put(
      ghcnh, at: "/oa/global-historical-climatology-network/hourly/doc/ghcnh-station-list.txt")
  }

  static func day(_ text: String) -> Int64 { DayText.day(text) ?? 0 }
}

extension DownloadRequest {
  static func day(_ text: String, _ ids: [String], dataset: Dataset? = nil) -> DownloadRequest {
    let day = Workbench.day(text)
    return DownloadRequest(period: .days(day...day), selection: .ids(ids), dataset: dataset)
  }

  static func year(_ year: Int, _ ids: [String], dataset: Dataset? = nil) -> DownloadRequest {
    DownloadRequest(period: .years(year...year), selection: .ids(ids), dataset: dataset)
  }
}
