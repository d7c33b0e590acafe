// When an observation is due: event time → a monotonic clock.

/// How fast event time goes in a feed.
public enum Pace: Hashable, Sendable {
  /// As fast as they are taken.
  case max
  /// So many seconds of event time a second.
  case speed(Double)
  /// A step of event time at once, then a pause: what the replaced system's simulator did.
  case steps(stepSeconds: Int64, everySeconds: Double)
}

/// Keeps the time of one feed. All times are seconds of a monotonic clock.
public struct Pacer {
  private let pace: Pace
  /// Event time of the first observation, in seconds since 1970 UTC, and when it was due.
  private var begin: (eventSeconds: Int64, time: Double)?
  private var pausedAt: Double?
  private var seenTime: Double?

  /// Who was not seen for longer was stopped (Ctrl-Z, a machine that slept): its time stood still.
  static let unseenSecondsMax = 2.0

  public init(_ pace: Pace) { self.pace = pace }

  public var isPaused: Bool { pausedAt != nil }

  /// To be called at least once a second, so that a stop of the process is noticed.
  public mutating func see(_ now: Double) {
    if let seenTime, now - seenTime > Self.unseenSecondsMax, pausedAt == nil {
      shift(by: now - seenTime)
    }
    seenTime = now
  }

  /// `see`, and a pause or its end, whichever is asked for.
  public mutating func hold(_ isHeld: Bool, _ now: Double) {
    see(now)
    if isHeld { pause(now) } else { resume(now) }
  }

  public mutating func pause(_ now: Double) {
    if pausedAt == nil { pausedAt = now }
  }

  public mutating func resume(_ now: Double) {
    guard let pausedAt else { return }
    self.pausedAt = nil
    shift(by: now - pausedAt)
  }

  private mutating func shift(by seconds: Double) { begin?.time += seconds }

  /// When an observation is due. The first one that is asked for is due at once, and begins the time.
  public mutating func dueTime(eventSeconds: Int64, now: Double) -> Double {
    guard let begin else {
      // Steps begin where a step begins, so that they are the same whatever comes first.
      var first = eventSeconds
      if case .steps(let step, _) = pace { first = floorDivide(eventSeconds, step) * step }
      begin = (first, now)
      return now
    }
    let passed = eventSeconds - begin.eventSeconds
    switch pace {
    case .max: return begin.time
    case .speed(let speed): return begin.time + Double(passed) / speed
    case .steps(let step, let every): return begin.time + Double(floorDivide(passed, step)) * every
    }
  }

  private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
  }
}
