// Which reports a station makes on a day, in the order of the file.

/// One row to come.
struct Report {
  enum Kind { case synop, metar, special, summary }

  let minuteOfDay: Int
  let kind: Kind
}

/// The reports of one day.
struct DaySchedule {
  /// Eight SYNOPs, and a METAR and perhaps a special an hour, and the summary.
  static let reportsMax = 8 + 24 + 24 + 1

  private(set) var reports: [Report] = []

  /// A SYNOP every three hours, a METAR every hour, specials by chance, and the summary of the day
  /// before at 05:59, which is where NCEI puts it.
  mutating func plan(metarMinute: Int, _ chance: inout SplitMix64) {
    reports.removeAll(keepingCapacity: true)
    for hour in 0..<24 {
      let start = hour * 60
      if hour % 3 == 0 { reports.append(Report(minuteOfDay: start, kind: .synop)) }
      let special = specialMinute(apartFrom: metarMinute, &chance)
      if let special, special < metarMinute {
        reports.append(Report(minuteOfDay: start + special, kind: .special))
      }
      reports.append(Report(minuteOfDay: start + metarMinute, kind: .metar))
      if let special, special > metarMinute {
        reports.append(Report(minuteOfDay: start + special, kind: .special))
      }
      if hour == 5 { reports.append(Report(minuteOfDay: start + 59, kind: .summary)) }
    }
    disorder(&chance)
  }

  private func specialMinute(apartFrom metarMinute: Int, _ chance: inout SplitMix64) -> Int? {
    guard chance.next(in: 0...1023) < Quirks.special else { return nil }
    let minute = 1 + 2 * chance.next(in: 0...28)
    return minute == metarMinute ? minute + 2 : minute
  }

  private mutating func disorder(_ chance: inout SplitMix64) {
    var index = 0
    while index + 1 < reports.count {
      if reports[index].minuteOfDay != reports[index + 1].minuteOfDay,
        chance.next(in: 0...1023) < Quirks.swapped
      {
        reports.swapAt(index, index + 1)
        index += 1
      }
      index += 1
    }
  }
}
