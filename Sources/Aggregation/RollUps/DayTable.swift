// Totals of days, and of their hours, over all stations.

import Observations

/// Days in the order they came, found by their number: years of hours cost their own memory alone.
struct DayTable: Sendable {
  static let hourCount = 24

  private let holdsHours: Bool
  private var indexes: [Int64: Int] = [:]
  private var numbers: [Int64] = []
  /// By index.
  private var days: [Totals] = []
  /// 24 for each day, if they are wanted.
  private var hours: [Totals] = []
  /// The day that was asked for last.
  private var lastFirstHour = Int64.min / 2
  private var lastIndex = 0

  init(holdsHours: Bool) { self.holdsHours = holdsHours }

  @inline(__always)
  mutating func add(_ totals: Totals, hour: Int64) {
    if UInt64(bitPattern: hour &- lastFirstHour) >= UInt64(Self.hourCount) { find(hour) }
    days[lastIndex].merge(totals)
    if holdsHours {
      hours[lastIndex &* Self.hourCount &+ Int(hour &- lastFirstHour)].merge(totals)
    }
  }

  private mutating func find(_ hour: Int64) {
    let number = Timestamp.floorDivide(hour, Int64(Self.hourCount))
    lastFirstHour = number * Int64(Self.hourCount)
    if let index = indexes[number] {
      lastIndex = index
      return
    }
    lastIndex = days.count
    indexes[number] = lastIndex
    numbers.append(number)
    days.append(Totals())
    if holdsHours { hours += repeatElement(Totals(), count: Self.hourCount) }
  }

  mutating func merge(_ other: DayTable) {
    precondition(holdsHours == other.holdsHours, "tables of one kind")
    for (index, number) in other.numbers.enumerated() {
      find(number * Int64(Self.hourCount))
      days[lastIndex].merge(other.days[index])
      guard holdsHours else { continue }
      for hour in 0..<Self.hourCount {
        hours[lastIndex * Self.hourCount + hour].merge(other.hours[index * Self.hourCount + hour])
      }
    }
  }

  /// The days that have a report, ascending.
  func forEachDay(_ body: (Int64, Totals) throws -> Void) rethrows {
    for index in order { try body(numbers[index], days[index]) }
  }

  /// The hours that have a report, ascending.
  func forEachHour(_ body: (Int64, Totals) throws -> Void) rethrows {
    precondition(holdsHours, "hours were not asked for")
    for index in order {
      for hour in 0..<Self.hourCount {
        let totals = hours[index * Self.hourCount + hour]
        guard totals.count > 0 else { continue }
        try body(numbers[index] * Int64(Self.hourCount) + Int64(hour), totals)
      }
    }
  }

  private var order: [Int] { numbers.indices.sorted { numbers[$0] < numbers[$1] } }
}
