// What backfill has kept, station by station, merged over the contents that hold it.

import Aggregation
import LogStore

/// Reads the partial results of a store.
public enum BackfillResults {
  /// The rule under which they were made; nil when there are none.
  public static func rule(_ view: ReadTransaction) throws -> BackfillRule? {
    try BackfillStore.rule(view)
  }

  /// How many contents there are, and the rows that they hold.
  public static func counts(
    _ view: ReadTransaction
  ) throws -> (contentCount: Int, rows: RowCounts) {
    let contents = try BackfillStore.contents(view)
    var rows = RowCounts()
    for content in contents.values { rows.merge(content.counts) }
    return (contents.count, rows)
  }

  /// Walks the stations in ascending order of id, each merged over all contents.
  /// - Parameters:
  ///   - station: only this one; nil for all.
  ///   - body: told how many of the station's hours are in more than one content too.
  /// - Throws: `StoreError`, or what `body` throws.
  public static func forEachStation(
    _ station: [UInt8]? = nil, in view: ReadTransaction,
    _ body: (_ hours: StationHours, _ sharedHourCount: Int) throws -> Void
  ) throws {
    guard let rule = try BackfillStore.rule(view) else { return }
    let decompressor = ZstandardDecompressor()
    var current: StationHours?
    var sharedCount = 0
    try BackfillStore.forEachState(GroupName.backfill, key: station, in: view) { key, _, value in
      guard let bytes = CompressedPartial.open(value, decompressor),
        let partial = bytes.withUnsafeBytes({ Partial($0) }), partial.rule == rule,
        partial.stations.count == 1, case let hours = partial.stations[0],
        hours.station.elementsEqual(key)
      else {
        throw BackfillStore.damaged("of station \(String(decoding: key, as: UTF8.self))")
      }
      if current?.station == hours.station {
        let countBefore = (current?.hourCount ?? 0) + hours.hourCount
        current?.merge(hours)
        sharedCount += countBefore - (current?.hourCount ?? 0)
      } else {
        if let current { try body(current, sharedCount) }
        (current, sharedCount) = (hours, 0)
      }
    }
    if let current { try body(current, sharedCount) }
  }
}
