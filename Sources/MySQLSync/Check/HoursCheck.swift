// The hours of a store beside those of a target.
//
// First count and checksum of each day, which both sides compute by themselves; then, of the days that
// differ, row by row.

import Aggregation
import LogStore
import Observations

public final class HoursCheck {
  /// The hours of the store in ascending order of station and hour: all of a table, or those of some
  /// days (counted from 1970-01-01). Calls its last argument for each.
  public typealias Hours =
    (_ days: ClosedRange<Int64>?, _ body: (WindowResult) throws -> Void) throws -> Void

  public struct Difference: Sendable, CustomStringConvertible {
    public let table: HoursTable
    /// Empty: all stations together.
    public let station: String
    /// `2022-06-24T08:00:00Z`.
    public let hour: String
    public let stored: String
    public let found: FoundRow

    public var description: String {
      "\(table.rawValue): \(station.isEmpty ? "" : station + " ")\(hour): the store has \(stored); "
        + "\(found)"
    }
  }

  public let table: HoursTable
  private let link: TargetLink
  private let layout: HoursLayout
  private let position: CheckedPosition
  private var outcome = CheckOutcome()

  /// More ranges of days are one, from the first day to the last.
  static let dayRangesMax = 100

  /// To be made before the view of the store is opened that the hours come from.
  /// - Throws: `MySQLFailure`, also where the table is missing or of another kind.
  public init(_ table: HoursTable, link: TargetLink) throws {
    self.table = table
    self.link = link
    (layout, position) = try link.run {
      (try HoursLayout(table, in: $0), try CheckedPosition(stream: table.topic, in: $0))
    }
  }

  /// Where the target was in the topic when the check was made.
  public var positionOffset: Offset? { position.nextOffset }

  /// - Parameters:
  ///   - repairs: whether hours that differ or are missing are upserted, in full.
  ///   - store: where the hours come from; a target of another store is not repaired.
  ///   - onDifference: given each difference, and each hour that the table cannot hold.
  /// - Throws: `MySQLFailure`, and what `hours` and `onDifference` throw.
  public func run(
    hours: Hours, repairs: Bool = false, store: CheckedStore,
    onDifference: @escaping (Difference) throws -> Void
  ) throws -> CheckOutcome {
    if repairs {
      try position.refuseOthers(than: store)
      try link.run { try self.refuseUnfitTable($0) }
    }
    outcome = CheckOutcome()
    let found = try link.run { try self.foundSums($0) }
    let stored = try storedSums(hours, onDifference)
    outcome.dayCount = stored.count
    outcome.rowCount = stored.values.reduce(0) { $0 + Int($1.count) }
    for (day, sum) in found {
      // A day that no calendar has is nil.
      if let day, stored[day] != nil { continue }
      outcome.onlyInTargetCount += Int(sum.count)
    }
    let days = stored.keys.filter { found[$0] != stored[$0] }.sorted()
    outcome.differingDayCount = days.count
    guard let first = days.first, let last = days.last else { return outcome }
    try compare(Set(days), first...last, Self.ranges(days), hours, repairs, onDifference)
    return outcome
  }

  /// Without its unique key an upsert would double rows, and with another one replace those of others.
  private func refuseUnfitTable(_ connection: MySQLConnection) throws(MySQLFailure) {
    let stream: SyncStream =
      table == .allStations ? .hours(topic: table.topic) : .stationHours(topic: table.topic)
    try SchemaPlan([stream.table], on: connection).check()
  }

  // MARK: Days

  private func foundSums(_ connection: MySQLConnection) throws(MySQLFailure) -> [Int64?: DaySum] {
    var sums: [Int64?: DaySum] = [:]
    try connection.prepare(layout.daySumsSQL).forEachRow { row throws(MySQLFailure) in
      let day = row[0].datetime?.timestamp?.dayIndex
      sums[day, default: DaySum()].count += row[1].integer ?? 0
      // A text that is NULL has no hash: -1 is no sum.
      RowHash.add(row[2].integer ?? -1, to: &sums[day, default: DaySum()].checksum)
      return true
    }
    return sums
  }

  private func storedSums(
    _ hours: Hours, _ onDifference: @escaping (Difference) throws -> Void
  ) throws -> [Int64: DaySum] {
    var sums: [Int64: DaySum] = [:]
    var text: [UInt8] = []
    let hash = RowHash()
    try hours(nil) { hour in
      if let misfit = layout.misfit(hour) {
        outcome.unfitCount += 1
        return try onDifference(difference(hour, .unfit(misfit)))
      }
      layout.write(hour, to: &text)
      let day = hour.day
      sums[day, default: DaySum()].count += 1
      RowHash.add(hash.hash(text), to: &sums[day, default: DaySum()].checksum)
    }
    return sums
  }

  /// Runs of days that follow each other.
  private static func ranges(_ days: [Int64]) -> [ClosedRange<Int64>] {
    var ranges: [ClosedRange<Int64>] = []
    for day in days {
      if let last = ranges.last, last.upperBound == day - 1 {
        ranges[ranges.count - 1] = last.lowerBound...day
      } else {
        ranges.append(day...day)
      }
    }
    guard ranges.count > dayRangesMax, let first = days.first, let last = days.last else {
      return ranges
    }
    return [first...last]
  }

  // MARK: Rows

  private func compare(
    _ days: Set<Int64>, _ span: ClosedRange<Int64>, _ ranges: [ClosedRange<Int64>], _ hours: Hours,
    _ repairs: Bool, _ onDifference: @escaping (Difference) throws -> Void
  ) throws {
    let writer = BatchWriter(
      table.blockTypes, link: link, rowsPerTransaction: TableSync.rowsPerTransaction,
      shape: table.repair, check: { try self.position.check(in: $0) },
      onRefused: { throw $0.failure })
    let found = try FoundHours(layout, ranges, days, link.another())
    try hours(span) { hour in
      guard days.contains(hour.day), layout.misfit(hour) == nil else { return }
      while let key = found.key, key.precedes(hour) {
        outcome.onlyInTargetCount += 1
        try found.advance()
      }
      var isThere = false
      if let key = found.key, key.isOf(hour) {
        isThere = true
        if found.figures == layout.figures(of: hour) {
          try found.advance()
          return
        }
      }
      if isThere { outcome.differentCount += 1 } else { outcome.missingCount += 1 }
      try onDifference(difference(hour, isThere ? .different(found.text) : .missing))
      if repairs { try writer.add(table.values(of: hour)) }
      if isThere { try found.advance() }
    }
    while found.key != nil {
      outcome.onlyInTargetCount += 1
      try found.advance()
    }
    try writer.flush()
    outcome.repairedCount = writer.writtenCount
  }

  private func difference(_ hour: WindowResult, _ found: FoundRow) -> Difference {
    let names = HoursTable.figures.map(\.name)
    var texts = zip(names, hour.figuresMillionths).map { name, figure in
      var bytes: [UInt8] = []
      FigureText.appendShortMillionths(figure, to: &bytes)
      return "\(name) \(String(decoding: bytes, as: UTF8.self))"
    }
    if table == .byStation {
      texts.insert("\(HoursTable.count) \(hour.accumulator.count)", at: 0)
    }
    return Difference(
      table: table, station: String(decoding: hour.key, as: UTF8.self),
      hour: hour.startTime.description, stored: texts.joined(separator: ", "), found: found)
  }
}
