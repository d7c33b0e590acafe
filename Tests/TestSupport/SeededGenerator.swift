// Random tests that can be run again: a seed, printed with every failure.

import Glibc

/// SplitMix64. Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators".
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Whether an event of one in so many happens.
  public mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

  /// The seeds of a random test: `MOAA_TEST_SEED` alone where it is set, else 1 to `count`.
  public static func seeds(_ count: UInt64) -> [UInt64] {
    if let text = getenv("MOAA_TEST_SEED"), let seed = UInt64(String(cString: text)) {
      return [seed]
    }
    return Array(1...count)
  }
}
