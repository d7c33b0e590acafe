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

  /// What a thread works on at a time: so many stations, but no more of them once their partials have so
  /// many bytes: a station-year has about 70 KB, and its text six times that.
  private static let stationsPerPiece = 8
  private static let bytesPerPiece = 1 << 20

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
    try inPieces(rule, view, from: (tables: empty, sharedHourCount: 0)) { hours, count, part in
      part.tables.add(hours)
      part.sharedHourCount += count
    } take: { part in
      tables.merge(part.tables)
      sharedHourCount += part.sharedHourCount
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
    try inPieces(rule, view, from: [] as [UInt8]) { hours, _, text in
      var tables = empty
      tables.add(hours) { write($0, &text) }
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

  /// Makes products of some stations each, one station at a time, and takes them in the order of stations.
  private func inPieces<Product: Sendable>(
    _ rule: BackfillRule, _ view: ReadTransaction, from empty: Product,
    add:
      @escaping @Sendable (
        _ hours: StationHours, _ sharedHourCount: Int, _ product: inout Product
      ) -> Void,
    take: (Product) throws -> Void
  ) throws {
    let pieces = OrderedWork<[StationParts], Product>(threadCount: threadCount) { stations in
      let decompressor = ZstandardDecompressor()
      var product = empty
      for station in stations {
        let merged = try station.merged(rule, decompressor)
        add(merged.hours, merged.sharedHourCount, &product)
      }
      return product
    }
    var waiting: [StationParts] = []
    var waitingByteCount = 0
    try StationParts.forEach(in: view) { parts in
      if shouldStop() { throw Stopped() }
      waiting.append(parts)
      waitingByteCount += parts.byteCount
      guard waiting.count >= Self.stationsPerPiece || waitingByteCount >= Self.bytesPerPiece else {
        return
      }
      try pieces.add(waiting, take)
      waiting.removeAll()
      waitingByteCount = 0
    }
    if !waiting.isEmpty { try pieces.add(waiting, take) }
    try pieces.finish(take)
  }
}
