// Folds rows into a partial: the inner loop of a backfill.
//
// What must hold: no allocation a row, and memory in proportion to stations and hours, whatever order the
// rows come in. So what the row before had is kept at hand: its station, the hour that is being filled,
// and the run of rows from one place in one month.

import Observations

/// Folds the rows of a content, or of a part of one.
public struct PartialBuilder: ~Copyable {
  public let rule: BackfillRule
  private let receivedSeconds: Int64

  private var counts = RowCounts()
  private var table = StationTable()
  /// By number in the table, less 1.
  private var stations: [StationRows] = []
  /// Stations of before, for their room.
  private var spare: [StationRows] = []
  private static let spareCountMax = 8

  /// The number of the row before's station; 0 before the first row.
  private var current = 0
  private var currentName = StationBytes()
  private var hour = HourInProgress()
  private var run = PlaceRun()
  private let placeTexts = PlaceTexts()

  /// - Parameter receivedSeconds: the moment of reading, in seconds since 1970 UTC: what is dated more than a
  ///   day after it is refused.
  public init(rule: BackfillRule, receivedSeconds: Int64) {
    self.rule = rule
    self.receivedSeconds = receivedSeconds
  }

  /// The columns that `add` looks at.
  public static let columns: Set<ObservationColumn> = [
    .station, .date, .temperature, .reportType, .latitude, .longitude, .elevation, .name, .dewPoint,
  ]

  /// Counts a row, and folds it when the rule accepts it.
  @inline(__always)
  public mutating func add(_ row: DecodedRow) {
    switch row.content {
    case .rejected(let reason): refuse(reason)
    case .observation(let row): add(row)
    }
  }

  private mutating func refuse(_ reason: RejectionReason) {
    counts.refused[reason, default: 0] += 1
  }

  private mutating func add(_ row: ObservationRow) {
    let kind = ReportKind(row.text(.reportType))
    switch ObservationJudge.judge(row: row, kind: kind, quality: rule.quality) {
    case .rejected(let reason): refuse(reason)
    case .accepted(let station, let seconds, let tenths):
      if ObservationJudge.isTooFarAhead(seconds: seconds, receivedSeconds: receivedSeconds) {
        refuse(.tooFarAhead)
        return
      }
      counts.accepted &+= 1
      if !currentName.isEqual(station) { change(to: station) }
      noticePlace(row, seconds)
      let second = seconds &- hour.startSeconds
      let dewTenths = DewPoint.tenths(row.text(.dewPoint), rule.quality)
      if UInt64(bitPattern: second) < 3600 {
        hour.add(kind, second, tenths, dewTenths, rule.reports)
      } else {
        putHour()
        hour.begin(at: seconds)
        hour.add(kind, seconds &- hour.startSeconds, tenths, dewTenths, rule.reports)
      }
    }
  }

  /// The fold of all rows since the beginning, or since the last call.
  public mutating func take() -> Partial {
    let partial = fold()
    clear()
    return partial
  }

  /// The same as bytes. Keeps the room of a few stations for the rows that come after: a builder that is
  /// used for one file after the other grows once.
  public mutating func takeEncoded() -> [UInt8] {
    let bytes = fold().encoded()
    clear()
    return bytes
  }

  /// The same as the bytes of a partial for each station, ascending, without counts; and the counts.
  public mutating func takeEncodedByStation() -> (
    counts: RowCounts, stations: [(station: [UInt8], bytes: [UInt8])]
  ) {
    let counts = counts
    let stations = fold().byStation.map { (station: $0.stations[0].station, bytes: $0.encoded()) }
    clear()
    return (counts, stations)
  }

  private mutating func fold() -> Partial {
    putHour()
    putRun()
    var partial = Partial(rule: rule)
    partial.counts = counts
    for number in stations.indices {
      partial.stations.append(stations[number].hours(table.keys[number + 1], rule))
    }
    partial.stations.sort { $0.station.lexicographicallyPrecedes($1.station) }
    return partial
  }

  /// Takes in all rows of another builder of the same rule, which forgets them: the same as if they had been
  /// added here. Takes time in proportion to the other's stations and hours alone.
  public mutating func take(from other: inout PartialBuilder) {
    precondition(rule == other.rule, "folds of one rule are joined")
    putHour()
    putRun()
    other.putHour()
    other.putRun()
    counts.merge(other.counts)
    for number in other.stations.indices {
      let mine = other.table.keys[number + 1].withUnsafeBytes { table.number(of: $0) }
      addStation(numbered: mine)
      stations[mine - 1].add(other.stations[number])
    }
    other.clear()
  }

  /// Forgets the rows since the last call of a `take`.
  public mutating func clear() {
    while let station = stations.popLast() {
      if spare.count < Self.spareCountMax { spare.append(station) }
    }
    counts = RowCounts()
    table = StationTable()
    current = 0
    currentName.clear()
    hour = HourInProgress()
    run = PlaceRun()
    placeTexts.clear()
  }

  // MARK: What changes seldom

  private mutating func change(to station: UnsafeRawBufferPointer) {
    putHour()
    putRun()
    current = table.number(of: station)
    currentName.keep(station)
    addStation(numbered: current)
  }

  /// Makes room for a station that the table has just numbered; nothing for those that have it.
  private mutating func addStation(numbered number: Int) {
    guard number > stations.count else { return }
    var rows = spare.popLast() ?? StationRows()
    rows.clear()
    stations.append(rows)
  }

