// What a user asks for.

/// Observations to be fetched into a cache.
public struct DownloadRequest: Sendable {
  public enum Period: Hashable, Sendable {
    /// Counted from 1970-01-01. Of global-hourly they come from the access API.
    case days(ClosedRange<Int64>)
    /// Whole years.
    case years(ClosedRange<Int>)

    var days: ClosedRange<Int64> {
      switch self {
      case .days(let days): days
      case .years(let years):
        DayText.days(ofYear: years.lowerBound)
          .lowerBound...DayText.days(ofYear: years.upperBound).upperBound
      }
    }
  }

  public enum Selection: Hashable, Sendable {
    /// As both lists name them: 11 characters.
    case ids([String])
    /// Of the stations that have data, so many; nil for all.
    case chosen(count: Int?, StationFilter)
    /// All stations, as archives of whole years.
    case archives
  }

  public var period: Period
  public var selection: Selection
  /// nil: the one that has the days.
  public var dataset: Dataset?

  public init(period: Period, selection: Selection, dataset: Dataset? = nil) {
    self.period = period
    self.selection = selection
    self.dataset = dataset
  }

  /// More days are whole years.
  public static let dayCountMax = 31
  /// More stations at once have to be asked for by number.
  public static let stationCountMax = 1000
}

/// Which stations are looked at.
public struct StationFilter: Hashable, Sendable {
  /// FIPS 10-4; nil for all.
  public var country: String?
  public var box: GeoBox?

  public init(country: String? = nil, box: GeoBox? = nil) {
    self.country = country
    self.box = box
  }

  public func contains(_ station: Station) -> Bool {
    if let country, station.country != country { return false }
    guard let box else { return true }
    return station.place.map(box.contains) ?? false
  }
}
