// Sine and cosine in integers, so that no library's last digit gets into the sample.

/// Angles are in 65,536ths of a turn, results in 16,384ths.
enum Wave {
  static let turn = 65_536
  static let one = 16_384

  /// Off by less than 0.0017 from the sine.
  /// Source: Bhaskara I, Mahabhaskariya (7th century): with y = x (half − x),
  /// sin x ≈ 16 y / (5 half² − 4 y).
  @inline(__always)
  static func sine(_ angle: Int) -> Int {
    let half = turn / 2
    let inHalf = angle & (half - 1)
    let product = inHalf &* (half - inHalf)
    let size = 16 &* product &* one / (5 * half * half &- 4 &* product)
    return angle & half == 0 ? size : -size
  }

  @inline(__always)
  static func cosine(_ angle: Int) -> Int { sine(angle &+ turn / 4) }
}

/// The quotient rounded down: times before 1970 are negative.
@inline(__always)
func floorDivide(_ value: Int, _ divisor: Int) -> Int {
  value >= 0 ? value / divisor : (value + 1) / divisor - 1
}
