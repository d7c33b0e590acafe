// What a window keeps of its temperatures: enough for min, mean and max, and mergeable.

/// Count, sum, min and max of temperatures in tenths of a degree Celsius. Adding and merging are
/// associative and commutative, so order, threads and batches cannot change a figure.
@frozen
public struct Accumulator: Hashable, Sendable {
  public var count: Int64 = 0
  public var sumTenths: Int64 = 0
  public var minTenths = Int16.max
  public var maxTenths = Int16.min

  @inlinable public init() {}

  @inlinable
  public mutating func add(_ tenths: Int16) {
    count &+= 1
    sumTenths &+= Int64(tenths)
    minTenths = Swift.min(minTenths, tenths)
    maxTenths = Swift.max(maxTenths, tenths)
  }

  public mutating func merge(_ other: Accumulator) {
    count += other.count
    sumTenths += other.sumTenths
    minTenths = min(minTenths, other.minTenths)
    maxTenths = max(maxTenths, other.maxTenths)
  }

  /// The mean in millionths of a degree Celsius, rounded half to even. `count` must not be 0.
  public var meanMillionths: Int64 {
    precondition(count > 0, "an empty window has no mean")
    // A sum is below 2^63 / 10^5 for any count below 10^11 observations in one hour.
    return Self.divideHalfToEven(sumTenths * 100_000, by: count)
  }

  static func divideHalfToEven(_ dividend: Int64, by divisor: Int64) -> Int64 {
    var (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    if remainder < 0 {
      quotient -= 1
      remainder += divisor
    }
    let twice = remainder * 2
    return twice > divisor || (twice == divisor && quotient & 1 != 0) ? quotient + 1 : quotient
  }
}
