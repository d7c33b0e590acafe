// The partial: what a backfill keeps of one content. Tables are merges of partials.

import Observations

/// How many rows of some files counted, and why others did not.
public struct RowCounts: Hashable, Sendable {
  public internal(set) var accepted: Int64 = 0
  /// Rows that could not be read, and those that the rule refused. No count is 0.
  public internal(set) var refused: [RejectionReason: Int64] = [:]

  public init() {}

  /// - Parameter refused: counts of 0 are left out.
  public init(accepted: Int64, refused: [RejectionReason: Int64]) {
    self.accepted = accepted
    self.refused = refused.filter { $0.value != 0 }
  }

  /// All rows.
  public var rowCount: Int64 { accepted + refused.values.reduce(0, +) }

  public mutating func merge(_ other: RowCounts) {
    accepted &+= other.accepted
    for (reason, count) in other.refused { refused[reason, default: 0] &+= count }
  }
}

/// The fold of some rows under one rule. Equal for the same rows, whatever their order and however they
/// were split over parts that have been merged.
public struct Partial: Hashable, Sendable {
  public let rule: BackfillRule
  public internal(set) var counts = RowCounts()
  /// Those with an accepted report, ascending by the bytes of their ids.
  public internal(set) var stations: [StationHours] = []

  /// The fold of no rows.
  public init(rule: BackfillRule) { self.rule = rule }

  /// A partial for each station, without the counts.
  public var byStation: [Partial] {
    stations.map { station in
      var partial = Partial(rule: rule)
      partial.stations = [station]
      return partial
    }
  }

  /// Takes in another partial, which must be of the same rule.
  public mutating func merge(_ other: Partial) {
    precondition(rule == other.rule, "partials of one rule are merged")
    counts.merge(other.counts)
    var merged: [StationHours] = []
    merged.reserveCapacity(stations.count + other.stations.count)
    var (left, right) = (0, 0)
    while left < stations.count || right < other.stations.count {
      if right == other.stations.count {
        merged.append(stations[left])
        left += 1
      } else if left == stations.count {
        merged.append(other.stations[right])
        right += 1
      } else if stations[left].station == other.stations[right].station {
        var station = stations[left]
        station.merge(other.stations[right])
        merged.append(station)
        left += 1
        right += 1
      } else if stations[left].station.lexicographicallyPrecedes(other.stations[right].station) {
        merged.append(stations[left])
        left += 1
      } else {
        merged.append(other.stations[right])
        right += 1
      }
    }
    stations = merged
  }
}
