// The results of the hourly aggregation, read from its window state.

import Aggregation
import LogStore
import Observations

/// One hour of one key, as it stands.
public struct HourResult: Hashable, Sendable {
  /// The station id; empty: all stations.
  public let key: [UInt8]
  /// Hours since 1970-01-01T00:00Z.
  public let hour: Int64
  public let accumulator: Accumulator
  /// How often it was emitted; 0: not yet.
  public let revision: Int64
  /// Whether the watermark has passed its end.
  public let isFinal: Bool

  /// `2022-06-24T08:00:00Z`.
  public var hourText: String { Timestamp(secondsSinceEpoch: hour * 3600).description }
  public var stationText: String { String(decoding: key, as: UTF8.self) }
}

/// Which hours are asked for.
public struct HourSelection: Sendable {
  public enum Keys: Sendable, Equatable {
    case allStationsTogether
    case everyStation
    case station(String)
  }

  public var keys: Keys
  /// The first hour, and the one after the last, since 1970; nil: unbounded.
  public var fromHour: Int64?
  public var untilHour: Int64?

  public init(_ keys: Keys = .allStationsTogether, fromHour: Int64? = nil, untilHour: Int64? = nil)
  {
    self.keys = keys
    self.fromHour = fromHour
    self.untilHour = untilHour
  }
}

/// Reads hours from a store.
public enum HourlyResults {
  /// Walks the selected hours that hold an accepted record, by station and hour.
  /// - Throws: `StoreError`, `DamagedWindowState`, or what `body` throws.
  public static func forEach(
    _ selection: HourSelection, in view: ReadTransaction, _ body: (HourResult) throws -> Void
  ) throws {
    let watermark = try watermarkSeconds(view)
    let from = selection.fromHour ?? Int64.min / 8
    let until = selection.untilHour ?? Int64.max / 8
    guard from < until else { return }
    let days = Timestamp.floorDivide(from, 24)...Timestamp.floorDivide(until - 1, 24)
    let key: [UInt8]? =
      switch selection.keys {
      case .allStationsTogether: []
      case .everyStation: nil
      case .station(let id): Array(id.utf8)
      }
    try view.forEachDayBlock(key: key, days: days) { key, day, block in
      if selection.keys == .everyStation, key.isEmpty { return }
      for hour in 0..<24 {
        let slot = block.slots[hour]
        let number = day * 24 + Int64(hour)
        guard slot.accumulator.count > 0, number >= from, number < until else { continue }
        try body(
          HourResult(
            key: key, hour: number, accumulator: slot.accumulator, revision: slot.revision,
            isFinal: (number + 1) * 3600 <= watermark))
      }
    }
  }

  /// The rule under which the hours were made, as its fingerprint; nil when none is settled: before
  /// the first run, and after a reset that left it open.
  public static func fingerprint(_ view: ReadTransaction) throws -> String? {
    guard let checkpoint = try HourlyGroup.checkpoint(view), HourlyGroup.hasRule(checkpoint) else {
      return nil
    }
    return checkpoint.fingerprint
  }

  private static func watermarkSeconds(_ view: ReadTransaction) throws -> Int64 {
    guard let checkpoint = try HourlyGroup.checkpoint(view),
      let rule = AggregationRule(fingerprint: checkpoint.fingerprint)
    else { return Int64.min }
    return try HourlyGroup.progress(of: checkpoint).watermarkSeconds(rule) ?? Int64.min
  }
}
