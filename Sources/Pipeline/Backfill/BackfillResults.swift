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
    try StationParts.forEach(station, in: view) { parts in
      let merged = try parts.merged(rule, decompressor)
      try body(merged.hours, merged.sharedHourCount)
    }
  }
}
