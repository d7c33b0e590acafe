// One station's partials as they lie in the store, and what becomes of them: what a thread can do apart
// from the store.

import Aggregation
import LogStore

/// The compressed partials of one station, of each content that holds it.
struct StationParts: Sendable {
  let station: [UInt8]
  var values: [[UInt8]]

  /// What they take decompressed, as they say.
  var byteCount: Int {
    values.reduce(0) { $0 + $1.withUnsafeBytes { CompressedPartial.byteCount($0) ?? 0 } }
  }

  /// Merges them.
  /// - Returns: the station's hours, and how many of them are in more than one content.
  /// - Throws: `StoreError.damaged`.
  func merged(
    _ rule: BackfillRule, _ decompressor: ZstandardDecompressor
  ) throws -> (hours: StationHours, sharedHourCount: Int) {
    let parts = try values.map { value in
      guard let bytes = value.withUnsafeBytes({ CompressedPartial.open($0, decompressor) }),
        let partial = bytes.withUnsafeBytes({ Partial($0) }), partial.rule == rule,
        partial.stations.count == 1, case let hours = partial.stations[0], hours.station == station
      else {
        throw BackfillStore.damaged("of station \(String(decoding: station, as: UTF8.self))")
      }
      return hours
    }
    return StationHours.merged(parts)
  }

  /// Walks the stations in ascending order of id.
  /// - Parameter station: only this one; nil for all.
  static func forEach(
    _ station: [UInt8]? = nil, in view: ReadTransaction, _ body: (StationParts) throws -> Void
  ) throws {
    var current: StationParts?
    try BackfillStore.forEachState(GroupName.backfill, key: station, in: view) { key, _, value in
      if let station = current?.station, station.elementsEqual(key) {
        current?.values.append(Array(value))
      } else {
        if let current { try body(current) }
        current = StationParts(station: Array(key), values: [Array(value)])
      }
    }
    if let current { try body(current) }
  }
}
