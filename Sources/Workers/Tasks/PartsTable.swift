// The parts of the hours of one parts partition: in the local store, with the recent ones in memory.

import Aggregation
import LogStore

/// What a merge knows. Changes stay in memory until `save`.
final class PartsTable {
  private let store: LogStore
  private let group: String
  private var hours: [Int64: HourParts] = [:]
  private var changedHours: Set<Int64> = []
  private var watermarks: [Int32: PartWatermark] = [:]
  private var changedWatermarks: Set<Int32> = []

  /// Hours kept in memory between saves. Tests make it small.
  var hoursMax = 16_384

  private static let hourKey = Array("hour".utf8)
  private static let watermarkKey = Array("watermark".utf8)

  /// - Parameter group: of the keyed state that holds the table.
  init(store: LogStore, group: String) throws {
    self.store = store
    self.group = group
    try store.read { view in
      try view.forEachState(group: group, key: Self.watermarkKey) { _, source, value in
        guard let watermark = PartWatermark(value) else { throw Self.damaged(group) }
        watermarks[Int32(truncatingIfNeeded: source)] = watermark
      }
    }
  }

  /// The copy alone is concerned: it can be made again from the topics.
  private static func damaged(_ group: String) -> StoreError {
    StoreError(
      .damaged, "the local copy \(group) does not decode",
      remedy: "Remove the store: a worker makes its copy again from the topics")
  }

  /// - Returns: whether the part is newer than the one that was there.
  func take(_ part: WindowResult, from source: Int32) throws -> Bool {
    var parts = try self.parts(ofHour: part.hour)
    guard parts.take(part, from: source) else { return false }
    hours[part.hour] = parts
    changedHours.insert(part.hour)
    return true
  }

  func take(_ watermark: PartWatermark, from source: Int32) {
    guard watermarks[source] != watermark else { return }
    watermarks[source] = watermark
    changedWatermarks.insert(source)
  }

  func watermark(of source: Int32) -> PartWatermark? { watermarks[source] }

  func parts(ofHour hour: Int64) throws -> HourParts {
    if let parts = hours[hour] { return parts }
    let bytes = try store.read { try $0.state(group: group, key: Self.hourKey, block: hour) }
    guard let parts = bytes.map({ $0.withUnsafeBytes { HourParts($0) } }) ?? HourParts() else {
      throw Self.damaged(group)
    }
    hours[hour] = parts
    return parts
  }

  /// The hours within that have a part, ascending.
  func hours(in range: ClosedRange<Int64>) throws -> [Int64] {
    var found = changedHours.filter { range.contains($0) }
    try store.read { view in
      try view.forEachState(group: group, key: Self.hourKey, blocks: range) { _, hour, _ in
        found.insert(hour)
      }
    }
    return found.sorted()
  }

  /// Hours before this one are complete in every partition that holds records; nil until each of
  /// `partitionCount` partitions has said where it is, or while all are empty.
  func completeBefore(partitionCount: Int32) -> Int64? {
    guard watermarks.count == Int(partitionCount) else { return nil }
    return watermarks.values.compactMap { watermark -> Int64? in
      if case .hour(let hour) = watermark { hour } else { nil }
    }.min()
  }

  /// Hours whose change is in memory only.
  var changedCount: Int { changedHours.count }

  /// Puts the changes into a transaction; `noteSaved` follows when it is durable.
  func save(in transaction: WriteTransaction) throws {
    for hour in changedHours.sorted() {
      guard let parts = hours[hour] else { continue }
      try transaction.setState(
        group: group, key: Self.hourKey, block: hour, value: parts.encoded())
    }
    for source in changedWatermarks.sorted() {
      guard let watermark = watermarks[source] else { continue }
      try transaction.setState(
        group: group, key: Self.watermarkKey, block: Int64(source), value: watermark.bytes)
    }
  }

  func noteSaved() {
    changedHours.removeAll(keepingCapacity: true)
    changedWatermarks.removeAll()
    if hours.count > hoursMax { hours.removeAll() }
  }
}
