// Moments of the calendar, read and written.

import Observations
import Testing

private func timestamp(_ text: String) -> Timestamp? {
  Array(text.utf8).withUnsafeBytes { Timestamp($0) }
}

@Suite struct TimestampTests {
  // Seconds worked out with GNU date.
  @Test(arguments: [
    ("1970-01-01T00:00:00", 0), ("1969-12-31T23:59:59", -1),
    ("1901-01-01T06:00:00", -2_177_431_200),
    ("2000-02-29T12:34:56", 951_827_696), ("2022-06-24 08:00:00", 1_656_057_600),
    ("2024-02-29T00:00:00Z", 1_709_164_800), ("1900-03-01T00:00:00", -2_203_891_200),
    ("9999-12-31T23:59:59", 253_402_300_799), ("0001-01-01T00:00:00", -62_135_596_800),
  ])
  func aMomentIsItsSeconds(_ text: String, _ seconds: Int64) {
    #expect(timestamp(text)?.secondsSinceEpoch == seconds)
    let written = text.prefix(10) + "T" + text.dropFirst(11).prefix(8) + "Z"
    #expect(Timestamp(secondsSinceEpoch: seconds).description == written)
  }

  @Test(arguments: [
    "", "2022-06-24", "2022-06-24T08:00", "2022-06-24T08:00:00.000", "2022-06-24T08:00:00+",
    "2022-06-24t08:00:00", "2022/06/24T08:00:00", "2022-00-24T08:00:00", "2022-13-24T08:00:00",
    "2022-06-00T08:00:00", "2022-06-31T08:00:00", "2022-02-29T08:00:00", "1900-02-29T00:00:00",
    "2100-02-29T00:00:00", "2022-06-24T24:00:00", "2022-06-24T08:60:00", "2022-06-24T08:00:60",
    "0000-01-01T00:00:00", " 022-06-24T08:00:00", "2022-06-24T08:00: 0", "2022-06-24T-8:00:00",
    "2022-06-24T08:00:00z", "2022-06-24T08:00:00ZZ", "２022-06-24T08:00:0",
  ])
  func whatIsNoMomentIsRefused(_ text: String) {
    #expect(timestamp(text) == nil)
  }

  @Test func everyDayFrom1600To2400FollowsTheLast() {
    var day = Timestamp(year: 1600, month: 1, day: 1)?.dayIndex ?? 0
    for year in 1600...2400 {
      let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
      for (month, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        .enumerated()
      {
        let first = Timestamp(year: year, month: month + 1, day: 1)
        #expect(first?.dayIndex == day)
        let date = Timestamp.calendar(dayNumber: day + Int64(length) - 1)
        #expect(date.year == year && date.month == month + 1 && date.day == length)
        #expect(Timestamp(year: year, month: month + 1, day: length + 1) == nil)
        day += Int64(length)
      }
    }
  }

  @Test func hoursAndDaysAreCountedDownBefore1970() {
    #expect(Timestamp(secondsSinceEpoch: -1).hourIndex == -1)
    #expect(Timestamp(secondsSinceEpoch: -3600).hourIndex == -1)
    #expect(Timestamp(secondsSinceEpoch: -3601).hourIndex == -2)
    #expect(Timestamp(secondsSinceEpoch: -86_400).dayIndex == -1)
    #expect(Timestamp(secondsSinceEpoch: -86_401).dayIndex == -2)
    #expect(Timestamp(secondsSinceEpoch: 3599).hourIndex == 0)
  }

  @Test(arguments: [
    ("2022-06-24", "2022-06-24T00:00:00Z"), ("2022-06-24T08", "2022-06-24T08:00:00Z"),
    ("2022-06-24 08:30", "2022-06-24T08:30:00Z"), ("2022-06-24T08:30:01Z", "2022-06-24T08:30:01Z"),
  ])
  func aPersonMayLeaveOutTheEnd(_ argument: String, _ moment: String) {
    #expect(Timestamp(argument: argument)?.description == moment)
  }

  @Test(arguments: [
    "", "Z", "2022", "2022-06", "2022-6-24", "yesterday", "2022-06-24T8", "éééééTé",
  ])
  func whatAPersonMistypesIsRefused(_ argument: String) {
    #expect(Timestamp(argument: argument) == nil)
  }
}
