// Hours since 1970-01-01T00:00Z.

import Observations

enum HourNumber {
  /// The hour that holds a moment, in seconds since 1970 UTC.
  static func containing(seconds: Int64) -> Int64 { Timestamp.floorDivide(seconds, 3600) }
}
