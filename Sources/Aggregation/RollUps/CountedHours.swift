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

extension StationHours {
  /// Walks the hours that have a report which counts, ascending.
  /// - Parameter body: given the hour, since 1970-01-01T00:00Z, and the figures of its reports.
  public func forEachCountedHour(
    _ body: (_ hour: Int64, _ figures: Accumulator) throws -> Void
  ) rethrows {
    var hours = CountedHours(self)
    while let slot = hours.next(before: .max) {
      var figures = Accumulator()
      figures.count = slot.count
      figures.sumTenths = slot.sumTenths
      figures.minTenths = slot.minTenths
      figures.maxTenths = slot.maxTenths
      try body(Int64(slot.hour), figures)
    }
  }
}
