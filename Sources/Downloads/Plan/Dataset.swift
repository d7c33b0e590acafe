// The two data sets, and which of them has a day.

import Observations

/// NOAA's data sets of hourly observations.
public enum Dataset: String, Hashable, Sendable, CaseIterable {
  /// Integrated Surface Database, as CSV. Ended in August 2025.
  case globalHourly = "global-hourly"
  /// Its successor.
  case ghcnh

  /// The last day that global-hourly has, counted from 1970-01-01.
  public static let lastDayOfGlobalHourly: Int64 = 20_331  // 2025-08-31

  /// The data set that has a day.
  public static func of(day: Int64) -> Dataset {
    day <= lastDayOfGlobalHourly ? .globalHourly : .ghcnh
  }
}

/// Days as text.
public enum DayText {
  /// `2022-06-24`.
  public static func text(_ day: Int64) -> String {
    String(Timestamp(secondsSinceEpoch: day * 86_400).description.prefix(10))
  }

  public static func year(_ day: Int64) -> Int { Timestamp.calendar(dayNumber: day).year }

  /// All days of a year.
  public static func days(ofYear year: Int) -> ClosedRange<Int64> {
    guard let first = Timestamp(year: year, month: 1, day: 1),
      let last = Timestamp(year: year, month: 12, day: 31)
    else { preconditionFailure("a year has four digits") }
    return first.dayIndex...last.dayIndex
  }
}

extension DayText {
  /// `2022-06-24`, counted from 1970-01-01; nil for anything else.
  public static func day(_ text: String) -> Int64? {
    text.utf8.count == 10 ? Timestamp(argument: text)?.dayIndex : nil
  }
}
