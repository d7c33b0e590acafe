// The tables that a backfill answers with: their names, groups and columns, said once for every form of output.

/// A named table.
public enum ResultSet: String, Hashable, Sendable, CaseIterable {
  // moaa's own, by what they are grouped by.
  case hour
  case stationHour = "station-hour"
  case day
  case month
  case season
  case year
  case cityMonth = "city-month"
  case stationYear = "station-year"
  // Those of the batch layer that moaa replaces, with its names and columns.
  case meanTemperaturesByYear = "mean_temperatures_by_year"
  case meanTemperaturesByMonth = "mean_temperatures_by_month"
  case meanTemperaturesByDay = "mean_temperatures_by_day"
  case meanTemperaturesBySeason = "mean_temperatures_by_season"
  case minMaxTemperaturesByYear = "min_max_temperatures_by_year"
  case minMaxTemperaturesByMonth = "min_max_temperatures_by_month"
  case minMaxTemperaturesByDay = "min_max_temperatures_by_day"
  case minMaxTemperaturesBySeason = "min_max_temperatures_by_season"
  case minMaxTemperaturesByMonthAndCity = "min_max_temperatures_by_month_and_city"
  case meanDewByMonth = "mean_dew_tmp_by_month"
  case meanElevationByYear = "mean_tmp_elevation_by_year"
  case groupedByYearByStations = "grouped_by_year_by_stations"

  /// What a row is about.
  enum Grouping: Hashable, Sendable {
    case hour, stationHour, day, month, season, year, stationMonth, stationYear
  }

  var grouping: Grouping {
    switch self {
    case .hour: .hour
    case .stationHour: .stationHour
    case .day, .meanTemperaturesByDay, .minMaxTemperaturesByDay: .day
    case .month, .meanTemperaturesByMonth, .minMaxTemperaturesByMonth, .meanDewByMonth: .month
    case .season, .meanTemperaturesBySeason, .minMaxTemperaturesBySeason: .season
    case .year, .meanTemperaturesByYear, .minMaxTemperaturesByYear: .year
    case .cityMonth, .minMaxTemperaturesByMonthAndCity: .stationMonth
    case .stationYear, .meanElevationByYear, .groupedByYearByStations: .stationYear
    }
  }

  /// The columns in their order. Those that are keys come first, and rows are sorted by them.
  public var columns: [ResultColumn] {
    let extremes = [ResultColumn("min_tmp", .min), ResultColumn("max_tmp", .max)]
    let mean = ResultColumn("mean_tmp", .mean)
    let meanDew = ResultColumn("mean_dew", .meanDew)
    let meanElevation = ResultColumn("mean_elevation", .meanElevation)
    let coordinates = [
      ResultColumn("latitude", .latitude), ResultColumn("longitude", .longitude),
    ]
    let figures = [ResultColumn("count", .count), extremes[0], mean, extremes[1]]
    let year = ResultColumn("year", .year)
    let (month, season) = (ResultColumn("month", .month), ResultColumn("season", .season))
    let dayParts = [year, month, ResultColumn("day", .dayOfMonth)]
    let station = ResultColumn("STATION", .station)
    let cityMonth = [ResultColumn("ville", .city), station, year, month]
    switch self {
    case .hour: return [ResultColumn("hour", .hour)] + figures
    case .stationHour:
      return [ResultColumn("station", .station), ResultColumn("hour", .hour)] + figures
    case .day: return [ResultColumn("day", .day)] + figures
    case .month: return [year, month] + figures
    case .season: return [year, season] + figures
    case .year: return [year] + figures
    case .cityMonth: return cityMonth + figures
    case .stationYear:
      return [station, year] + figures + [meanDew] + coordinates + [meanElevation]
    case .meanTemperaturesByYear: return [year, mean]
    case .meanTemperaturesByMonth: return [year, month, mean]
    case .meanTemperaturesByDay: return dayParts + [mean]
    case .meanTemperaturesBySeason: return [year, season, mean]
    case .minMaxTemperaturesByYear: return [year] + extremes
    case .minMaxTemperaturesByMonth: return [year, month] + extremes
    case .minMaxTemperaturesByDay: return dayParts + extremes
    case .minMaxTemperaturesBySeason: return [year, season] + extremes
    case .minMaxTemperaturesByMonthAndCity: return cityMonth + extremes
    case .meanDewByMonth: return [year, month, mean, meanDew]
    case .meanElevationByYear: return [year, station, mean, meanElevation]
    case .groupedByYearByStations:
      return [ResultColumn("station_id", .station), year, mean] + coordinates
    }
  }
}

/// A column of a table.
public struct ResultColumn: Hashable, Sendable {
  /// What stands in it.
  public enum Figure: Hashable, Sendable {
    // Keys. A station and a city are texts, a season is its English name, and a month and a day of
    // a month count from 1.
    case station, city, hour, day, year, month, dayOfMonth, season
    case count
    /// °C.
    case min, mean, max, meanDew
    /// Degrees.
    case latitude, longitude
    /// Metres.
    case meanElevation

    public var isKey: Bool {
      switch self {
      case .station, .city, .hour, .day, .year, .month, .dayOfMonth, .season: true
      case .count, .min, .mean, .max, .meanDew, .latitude, .longitude, .meanElevation: false
      }
    }
  }

  public let name: String
  public let figure: Figure

  init(_ name: String, _ figure: Figure) {
    self.name = name
    self.figure = figure
  }
}

/// One value of a row.
public enum ResultCell: Hashable, Sendable {
  /// No value: an empty field in CSV, `null` in JSON.
  case absent
  /// UTF-8.
  case text([UInt8])
  case season(Season)
  case integer(Int64)
  /// Hours since 1970-01-01T00:00Z.
  case hour(Int64)
  /// Days since 1970-01-01.
  case day(Int64)
  /// One decimal.
  case tenths(Int64)
  /// Six decimals.
  case millionths(Int64)
  /// Millionths of a degree, with as many decimals as needed and one at least.
  case coordinate(Int32)
}
