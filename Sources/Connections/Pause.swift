// Waiting that can be ended.

public enum Pause {
  /// Sleeps in short pieces.
  /// - Returns: false when it was asked to stop.
  public static func seconds(_ seconds: Double, shouldStop: () -> Bool = { false }) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if shouldStop() { return false }
      let left = (end - ContinuousClock.now) / .seconds(1)
      _ = Backoff.sleep(seconds: min(max(left, 0.001), 0.1))
    }
    return !shouldStop()
  }
}
