// The one place where the store learns the time, so that tests can set it.

import Glibc

/// A source of wall-clock time. The store reads it once per write transaction that appends.
public struct WallClock: Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public let nowMilliseconds: @Sendable () -> Int64

  public init(nowMilliseconds: @escaping @Sendable () -> Int64) {
    self.nowMilliseconds = nowMilliseconds
  }

  /// The machine's real-time clock.
  public static let system = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// A clock that stands still.
  public static func fixed(milliseconds: Int64) -> WallClock {
    WallClock { milliseconds }
  }
}
