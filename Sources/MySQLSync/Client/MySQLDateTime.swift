// A value of DATETIME, DATE or TIMESTAMP columns.

import CMariaDB
import Observations

/// A date and time as a column has it, without a zone; sessions are in UTC. May be what no calendar
/// has: a column can hold 0000-00-00.
public struct MySQLDateTime: Hashable, Sendable {
  public let year: UInt16
  public let month: UInt8
  public let day: UInt8
  public let hour: UInt8
  public let minute: UInt8
  public let second: UInt8
  public let microsecond: UInt32

  public init(
    year: UInt16, month: UInt8, day: UInt8, hour: UInt8 = 0, minute: UInt8 = 0, second: UInt8 = 0,
    microsecond: UInt32 = 0
  ) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.microsecond = microsecond
  }

  /// - Precondition: a year of 0 to 9999, which is what the column takes.
  public init(_ time: Timestamp) {
    let date = Timestamp.calendar(dayNumber: time.dayIndex)
    precondition((0...9999).contains(date.year), "no DATETIME has the year \(date.year)")
    let rest = Int(time.secondsSinceEpoch - time.dayIndex * 86_400)
    self.init(
      year: UInt16(date.year), month: UInt8(date.month), day: UInt8(date.day),
      hour: UInt8(rest / 3600), minute: UInt8(rest / 60 % 60), second: UInt8(rest % 60))
  }

  /// To the second, rounded down; nil when it is not a moment of the calendar.
  public var timestamp: Timestamp? {
    Timestamp(
      year: Int(year), month: Int(month), day: Int(day), hour: Int(hour), minute: Int(minute),
      second: Int(second))
  }

  init(_ time: MYSQL_TIME) {
    self.init(
      year: UInt16(truncatingIfNeeded: time.year), month: UInt8(truncatingIfNeeded: time.month),
      day: UInt8(truncatingIfNeeded: time.day), hour: UInt8(truncatingIfNeeded: time.hour),
      minute: UInt8(truncatingIfNeeded: time.minute),
      second: UInt8(truncatingIfNeeded: time.second),
      microsecond: UInt32(truncatingIfNeeded: time.second_part))
  }

  var bound: MYSQL_TIME {
    MYSQL_TIME(
      year: UInt32(year), month: UInt32(month), day: UInt32(day), hour: UInt32(hour),
      minute: UInt32(minute), second: UInt32(second), second_part: UInt(microsecond), neg: 0,
      time_type: MYSQL_TIMESTAMP_DATETIME)
  }
}

extension MySQLDateTime: CustomStringConvertible {
  /// `2024-06-24 08:00:00`, and microseconds where there are any.
  public var description: String {
    func digits(_ value: some BinaryInteger, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let whole =
      "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2)) "
      + "\(digits(hour, 2)):\(digits(minute, 2)):\(digits(second, 2))"
    return microsecond == 0 ? whole : "\(whole).\(digits(microsecond, 6))"
  }
}
