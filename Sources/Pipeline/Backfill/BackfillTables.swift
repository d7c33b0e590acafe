// Tables of all that was backfilled, made by several threads.

import Aggregation
import LogStore

/// How tables are made. None but `weight` and `seasons` changes a figure.
public struct BackfillTables: Sendable {
  public var weight: Weight
  public var seasons: SeasonRule
  public var threadCount: Int
  /// Asked between stations; true ends the walk with `Stopped`.
  public var shouldStop: @Sendable () -> Bool

  /// It was asked to stop.
  public struct Stopped: Error {}

  /// Stations that a thread works on at a time.
  private static let stationsPerPiece = 8

  public init(
    weight: Weight = .reports, seasons: SeasonRule = .meteorological,
    threadCount: Int = BackfillOptions.coreCount,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.weight = weight
    self.seasons = seasons
    self.threadCount = threadCount
    self.shouldStop = shouldStop
  }

  /// Tables of any sets but `station-hour`.
  /// - Returns: the tables, and how many hours of a station come from more than one content; nil when
  ///   nothing was backfilled.
  public func make(
    _ sets: Set<ResultSet>, in view: ReadTransaction
  ) throws -> (tables: RollUps, sharedHourCount: Int)? {
    guard let rule = try BackfillStore.rule(view) else { return nil }
    let empty = RollUps(sets: sets, rule: rule, weight: weight, seasons: seasons)
    var tables = empty
    var sharedHourCount = 0
    try inPieces(rule, view) { stations in
      var part = empty
      for (hours, _) in stations { part.add(hours) }
      return (part, stations.reduce(0) { $0 + $1.sharedHourCount })
    } take: { part, sharedCount in
      tables.merge(part)
      sharedHourCount += sharedCount
    }
    return (tables, sharedHourCount)
  }

  /// The rows of `station-hour`, in order, as text.
  /// - Parameters:
  ///   - write: appends a row's text; called by several threads.
  ///   - take: given the text of many rows at a time.
  public func makeStationHours(
    in view: ReadTransaction, write: @escaping @Sendable (RollUps.Row, inout [UInt8]) -> Void,
    take: ([UInt8]) throws -> Void
  ) throws {
    guard let rule = try BackfillStore.rule(view) else { return }
    let empty = RollUps(sets: [.stationHour], rule: rule, weight: weight, seasons: seasons)
    try inPieces(rule, view) { stations in
      var tables = empty
      var text: [UInt8] = []
      for (hours, _) in stations { tables.add(hours) { write($0, &text) } }
      return text
    } take: {
      try take($0)
    }
  }

  /// The rows of `station-hour`, in order.
  public func forEachStationHour(
    in view: ReadTransaction, _ body: (RollUps.Row) throws -> Void
  ) throws {
    guard let rule = try BackfillStore.rule(view) else { return }
    var tables = RollUps(sets: [.stationHour], rule: rule, weight: weight, seasons: seasons)
    try BackfillResults.forEachStation(in: view) { hours, _ in
      if shouldStop() { throw Stopped() }
      try tables.add(hours, onStationHour: body)
    }
  }

  private func inPieces<Product: Sendable>(
    _ rule: BackfillRule, _ view: ReadTransaction,
    _ work: @escaping @Sendable ([(hours: StationHours, sharedHourCount: Int)]) -> Product,
    take: (Product) throws -> Void
  ) throws {
    let pieces = OrderedWork<[StationParts], Product>(threadCount: threadCount) { parts in
      let decompressor = ZstandardDecompressor()
      return work(try parts.map { try $0.merged(rule, decompressor) })
    }
    var waiting: [StationParts] = []
    try StationParts.forEach(in: view) { parts in
      if shouldStop() { throw Stopped() }
      waiting.append(parts)
      guard waiting.count >= Self.stationsPerPiece else { return }
      try pieces.add(waiting, take)
      waiting.removeAll()
    }
    if !waiting.isEmpty { try pieces.add(waiting, take) }
    try pieces.finish(take)
  }
}
