// The hours of a station as they count: of routine reports, after the choice is made.

/// A walk over the hours of a station, of all parts merged: only then is the hour before an hour known.
struct CountedHours {
  private let rule: ReportsRule
  private let reports: [ReportSlot]
  private let routine: [RoutineSlot]
  private var position = 0

  init(_ station: StationHours) {
    rule = station.rule.reports
    reports = station.reportSlots
    routine = station.routineSlots
  }

  /// The next hour before `end` that has a report which counts.
  @inline(__always)
  mutating func next(before end: Int64) -> ReportSlot? {
    switch rule {
    case .all:
      guard position < reports.count, Int64(reports[position].hour) < end else { return nil }
      position &+= 1
      return reports[position &- 1]
    case .routine: return nextRoutine(before: end)
    }
  }

  private mutating func nextRoutine(before end: Int64) -> ReportSlot? {
    while position < routine.count, Int64(routine[position].hour) < end {
      let slot = routine[position]
      let candidate = slot.candidate
      position += 1
      if candidate.mayBeCopy, position > 1, routine[position - 2].hour == slot.hour - 1,
        routine[position - 2].hasLateMetar
      {
        continue
      }
      var hour = ReportSlot(hour: slot.hour)
      hour.add(tenths: candidate.tenths, dewTenths: candidate.dewTenths)
      return hour
    }
    return nil
  }
}
