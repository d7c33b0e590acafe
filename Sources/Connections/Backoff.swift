// How long to wait before another attempt.

import Glibc

/// Waits that double from attempt to attempt, up to a limit, each between half of that and all of
/// it: clients that a server lost together do not come back together.
/// Source: Marc Brooker, "Exponential Backoff And Jitter" (the equal kind).
public struct Backoff {
  public let firstSeconds: Double
  public let longestSeconds: Double
  /// Attempts that have failed since the last success.
  public private(set) var failureCount = 0
  /// A number from 0 up to 1.
  private let random: () -> Double
  /// Waits so many seconds; false when the waiting was interrupted and there shall be no attempt.
  private let sleep: (Double) -> Bool

  public init(
    firstSeconds: Double = 0.1, longestSeconds: Double = 30,
    random: @escaping () -> Double = { Double.random(in: 0..<1) },
    sleep: @escaping (Double) -> Bool = Backoff.sleep
  ) {
    precondition(firstSeconds > 0 && longestSeconds >= firstSeconds)
    self.firstSeconds = firstSeconds
    self.longestSeconds = longestSeconds
    self.random = random
    self.sleep = sleep
  }

  /// Waits after a failed attempt.
  /// - Returns: whether to try again.
  public mutating func wait() -> Bool { sleep(nextSeconds()) }

  /// To be called after a success: the next wait is a short one again.
  public mutating func reset() { failureCount = 0 }

  /// How long the next wait is.
  public mutating func nextSeconds() -> Double {
    // Beyond 2^60 nothing doubles any more, and long before that the limit holds.
    let doubled = firstSeconds * Double(UInt64(1) << UInt64(min(failureCount, 60)))
    failureCount += 1
    return min(doubled, longestSeconds) * (0.5 + 0.5 * random())
  }

  /// Sleeps; false when a signal came.
  public static func sleep(seconds: Double) -> Bool {
    var time = timespec()
    time.tv_sec = Int(seconds)
    time.tv_nsec = Int((seconds - Double(Int(seconds))) * 1e9)
    return nanosleep(&time, nil) == 0
  }
}
