// Whether the aggregation's part of a store decodes: what `LogStore`, which knows no hours, cannot see.

import Aggregation
import LogStore

public enum HourlyStateCheck {
  /// One sentence for each day block or checkpoint that does not decode. A block that decodes to other
  /// figures is found by `Replay`.
  public static func faults(in view: ReadTransaction) throws -> [String] {
    var faults: [String] = []
    try view.forEachState(group: GroupName.hourly) { key, day, value in
      if DayBlock(value) == nil {
        faults.append(DamagedWindowState(key: Array(key), day: day).description)
      }
    }
    if let checkpoint = try view.checkpoint(group: GroupName.hourly, topic: TopicName.raw) {
      do {
        _ = try AggregationJob.progress(of: checkpoint)
      } catch let error as StoreError { faults.append(error.message) }
    }
    return faults
  }
}
