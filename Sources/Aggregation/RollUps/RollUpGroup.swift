// What a row of a table is made of, and how it becomes cells.

import Observations

/// A row's keys and totals.
struct RollUpGroup: Sendable {
  enum Time: Hashable, Sendable {
    case hour(Int64)
    case day(Int64)
    case month(Month)
    case season(YearSeason)
    case year(Int)
  }

  var time: Time
  /// Empty where the row is over all stations.
  var station: [UInt8] = []
  /// Of the station in the time.
  var facts: PlaceFacts?
  var totals: Totals

  /// The value of a column.
  func cell(_ figure: ResultColumn.Figure, _ weight: Weight) -> ResultCell {
    switch figure {
    case .station: .text(station)
    case .city: facts?.name.map { .text($0.value) } ?? .absent
    case .hour, .day, .year, .month, .dayOfMonth, .season: timeCell(figure)
    case .count: .integer(totals.count)
    case .min: .tenths(Int64(totals.minTenths))
    case .mean: .millionths(totals.mean(weight))
    case .max: .tenths(Int64(totals.maxTenths))
    case .meanDew: totals.meanDew(weight).map { .millionths($0) } ?? .absent
    case .latitude: facts?.coordinates.map { .coordinate($0.value.latitude) } ?? .absent
    case .longitude: facts?.coordinates.map { .coordinate($0.value.longitude) } ?? .absent
    case .meanElevation: facts?.meanElevation.map { .millionths($0) } ?? .absent
    }
  }

  private func timeCell(_ figure: ResultColumn.Figure) -> ResultCell {
    switch (figure, time) {
    case (.hour, .hour(let hour)): .hour(hour)
    case (.day, .day(let day)): .day(day)
    case (.year, .day(let day)): .integer(Int64(Timestamp.calendar(dayNumber: day).year))
    case (.month, .day(let day)): .integer(Int64(Timestamp.calendar(dayNumber: day).month))
    case (.dayOfMonth, .day(let day)): .integer(Int64(Timestamp.calendar(dayNumber: day).day))
    case (.year, .month(let month)): .integer(Int64(month.year))
    case (.month, .month(let month)): .integer(Int64(month.month))
    case (.year, .season(let season)): .integer(Int64(season.year))
    case (.season, .season(let season)): .season(season.season)
    case (.year, .year(let year)): .integer(Int64(year))
    default: preconditionFailure("a table's columns fit its groups")
    }
  }
}

extension ResultCell {
  /// Whether one key stands before another: texts by bytes, a missing one first.
  static func precedes(_ left: ResultCell, _ right: ResultCell) -> Bool {
    switch (left, right) {
    case (.absent, .absent): false
    case (.absent, _): true
    case (_, .absent): false
    case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
    case (.season(let left), .season(let right)): left < right
    case (.integer(let left), .integer(let right)), (.hour(let left), .hour(let right)),
      (.day(let left), .day(let right)):
      left < right
    default: preconditionFailure("the keys of a column are of one kind")
    }
  }
}
