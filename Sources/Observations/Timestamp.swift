// A moment in UTC, to the second, in the proleptic Gregorian calendar.

/// Seconds since 1970-01-01T00:00:00Z. May be negative: ISD begins in 1901.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
  public let secondsSinceEpoch: Int64

  @inlinable public init(secondsSinceEpoch: Int64) { self.secondsSinceEpoch = secondsSinceEpoch }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.secondsSinceEpoch < right.secondsSinceEpoch
  }

  /// Years 1 to 9999. nil when the parts are not a moment of the calendar.
  public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    guard year >= 1, year <= 9999, month >= 1, month <= 12, day >= 1,
      day <= Self.daysIn(month: month, year: year), hour >= 0, hour <= 23, minute >= 0,
      minute <= 59, second >= 0, second <= 59
    else { return nil }
    let days = Self.dayNumber(year: Int64(year), month: Int64(month), day: Int64(day))
    secondsSinceEpoch = days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  /// Exactly `YYYY-MM-DDThh:mm:ss`, with `T` or a blank, and perhaps a `Z` at the end.
  public init?(_ text: UnsafeRawBufferPointer) {
    guard text.count == 19 || (text.count == 20 && text[19] == UInt8(ascii: "Z")),
      text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
      text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: " "),
      text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":")
    else { return nil }
    var valid = true
    func two(_ index: Int) -> Int {
      let tens = Int(text[index]) - 48
      let ones = Int(text[index + 1]) - 48
      if tens < 0 || tens > 9 || ones < 0 || ones > 9 { valid = false }
      return tens * 10 + ones
    }
    let year = two(0) * 100 + two(2)
    let (month, day, hour, minute, second) = (two(5), two(8), two(11), two(14), two(17))
    guard valid else { return nil }
    self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
  }

  /// What a person types: `2022-06-24`, `2022-06-24T08`, `2022-06-24T08:00`, with or without
  /// seconds and `Z`, with `T` or a blank.
  public init?(argument: String) {
    var text = argument
    if text.hasSuffix("Z") { text.removeLast() }
    let full = "0000-01-01T00:00:00"
    guard [10, 13, 16, 19].contains(text.utf8.count) else { return nil }
    text += String(full.dropFirst(text.utf8.count))
    var bytes = Array(text.utf8)
    guard bytes.count == 19 else { return nil }
    guard let time = bytes.withUnsafeMutableBytes({ Timestamp(UnsafeRawBufferPointer($0)) })
    else { return nil }
    self = time
  }

  /// Days since 1970-01-01, counted down before it.
  public var dayIndex: Int64 { Self.floorDivide(secondsSinceEpoch, 86_400) }
  /// Hours since 1970-01-01T00:00Z, counted down before it.
  public var hourIndex: Int64 { Self.floorDivide(secondsSinceEpoch, 3600) }

  /// `2022-06-24T08:00:00Z`.
  public func append(to bytes: inout [UInt8]) {
    bytes.append(capacity: 20) { cursor in
      put(to: &cursor)
      cursor.put(UInt8(ascii: "Z"))
    }
  }

  /// `2022-06-24T08:00:00`, 19 bytes.
  package func put(to cursor: inout ByteCursor) {
    let day = dayIndex
    let rest = Int(secondsSinceEpoch - day * 86_400)
    let date = Self.calendar(dayNumber: day)
    cursor.putTwoDigits(date.year / 100)
    cursor.putTwoDigits(date.year)
    cursor.put(UInt8(ascii: "-"))
    cursor.putTwoDigits(date.month)
    cursor.put(UInt8(ascii: "-"))
    cursor.putTwoDigits(date.day)
    cursor.put(UInt8(ascii: "T"))
    cursor.putTwoDigits(rest / 3600)
    cursor.put(UInt8(ascii: ":"))
    cursor.putTwoDigits(rest / 60 % 60)
    cursor.put(UInt8(ascii: ":"))
    cursor.putTwoDigits(rest % 60)
  }

  /// Year, month and day of a day counted from 1970-01-01.
  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
  public static func calendar(dayNumber: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = dayNumber + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (Int(year), Int(month), Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1))
  }

  /// Source: as above, days_from_civil.
  package static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = floorDivide(shiftedYear, 400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  package static func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  /// The quotient rounded down, where Swift's rounds towards 0: ISD begins in 1901.
  @inlinable @inline(__always)
  package static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}

extension Timestamp: CustomStringConvertible {
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
