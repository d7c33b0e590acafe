// What a partial keeps of a station's month beside its hours: where the reports say that the station is.

import Observations

/// A month of the calendar, as one number that counts on through the years.
struct Month: Hashable, Comparable, Sendable {
  /// Years 1 to 9999, as a time stamp has them.
  static let indexRange = 12...(9999 * 12 + 11)

  /// 12 times the year, and the month from 0.
  let index: Int

  init(index: Int) { self.index = index }

  init(year: Int, month: Int) { index = year * 12 + month - 1 }

  init(dayNumber: Int64) {
    let date = Timestamp.calendar(dayNumber: dayNumber)
    self.init(year: date.year, month: date.month)
  }

  var year: Int { index / 12 }
  /// From 1.
  var month: Int { index % 12 + 1 }
  var firstDayNumber: Int64 {
    Timestamp.dayNumber(year: Int64(year), month: Int64(month), day: 1)
  }
  var dayCount: Int { Timestamp.daysIn(month: month, year: year) }
  var startSeconds: Int64 { firstDayNumber * 86_400 }
  var firstHour: Int64 { firstDayNumber * 24 }
  var secondCount: Int64 { Int64(dayCount) * 86_400 }
  var hourCount: Int { dayCount * 24 }

  static func < (left: Month, right: Month) -> Bool { left.index < right.index }
}

/// What the latest report that has it says; of reports of one moment, the greatest value.
struct Latest<Value: Hashable & Sendable>: Hashable, Sendable {
  var seconds: Int64
  var value: Value
}

/// Where the accepted reports of a station in some time say that it is.
struct PlaceFacts: Hashable, Sendable {
  /// How many of them have an elevation, and the sum of those in millionths of a metre.
  var elevationCount: Int64 = 0
  var elevationSum: Int64 = 0
  var name: Latest<[UInt8]>?
  var coordinates: Latest<Coordinates>?

  /// The facts of no report.
  init() {}

  /// Those of so many reports of one place, the latest of them made at `seconds`.
  init(_ place: Place, count: Int64, latestSeconds seconds: Int64) {
    if let elevation = place.elevation {
      elevationCount = count
      elevationSum = elevation &* count
    }
    name = place.name.map { Latest(seconds: seconds, value: $0) }
    coordinates = place.coordinates.map { Latest(seconds: seconds, value: $0) }
  }

  /// Millionths of a metre, rounded half to even; nil when no report has an elevation.
  var meanElevation: Int64? {
    elevationCount > 0
      ? Accumulator.divideHalfToEven(elevationSum, by: elevationCount) : nil
  }

  /// Takes in what other reports of the station say.
  mutating func merge(_ other: PlaceFacts) {
    elevationCount &+= other.elevationCount
    elevationSum &+= other.elevationSum
    Self.take(other.name, into: &name) { $0.lexicographicallyPrecedes($1) }
    Self.take(other.coordinates, into: &coordinates, <)
  }

  private static func take<Value>(
    _ other: Latest<Value>?, into latest: inout Latest<Value>?, _ precedes: (Value, Value) -> Bool
  ) {
    guard let other else { return }
    if let mine = latest {
      guard
        mine.seconds < other.seconds
          || (mine.seconds == other.seconds && precedes(mine.value, other.value))
      else { return }
    }
    latest = other
  }
}

/// A station's month.
struct MonthFacts: TimeSlot {
  let month: Month
  var place = PlaceFacts()

  var index: Int { month.index }

  mutating func merge(_ other: MonthFacts) { place.merge(other.place) }
}
