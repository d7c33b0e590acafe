// The hours of a backfill in the form of those of the aggregation.

import Aggregation
import LogStore

public enum BackfillHours {
  /// Walks the selected hours that have a report which counts, by station and hour. All of them are final,
  /// in their first revision: a backfill knows no order of arrival.
  public static func forEach(
    _ selection: HourSelection, in view: ReadTransaction, _ body: (HourResult) throws -> Void
  ) throws {
    let from = selection.fromHour ?? .min
    let until = selection.untilHour ?? .max
    func hand(_ key: [UInt8], _ hour: Int64, _ figures: Accumulator) throws {
      try body(
        HourResult(key: key, hour: hour, accumulator: figures, revision: 1, isFinal: true))
    }
    var all: [Int64: Accumulator] = [:]
    var station: [UInt8]?
    if case .station(let id) = selection.keys { station = Array(id.utf8) }
    try BackfillResults.forEachStation(station, in: view) { hours, _ in
      try hours.forEachCountedHour { hour, figures in
        guard hour >= from, hour < until else { return }
        if selection.keys == .allStationsTogether {
          all[hour, default: Accumulator()].merge(figures)
        } else {
          try hand(hours.station, hour, figures)
        }
      }
    }
    for (hour, figures) in all.sorted(by: { $0.key < $1.key }) { try hand([], hour, figures) }
  }
}

/// Where hours come from.
public enum HourSource: String, Sendable, CaseIterable {
  /// `moaa aggregate`, over the raw topic.
  case aggregate
  /// `moaa backfill`, over files.
  case backfill
  /// Emissions that somebody else has made, in the aggregate topics.
  case topics

  /// The one that a store has; the aggregation where it has more, emissions where it has nothing else.
  /// nil where it has none.
  public static func only(in view: ReadTransaction) throws -> (source: HourSource, hasBoth: Bool)? {
    let hasAggregate = try aggregate.exists(in: view)
    let hasBackfill = try backfill.exists(in: view)
    guard hasAggregate || hasBackfill else {
      return try topics.exists(in: view) ? (.topics, false) : nil
    }
    return (hasAggregate ? .aggregate : .backfill, hasAggregate && hasBackfill)
  }

  /// Whether a store has been worked on in this way.
  public func exists(in view: ReadTransaction) throws -> Bool {
    switch self {
    case .aggregate: try HourlyResults.fingerprint(view) != nil
    case .backfill: try BackfillResults.rule(view) != nil
    case .topics: try EmittedHours.exist(in: view)
    }
  }

  /// Walks the selected hours that have a report which counts, by station and hour.
  /// - Returns: records of a topic that were passed over because they have no value.
  public func forEach(
    _ selection: HourSelection, in view: ReadTransaction, _ body: (HourResult) throws -> Void
  ) throws -> Int64 {
    switch self {
    case .aggregate: try HourlyResults.forEach(selection, in: view, body)
    case .backfill: try BackfillHours.forEach(selection, in: view, body)
    case .topics: return try EmittedHours.forEach(selection, in: view, body)
    }
    return 0
  }
}
