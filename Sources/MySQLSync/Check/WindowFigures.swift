// What is compared of an hour.

import Aggregation
import Observations

extension WindowResult {
  /// Mean, min and max in millionths of a degree.
  var figuresMillionths: [Int64] {
    [
      accumulator.meanMillionths, Int64(accumulator.minTenths) * 100_000,
      Int64(accumulator.maxTenths) * 100_000,
    ]
  }

  var startTime: Timestamp { Timestamp(secondsSinceEpoch: hour * 3600) }
  var day: Int64 { Timestamp.floorDivide(hour, 24) }
}

/// Count and checksum of a day's hours, in any order.
struct DaySum: Hashable, Sendable {
  var count: Int64 = 0
  /// The sum of the `RowHash` of each hour's text, modulo 2^63.
  var checksum: Int64 = 0
}
