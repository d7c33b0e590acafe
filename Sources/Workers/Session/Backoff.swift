// How long to wait before another session.

import Glibc

/// Waits that double from attempt to attempt up to a limit, each between half of that and all of it:
/// members that a broker lost together do not come back together.
struct Backoff {
  private var failureCount = 0
  private static let firstSeconds = 0.1
  private static let longestSeconds = 10.0

  /// After a success the next wait is a short one again.
  mutating func reset() { failureCount = 0 }

  /// Sleeps; a signal ends it early.
  mutating func wait() {
    let doubled = Self.firstSeconds * Double(UInt64(1) << UInt64(min(failureCount, 20)))
    failureCount += 1
    let seconds = min(doubled, Self.longestSeconds) * Double.random(in: 0.5...1)
    var time = timespec(
      tv_sec: Int(seconds), tv_nsec: Int((seconds - Double(Int(seconds))) * 1e9))
    nanosleep(&time, nil)
  }
}
