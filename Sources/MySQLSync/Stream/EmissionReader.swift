// Emissions of a topic, so many at a time, from any offset.

import Aggregation
import LogStore

/// What one batch of a sync is made of.
struct EmissionBatch {
  /// One for each key and hour, the last, sorted by both.
  var results: [WindowResult] = []
  /// Records that are no emission of this stream.
  var unusable: [UnusableRecord] = []
  /// How many records were read.
  var recordCount = 0
  var nextOffset: Offset
}

/// A record that can be no row, and why.
struct UnusableRecord {
  let offset: Offset
  let reason: String
  let key: [UInt8]?
  let value: [UInt8]?
}

/// Reads batches, each from where it is told to: usually that is where the last one ended, and then
/// nothing is read twice.
final class EmissionReader {
  private let store: LogStore
  private let stream: SyncStream
  private var reader: TopicReader?
  /// The batch that the last call ended in.
  private var current: RecordBatch?
  private var position = Offset.zero

  init(_ store: LogStore, _ stream: SyncStream) {
    self.store = store
    self.stream = stream
  }

  /// - Throws: `StoreError.offsetOutOfRange` when retention has taken records from there on.
  func read(from offset: Offset, countMax: Int) throws -> EmissionBatch {
    if reader == nil || position != offset {
      reader = try store.reader(of: stream.topic, from: offset)
      current = nil
      position = offset
    }
    var batch = EmissionBatch(nextOffset: offset)
    var indices: [RowKey: Int] = [:]
    while batch.recordCount < countMax, let records = try nextRecords() {
      let end = min(records.nextOffset, position + (countMax - batch.recordCount))
      try records.forEach(from: position) { record in
        guard record.offset < end else { return }
        add(record, to: &batch, &indices)
      }
      batch.recordCount += Int(end - position)
      position = end
      current = end < records.nextOffset ? records : nil
    }
    batch.nextOffset = position
    batch.results.sort(by: Self.isBefore)
    return batch
  }

  private func nextRecords() throws -> RecordBatch? {
    if let current { return current }
    return try reader?.next()
  }

  private struct RowKey: Hashable {
    let key: [UInt8]
    let hour: Int64
  }

  private func add(
    _ record: RecordView, to batch: inout EmissionBatch, _ indices: inout [RowKey: Int]
  ) {
    guard record.kind == .data else { return }
    guard let value = record.value, let result = WindowResult(value: value) else {
      return batch.unusable.append(Self.unusable(record, "it is no emission"))
    }
    if let misfit = stream.misfit(result) {
      return batch.unusable.append(Self.unusable(record, misfit))
    }
    let key = RowKey(key: result.key, hour: result.hour)
    if let index = indices[key] {
      batch.results[index] = result
    } else {
      indices[key] = batch.results.count
      batch.results.append(result)
    }
  }

  private static func unusable(_ record: RecordView, _ reason: String) -> UnusableRecord {
    UnusableRecord(
      offset: record.offset, reason: reason, key: record.key.map(Array.init),
      value: record.value.map(Array.init))
  }

  private static func isBefore(_ left: WindowResult, _ right: WindowResult) -> Bool {
    if left.key != right.key { return left.key.lexicographicallyPrecedes(right.key) }
    return left.hour < right.hour
  }
}
