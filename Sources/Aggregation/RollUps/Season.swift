// The seasons of the year, by two rules.

/// A season, in the order in which a year's rows stand.
public enum Season: Int, Hashable, Comparable, Sendable, CaseIterable {
  case winter, spring, summer, autumn

  public var name: String {
    switch self {
    case .winter: "Winter"
    case .spring: "Spring"
    case .summer: "Summer"
    case .autumn: "Autumn"
    }
  }

  public static func < (left: Season, right: Season) -> Bool { left.rawValue < right.rawValue }
}

/// Which months make a season.
public enum SeasonRule: String, Hashable, Sendable, CaseIterable {
  /// Winter is December to February and so on, with December counted to the year that follows; south
  /// of the equator December to February is summer.
  case meteorological
  /// Winter is January to March and so on, everywhere, as in the system that moaa replaces.
  case quarter

  /// - Parameter isSouthern: whether the station's latitude is below 0.
  func season(of month: Month, isSouthern: Bool) -> YearSeason {
    let (year, number) = (month.year, month.month)
    switch self {
    case .quarter:
      return YearSeason(year: year, season: Season.allCases[(number - 1) / 3])
    case .meteorological:
      // December to February is 0.
      let index = number % 12 / 3
      return YearSeason(
        year: number == 12 ? year + 1 : year,
        season: Season.allCases[(index + (isSouthern ? 2 : 0)) % 4])
    }
  }
}

/// A season of a year.
struct YearSeason: Hashable, Comparable, Sendable {
  var year: Int
  var season: Season

  static func < (left: YearSeason, right: YearSeason) -> Bool {
    left.year != right.year ? left.year < right.year : left.season < right.season
  }
}
