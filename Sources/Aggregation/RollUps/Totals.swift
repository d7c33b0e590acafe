// What a group of a table adds up.

/// What a mean is over.
public enum Weight: String, Hashable, Sendable, CaseIterable {
  /// Reports.
  case reports
  /// Station-hours: each station counts once an hour, with the mean of its hour.
  case stations
}

/// Count, sums, min and max of some hours. Sums are in tenths of a degree Celsius, by stations in
/// millionths. Adding and merging are associative and commutative.
struct Totals: Hashable, Sendable {
  var count: Int64 = 0
  var sum: Int64 = 0
  var minTenths = Int16.max
  var maxTenths = Int16.min
  var dewCount: Int64 = 0
  var dewSum: Int64 = 0

  init() {}

  /// An hour of a station. It has a report that counts.
  @inline(__always)
  init(_ hour: ReportSlot, _ weight: Weight) {
    minTenths = hour.minTenths
    maxTenths = hour.maxTenths
    switch weight {
    case .reports:
      count = hour.count
      sum = hour.sumTenths
      dewCount = hour.dewCount
      dewSum = hour.dewSumTenths
    case .stations:
      count = 1
      sum = Self.millionths(hour.sumTenths, hour.count)
      dewCount = hour.dewCount > 0 ? 1 : 0
      dewSum = hour.dewCount > 0 ? Self.millionths(hour.dewSumTenths, hour.dewCount) : 0
    }
  }

  @inline(__always)
  mutating func merge(_ other: Totals) {
    count &+= other.count
    sum &+= other.sum
    minTenths = min(minTenths, other.minTenths)
    maxTenths = max(maxTenths, other.maxTenths)
    dewCount &+= other.dewCount
    dewSum &+= other.dewSum
  }

  func merged(_ other: Totals) -> Totals {
    var totals = self
    totals.merge(other)
    return totals
  }

  /// Millionths of a degree, rounded half to even. `count` is not 0.
  func mean(_ weight: Weight) -> Int64 { Self.mean(sum, count, weight) }

  /// nil when no report that counts has a dew point.
  func meanDew(_ weight: Weight) -> Int64? {
    dewCount > 0 ? Self.mean(dewSum, dewCount, weight) : nil
  }

  private static func mean(_ sum: Int64, _ count: Int64, _ weight: Weight) -> Int64 {
    switch weight {
    case .reports: millionths(sum, count)
    case .stations: Accumulator.divideHalfToEven(sum, by: count)
    }
  }

  /// A sum below 2^63 / 10^5 is that of any count below 10^11.
  @inline(__always)
  private static func millionths(_ sumTenths: Int64, _ count: Int64) -> Int64 {
    count == 1
      ? sumTenths &* 100_000 : Accumulator.divideHalfToEven(sumTenths &* 100_000, by: count)
  }
}
