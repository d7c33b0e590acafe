// Stations' hours into tables.
//
// What must hold: whatever order files came in and however they were cut, a table's rows are the same.

import Observations

/// Makes tables of stations, given one after the other.
///
/// Holds the groups of the tables but not the stations' hours: rows of `station-hour` are handed over as the
/// stations come.
public struct RollUps: Sendable {
  /// The values of a row, in the order of its table's columns.
  public typealias Row = [ResultCell]

  public let sets: Set<ResultSet>
  public let rule: BackfillRule
  public let weight: Weight
  public let seasons: SeasonRule

  private let groupings: Set<ResultSet.Grouping>
  private let wantsDays: Bool
  private var days: DayTable
  private var months: [Month: Totals] = [:]
  private var yearSeasons: [YearSeason: Totals] = [:]
  private var stationMonths: [RollUpGroup] = []
  private(set) var stationYears: [RollUpGroup] = []
  private var lastStation: [UInt8] = []

  public init(
    sets: Set<ResultSet>, rule: BackfillRule, weight: Weight = .reports,
    seasons: SeasonRule = .meteorological
  ) {
    self.sets = sets
    self.rule = rule
    self.weight = weight
    self.seasons = seasons
    groupings = Set(sets.map(\.grouping))
    wantsDays = groupings.contains(.day) || groupings.contains(.hour)
    days = DayTable(holdsHours: groupings.contains(.hour))
  }

  /// Adds a station with all of its hours. Stations come in ascending order of their ids' bytes.
  /// - Parameter onStationHour: given the rows of `station-hour`, in order, if that is among the sets.
  public mutating func add(
    _ station: StationHours, onStationHour: (Row) throws -> Void
  ) rethrows {
    precondition(station.rule == rule, "a table is of one rule")
    precondition(
      lastStation.lexicographicallyPrecedes(station.station), "each station comes once, in order")
    lastStation = station.station
    let wantsRows = groupings.contains(.stationHour)
    var hours = CountedHours(station)
    var row: Row = []
    var year: RollUpGroup?
    for facts in station.months {
      let end = facts.month.firstHour + Int64(facts.month.hourCount)
      var totals = Totals()
      while let hour = hours.next(before: end) {
        let added = Totals(hour, weight)
        totals.merge(added)
        if wantsDays { days.add(added, hour: Int64(hour.hour)) }
        if wantsRows {
          set(&row, station.station, hour.hour, added)
          try onStationHour(row)
        }
      }
      if year?.time != .year(facts.month.year) {
        put(year: year)
        year = RollUpGroup(
          time: .year(facts.month.year), station: station.station, facts: PlaceFacts(),
          totals: Totals())
      }
      year?.facts?.merge(facts.place)
      year?.totals.merge(totals)
      if totals.count > 0 { put(facts, totals) }
    }
    put(year: year)
  }

  /// The same without the rows of `station-hour`.
  public mutating func add(_ station: StationHours) {
    add(station) { _ in preconditionFailure("rows of station-hour want a taker") }
  }

  /// Takes in the tables of other stations: workers may each add some, and any order of merging gives the
  /// same rows. No station may be in both.
  public mutating func merge(_ other: RollUps) {
    precondition(
      sets == other.sets && rule == other.rule && weight == other.weight
        && seasons == other.seasons, "the same tables of other stations")
    days.merge(other.days)
    months.merge(other.months) { $0.merged($1) }
    yearSeasons.merge(other.yearSeasons) { $0.merged($1) }
    stationMonths += other.stationMonths
    stationYears += other.stationYears
    if lastStation.lexicographicallyPrecedes(other.lastStation) { lastStation = other.lastStation }
  }

  /// A row of `station-hour`.
  @inline(__always)
  private func set(_ row: inout Row, _ station: [UInt8], _ hour: Int32, _ totals: Totals) {
    row.removeAll(keepingCapacity: true)
    row.append(.text(station))
    row.append(.hour(Int64(hour)))
    row.append(.integer(totals.count))
    row.append(.tenths(Int64(totals.minTenths)))
    row.append(.millionths(totals.mean(weight)))
    row.append(.tenths(Int64(totals.maxTenths)))
  }

  /// A month of the station at hand that has hours which count.
  private mutating func put(_ facts: MonthFacts, _ totals: Totals) {
    months[facts.month, default: Totals()].merge(totals)
    let isSouthern = facts.place.coordinates.map { $0.value.latitude < 0 } ?? false
    let season = seasons.season(of: facts.month, isSouthern: isSouthern)
    yearSeasons[season, default: Totals()].merge(totals)
    if groupings.contains(.stationMonth) {
      stationMonths.append(
        RollUpGroup(
          time: .month(facts.month), station: lastStation, facts: facts.place, totals: totals))
    }
  }

  private mutating func put(year group: RollUpGroup?) {
    guard let group, group.totals.count > 0, groupings.contains(.stationYear) else { return }
    stationYears.append(group)
  }

  // MARK: Rows

  /// The rows of a table over the stations added so far, sorted by its key columns in their order.
  ///
  /// Not for `station-hour`, whose rows `add` hands over.
  /// - Parameter set: one of `sets`.
  public func rows(of set: ResultSet, _ body: (Row) throws -> Void) rethrows {
    precondition(sets.contains(set), "only the tables that were asked for")
    precondition(set != .stationHour, "station-hour is handed over by add")
    let columns = set.columns.map(\.figure)
    var row: Row = []
    func hand(_ group: RollUpGroup) throws {
      row.removeAll(keepingCapacity: true)
      for column in columns { row.append(group.cell(column, weight)) }
      try body(row)
    }
    switch set.grouping {
    case .stationHour: return
    case .hour:
      try days.forEachHour { try hand(RollUpGroup(time: .hour($0), totals: $1)) }
    case .day:
      try days.forEachDay { try hand(RollUpGroup(time: .day($0), totals: $1)) }
    case .month:
      for (month, totals) in months.sorted(by: { $0.key < $1.key }) {
        try hand(RollUpGroup(time: .month(month), totals: totals))
      }
    case .season:
      for (season, totals) in yearSeasons.sorted(by: { $0.key < $1.key }) {
        try hand(RollUpGroup(time: .season(season), totals: totals))
      }
    case .year:
      var years: [Int: Totals] = [:]
      for (month, totals) in months { years[month.year, default: Totals()].merge(totals) }
      for (year, totals) in years.sorted(by: { $0.key < $1.key }) {
        try hand(RollUpGroup(time: .year(year), totals: totals))
      }
    case .stationMonth: try sorted(stationMonths, columns).forEach(hand)
    case .stationYear: try sorted(stationYears, columns).forEach(hand)
    }
  }

  private func sorted(
    _ groups: [RollUpGroup], _ columns: [ResultColumn.Figure]
  ) -> [RollUpGroup] {
    let keys = columns.filter(\.isKey)
    return groups.sorted { left, right in
      for key in keys {
        let (first, second) = (left.cell(key, weight), right.cell(key, weight))
        if first != second { return ResultCell.precedes(first, second) }
      }
      return false
    }
  }
}
