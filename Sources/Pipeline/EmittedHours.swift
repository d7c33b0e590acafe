// The hours as the emissions of the aggregate topics tell them: of a store that has pulled these, and
// has not aggregated itself.

import Aggregation
import LogStore

public enum EmittedHours {
  /// Whether a store holds emissions.
  public static func exist(in view: ReadTransaction) throws -> Bool {
    try [TopicName.hourly, TopicName.hourlyByStation].contains { name in
      try view.findTopic(name).map { $0.recordCount > 0 } ?? false
    }
  }

  private struct Key: Hashable {
    let station: [UInt8]
    let hour: Int64
  }

  /// Walks the selected hours, by station and hour, each in its newest revision that the topic holds.
  /// The selected hours are in memory meanwhile.
  /// - Returns: records without a value, which are passed over.
  /// - Throws: `StoreError`, `invalid` for a record that is no emission; what `body` throws.
  public static func forEach(
    _ selection: HourSelection, in view: ReadTransaction, _ body: (HourResult) throws -> Void
  ) throws -> Int64 {
    let name =
      selection.keys == .allStationsTogether ? TopicName.hourly : TopicName.hourlyByStation
    guard let topic = try view.findTopic(name) else { return 0 }
    var station: [UInt8]?
    if case .station(let id) = selection.keys { station = Array(id.utf8) }
    let (from, until) = (selection.fromHour ?? .min, selection.untilHour ?? .max)
    var newest: [Key: WindowResult] = [:]
    var withoutValueCount: Int64 = 0
    // By no event time: of pulled records it is Kafka's timestamp.
    try view.forEachBatch(of: topic, eventTimes: .min ... .max) { batch in
      try batch.forEach { record in
        guard record.kind == .data else { return }
        // It takes an hour out of a compacted topic. None is written by moaa, and whose hour it would be only
        // its writer's key could tell.
        guard let value = record.value else {
          withoutValueCount += 1
          return
        }
        guard let result = WindowResult(value: value),
          result.key.isEmpty == (name == TopicName.hourly)
        else {
          throw StoreError(
            .invalid, "the record at offset \(record.offset) of \(name) is no hour",
            remedy: "Somebody else writes to the topic: `moaa log dump \(name)` shows what")
        }
        guard result.hour >= from, result.hour < until, station == nil || station == result.key
        else { return }
        let key = Key(station: result.key, hour: result.hour)
        if let known = newest[key], known.revision > result.revision { return }
        newest[key] = result
      }
    }
    let sorted = newest.values.sorted {
      $0.key == $1.key ? $0.hour < $1.hour : $0.key.lexicographicallyPrecedes($1.key)
    }
    for result in sorted {
      try body(
        HourResult(
          key: result.key, hour: result.hour, accumulator: result.accumulator,
          revision: result.revision, isFinal: result.isFinal))
    }
    return withoutValueCount
  }
}
