// Where NOAA has what, and where the cache keeps it.
//
// Source: NCEI's access data service (support/access-data-service-api-user-documentation), the folders
// data/global-hourly and oa/global-historical-climatology-network/hourly, and GHCNh's README.

/// Addresses below a base URL.
struct NOAAAddress {
  /// Without a slash at its end.
  let base: String

  private static let ghcnh = "/oa/global-historical-climatology-network/hourly"

  /// Stations that one call of the access API may name.
  static let stationsPerCallMax = 50
  /// Days that one call asks for at most.
  static let daysPerCallMax = 7

  struct Place {
    let url: String
    let path: String
  }

  var isdHistory: Place {
    Place(url: base + "/pub/data/noaa/isd-history.csv", path: "lists/isd-history.csv")
  }

  var ghcnhList: Place {
    Place(
      url: base + Self.ghcnh + "/doc/ghcnh-station-list.txt", path: "lists/ghcnh-station-list.txt")
  }

  /// A station's year.
  func year(_ dataset: Dataset, _ station: String, _ year: Int) -> Place {
    switch dataset {
    case .globalHourly:
      Place(
        url: base + "/data/global-hourly/access/\(year)/\(station).csv",
        path: Self.yearPath(dataset, station, year))
    case .ghcnh:
      Place(
        url: base + Self.ghcnh + "/access/by-year/\(year)/psv/GHCNh_\(station)_\(year).psv",
        path: Self.yearPath(dataset, station, year))
    }
  }

  static func yearPath(_ dataset: Dataset, _ station: String, _ year: Int) -> String {
    switch dataset {
    case .globalHourly: "global-hourly/\(year)/\(station).csv"
    case .ghcnh: "ghcnh/\(year)/GHCNh_\(station)_\(year).psv"
    }
  }

  /// All stations of a year of global-hourly.
  func archive(_ year: Int) -> Place {
    Place(
      url: base + "/data/global-hourly/archive/csv/\(year).tar.gz",
      path: "global-hourly/archive/\(year).tar.gz")
  }

  /// A call of the access API.
  func call(_ stations: [String], _ days: ClosedRange<Int64>) -> String {
    base + "/access/services/data/v1?dataset=global-hourly&dataTypes=TMP,DEW,SLP"
      + "&stations=\(stations.joined(separator: ","))"
      + "&startDate=\(DayText.text(days.lowerBound))T00:00:00"
      + "&endDate=\(DayText.text(days.upperBound))T23:59:59"
      + "&includeStationName=true&includeStationLocation=1&format=csv"
  }

  /// Where a station's day from such a call is kept.
  static func dayPath(_ station: String, _ day: Int64) -> String {
    "\(dayFolder(day))/\(station).csv"
  }

  static func dayFolder(_ day: Int64) -> String { "global-hourly/days/\(DayText.text(day))" }
}
