// Weather's memory: chance that changes slowly.
//
// Numbers stand at fixed moments, one a period, and between two of them the noise runs straight. So,
// unlike a recurrence, the noise of any moment is known without that of the moments before, and a
// day is the same whichever day the sample begins with.

/// Noise over time, with mean 0.
struct SmoothNoise: Sendable {
  private let seed: UInt64
  private let periodSeconds: Int
  private let deviation: Int

  /// - Parameters:
  ///   - periodSeconds: how long it takes to forget.
  ///   - deviation: the standard deviation at the fixed moments. No value is farther from 0 than
  ///     3.47 times this.
  init(seed: UInt64, periodSeconds: Int, deviation: Int) {
    self.seed = seed
    self.periodSeconds = periodSeconds
    self.deviation = deviation
  }

  @inline(__always)
  func value(at second: Int) -> Int {
    let cell = floorDivide(second, periodSeconds)
    let past = second &- cell &* periodSeconds
    let left = Self.bell(SplitMix64.number(seed: seed, at: cell))
    let right = Self.bell(SplitMix64.number(seed: seed, at: cell &+ 1))
    let mixed = left &+ (right &- left) &* past / periodSeconds
    return mixed &* deviation / Self.bellDeviation
  }

  /// The sum of four even chances, about bell-shaped: from −131,070 to +131,070.
  @inline(__always)
  private static func bell(_ bits: UInt64) -> Int {
    Int(bits & 0xFFFF) + Int(bits >> 16 & 0xFFFF) + Int(bits >> 32 & 0xFFFF) + Int(bits >> 48)
      - 131_070
  }

  /// 65,536 / √3.
  private static let bellDeviation = 37_837
}
