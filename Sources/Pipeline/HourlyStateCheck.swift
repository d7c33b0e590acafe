// Whether the aggregation's part of a store decodes: what `LogStore`, which knows no hours, cannot see.

import Aggregation
import LogStore

public enum HourlyStateCheck {
  /// One sentence for each day block or checkpoint that does not decode. After a wrong checksum the
  /// blocks that follow are not looked at.
  public static func faults(in view: ReadTransaction) throws -> [String] {
    var faults: [String] = []
    do {
      try view.forEachState(group: GroupName.hourly) { key, day, value in
        if DayBlock(value) == nil {
          faults.append(DamagedWindowState(key: Array(key), day: day).description)
        }
      }
    } catch let error as StoreError where error.code == .damaged { faults.append(error.message) }
    if let checkpoint = try HourlyGroup.checkpoint(view) {
      do {
        _ = try HourlyGroup.progress(of: checkpoint)
      } catch let error as StoreError { faults.append(error.message) }
    }
    return faults
  }
}
