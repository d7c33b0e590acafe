// The stations of global-hourly: NCEI's isd-history.csv.
//
// Columns USAF, WBAN, STATION NAME, CTRY, STATE, ICAO, LAT, LON, ELEV(M), BEGIN, END, all in quotes.

import Observations

public enum ISDHistory {
  private static let columns = [
    "USAF", "WBAN", "STATION NAME", "CTRY", "STATE", "ICAO", "LAT", "LON", "ELEV(M)", "BEGIN",
    "END",
  ]
  private static let missingElevationTenths: Int64 = -9_999

  /// Reads the list.
  /// - Returns: the stations in the list's order, and how many rows could not be read.
  public static func read(
    _ path: String
  ) throws(DownloadFailure) -> (stations: [Station], refusedCount: Int) {
    guard let bytes = try readWholeFile(path) else { throw .system("read", path) }
    var lines = CSVLines(bytes)
    guard let header = lines.next(), header == columns else {
      throw DownloadFailure(
        .damaged,
        "\(path) is not isd-history.csv: its first line must have \(columns.joined(separator: ", "))"
      )
    }
    var stations: [Station] = []
    var refusedCount = 0
    while let fields = lines.next() {
      if let station = station(fields) {
        stations.append(station)
      } else {
        refusedCount += 1
      }
    }
    return (stations, refusedCount)
  }

  static func station(_ fields: [String]) -> Station? {
    guard fields.count == columns.count, fields[0].utf8.count == 6, fields[1].utf8.count == 5,
      (fields[0] + fields[1]).utf8.allSatisfy({ Self.isIDByte($0) })
    else { return nil }
    var station = Station(name: fields[2])
    station.isd = fields[0] + fields[1]
    station.country = fields[3]
    station.state = fields[4]
    station.icao = fields[5]
    station.place = ListText.place(fields[6], fields[7])
    if let elevation = ListText.scaled(fields[8], decimals: 1),
      elevation.magnitude != Self.missingElevationTenths.magnitude,
      elevation.magnitude < 99_000
    {
      station.elevationTenths = elevation
    }
    station.firstDay = ListText.day(fields[9])
    station.lastDay = ListText.day(fields[10])
    return station
  }

  static func isIDByte(_ byte: UInt8) -> Bool {
    (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
      || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
  }
}
