// The walk over the window state of the hourly aggregation, decoded.

import Aggregation
import LogStore

extension ReadTransaction {
  /// Walks the day blocks of the hourly aggregation, by key and day.
  /// - Parameters:
  ///   - key: only this key (empty: all stations together); nil for all.
  ///   - days: only days within, since 1970.
  /// - Throws: `StoreError`, `DamagedWindowState`, or what `body` throws.
  func forEachDayBlock(
    key: [UInt8]? = nil, days: ClosedRange<Int64> = Int64.min...Int64.max,
    _ body: (_ key: [UInt8], _ day: Int64, _ block: DayBlock) throws -> Void
  ) throws {
    try forEachState(group: GroupName.hourly, key: key, blocks: days) { key, day, value in
      let key = Array(key)
      guard let block = DayBlock(value) else { throw DamagedWindowState(key: key, day: day) }
      try body(key, day, block)
    }
  }
}
