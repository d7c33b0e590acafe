// The hours of a target's days, one after the other.

import Aggregation
import Observations

/// A walk over rows of a table of hours, in ascending order of station and hour.
final class FoundHours {
  struct Key {
    let station: [UInt8]
    let time: MySQLDateTime

    /// In seconds; a moment that no calendar has comes first, as the server sorts it.
    private var seconds: Int64 { time.timestamp?.secondsSinceEpoch ?? Int64.min }

    func precedes(_ hour: WindowResult) -> Bool {
      station == hour.key
        ? seconds < hour.hour * 3600 : station.lexicographicallyPrecedes(hour.key)
    }

    func isOf(_ hour: WindowResult) -> Bool {
      station == hour.key && seconds == hour.hour * 3600 && time.microsecond == 0
    }
  }

  private let layout: HoursLayout
  private let days: Set<Int64>
  private let rows: ResumingRows
  private var row: [MySQLValue] = []
  /// nil after the last.
  private(set) var key: Key?

  init(
    _ layout: HoursLayout, _ ranges: [ClosedRange<Int64>], _ days: Set<Int64>,
    _ link: TargetLink
  ) throws {
    self.layout = layout
    self.days = days
    // The day after the last may be one that no column takes.
    let bounds = ranges.flatMap { range in
      [
        MySQLValue.datetime(.start(ofDay: range.lowerBound)),
        .datetime(.end(ofDay: range.upperBound)),
      ]
    }
    let table = layout.table
    rows = ResumingRows(
      link, isBehind: { Self.isBehind($0, $1, table) }
    ) { connection throws(MySQLFailure) in
      try connection.prepare(layout.rowsSQL(rangeCount: ranges.count)).rows(bounds)
    }
    try advance()
  }

  /// Goes to the next row of the days that are asked for.
  func advance() throws {
    key = nil
    while let next = try rows.next() {
      guard let (station, time) = Self.key(of: next, layout.table) else { continue }
      if let day = time.timestamp?.dayIndex, !days.contains(day) { continue }
      row = next
      key = Key(station: station, time: time)
      return
    }
  }

  private static func key(
    of row: [MySQLValue], _ table: HoursTable
  ) -> (station: [UInt8], time: MySQLDateTime)? {
    let isByStation = table == .byStation
    return row[isByStation ? 1 : 0].datetime.map {
      (isByStation ? Array(row[0].catalogueText.utf8) : [], $0)
    }
  }

  /// In the order of the query. A row without a time is none that is compared.
  private static func isBehind(
    _ row: [MySQLValue], _ last: [MySQLValue], _ table: HoursTable
  ) -> Bool {
    guard let (station, time) = key(of: row, table),
      let (lastStation, lastTime) = key(of: last, table)
    else { return false }
    return station == lastStation
      ? time.ordinal > lastTime.ordinal : lastStation.lexicographicallyPrecedes(station)
  }

  private var keyCount: Int { layout.table.keys.count }

  /// As `HoursLayout.figures(of:)`; nil where there is none.
  var figures: [Int64?] {
    row[keyCount..<row.count - HoursTable.figures.count].map(\.integer)
  }

  /// The figures as they are, for people.
  var text: String {
    let names = HoursTable.figures.map(\.name)
    var texts = zip(names, zip(layout.types, row.suffix(names.count))).map { name, cell in
      // Each as short as it can be told from all others of its own type.
      if case (.float, .double(let value)) = cell { return "\(name) \(Float(value))" }
      return "\(name) \(cell.1.displayText)"
    }
    if layout.table == .byStation {
      texts.insert("\(HoursTable.count) \(row[keyCount].displayText)", at: 0)
    }
    return texts.joined(separator: ", ")
  }
}

extension MySQLDateTime {
  fileprivate static func start(ofDay day: Int64) -> MySQLDateTime {
    MySQLDateTime(Timestamp(secondsSinceEpoch: day * 86_400))
  }

  fileprivate static func end(ofDay day: Int64) -> MySQLDateTime {
    let start = start(ofDay: day)
    return MySQLDateTime(
      year: start.year, month: start.month, day: start.day, hour: 23, minute: 59, second: 59,
      microsecond: 999_999)
  }
}
