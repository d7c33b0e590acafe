// The source of all chance in the sample: seeded, and the same on every machine.
//
// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.

/// A generator whose n-th number can also be had alone, from the seed and n.
struct SplitMix64 {
  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= Self.step
    return Self.mix(state)
  }

  /// A number in the range, both ends included. The bias is below 1 in 2^32, which no one sees in a
  /// sample.
  mutating func next(in range: ClosedRange<Int>) -> Int {
    let width = UInt64(range.upperBound - range.lowerBound + 1)
    return range.lowerBound + Int(((next() >> 32) &* width) >> 32)
  }

  /// The number at an index of a seed's sequence; negative indexes have theirs too.
  @inline(__always)
  static func number(seed: UInt64, at index: Int) -> UInt64 {
    mix(seed &+ UInt64(bitPattern: Int64(index)) &* step)
  }

  @inline(__always)
  private static func mix(_ state: UInt64) -> UInt64 {
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