  /// Hands the hour that was being filled to its station.
  private mutating func putHour() {
    guard current > 0, hour.isBegun else { return }
    switch rule.reports {
    case .all: stations[current - 1].reports.append(hour.reports)
    case .routine:
      if hour.routine.candidate != .none { stations[current - 1].routine.append(hour.routine) }
    }
    hour = HourInProgress()
  }

  @inline(__always)
  private mutating func noticePlace(_ row: ObservationRow, _ seconds: Int64) {
    let (name, elevation) = (row.text(.name), row.text(.elevation))
    let (latitude, longitude) = (row.text(.latitude), row.text(.longitude))
    let isInMonth = UInt64(bitPattern: seconds &- run.monthStartSeconds) < run.monthSecondCount
    let isSamePlace = placeTexts.areEqual(name, latitude, longitude, elevation)
    if !isInMonth || !isSamePlace {
      putRun()
      if !isInMonth { run.begin(Month(dayNumber: Timestamp.floorDivide(seconds, 86_400))) }
      if !isSamePlace {
        run.place = Place(
          name: name, latitude: latitude, longitude: longitude, elevation: elevation)
        placeTexts.keep(name, latitude, longitude, elevation)
      }
    }
    run.count &+= 1
    run.latestSeconds = max(run.latestSeconds, seconds)
  }

  /// Hands the run of rows from one place to its station's month.
  private mutating func putRun() {
    guard run.count > 0 else { return }
    stations[current - 1].add(run)
    run.count = 0
    run.latestSeconds = .min
  }
}

/// The hour that the row before was in.
private struct HourInProgress {
  /// Far from every hour when none is begun.
  var startSeconds = Int64.min / 2
  var reports = ReportSlot(hour: 0)
  var routine = RoutineSlot(hour: 0)

  var isBegun: Bool { startSeconds != Int64.min / 2 }

  mutating func begin(at seconds: Int64) {
    let index = Timestamp.floorDivide(seconds, 3600)
    startSeconds = index * 3600
    reports = ReportSlot(hour: Int32(index))
    routine = RoutineSlot(hour: Int32(index))
  }

  @inline(__always)
  mutating func add(
    _ kind: ReportKind, _ second: Int64, _ tenths: Int16, _ dewTenths: Int16, _ rule: ReportsRule
  ) {
    switch rule {
    case .all: reports.add(tenths: tenths, dewTenths: dewTenths)
    case .routine:
      if let candidate = RoutineCandidate(
        kind, secondOfHour: second, tenths: tenths, dewTenths: dewTenths)
      {
        routine.candidate = min(routine.candidate, candidate)
      }
      if kind == .routine, second >= RoutineCandidate.lateSecond { routine.hasLateMetar = true }
    }
  }
}

/// Rows one after the other that are of one station, one month and one place.
private struct PlaceRun {
  var month = Month(index: 0)
  var monthStartSeconds: Int64 = 0
  /// 0 until a month is begun.
  var monthSecondCount: UInt64 = 0
  var place = Place()
  var count: Int64 = 0
  var latestSeconds = Int64.min

  mutating func begin(_ month: Month) {
    self.month = month
    monthStartSeconds = month.startSeconds
    monthSecondCount = UInt64(month.secondCount)
  }
}

/// What has been read of one station.
private struct StationRows {
  var reports = SlotList<ReportSlot>()
  var routine = SlotList<RoutineSlot>()
  private var months = SlotList<MonthFacts>()

  init() {}

  /// Forgets all but the room.
  mutating func clear() {
    reports.clear()
    routine.clear()
    months.clear()
  }

  mutating func add(_ run: PlaceRun) {
    months.append(
      MonthFacts(
        month: run.month,
        place: PlaceFacts(run.place, count: run.count, latestSeconds: run.latestSeconds)))
  }

  mutating func add(_ other: StationRows) {
    for slot in other.reports.slots { reports.append(slot) }
    for slot in other.routine.slots { routine.append(slot) }
    for slot in other.months.slots { months.append(slot) }
  }

  mutating func hours(_ station: [UInt8], _ rule: BackfillRule) -> StationHours {
    var hours = StationHours(station: station, rule: rule)
    months.putInOrder()
    reports.putInOrder()
    routine.putInOrder()
    hours.months = months.slots
    hours.reportSlots = reports.slots
    hours.routineSlots = routine.slots
    return hours
  }
}

/// The bytes of the row before's station.
private final class StationBytes {
  private let bytes = UnsafeMutableRawPointer.allocate(
    byteCount: ByteText.stationBytesMax, alignment: 8)
  private var count = 0

  deinit { bytes.deallocate() }

  @inline(__always)
  func isEqual(_ station: UnsafeRawBufferPointer) -> Bool {
    guard let base = station.baseAddress else { return false }
    return station.count == count && ByteText.isEqual(base, bytes, byteCount: count)
  }

  func clear() { count = 0 }

  func keep(_ station: UnsafeRawBufferPointer) {
    guard let base = station.baseAddress else { preconditionFailure("a station has an id") }
    precondition(station.count <= ByteText.stationBytesMax, "an id is short")
    bytes.copyMemory(from: base, byteCount: station.count)
    count = station.count
  }
}
