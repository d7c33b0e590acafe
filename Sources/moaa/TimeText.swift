// Moments with milliseconds, for people.

import Observations

enum TimeText {
  /// `2026-11-24T08:00:00.123Z`, of milliseconds since 1970 UTC.
  static func milliseconds(_ value: Int64) -> String {
    let seconds = Timestamp.floorDivide(value, 1000)
    let rest = String(value - seconds * 1000)
    let text = Timestamp(secondsSinceEpoch: seconds).description.dropLast()
    return "\(text).\(String(repeating: "0", count: 3 - rest.count))\(rest)Z"
  }
}
