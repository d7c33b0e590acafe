// moaa's own work, measured from the caller's side.

import Aggregation
import LogStore
import Observations
import Pipeline

enum LogBench {
  /// Durable append of raw values, as a producer without a file would do it.
  static func append(lines: Lines, to path: String) throws -> Double {
    let store = try LogStore.open(path)
    defer { store.close() }
    try store.write { _ = try $0.createTopic(TopicName.raw) }
    let packer = BatchPacker()
    return try measure {
      func commit() throws {
        let batches = packer.take()
        try store.write { transaction in
          for batch in batches { try transaction.append(batch, to: TopicName.raw) }
        }
      }
      try lines.forEach { line in
        // The station is the key: in these records always at the same place.
        packer.append(
          eventTime: 0, key: UnsafeRawBufferPointer(rebasing: line[13..<24]), value: line)
        if packer.recordCount == 65_536 { try commit() }
      }
      try commit()
    }
  }

  /// Reads every record of the raw topic: checks, decompresses, and touches it.
  static func scan(_ path: String) throws -> Double {
    let store = try LogStore.open(path, StoreOptions(mode: .readOnly))
    defer { store.close() }
    var byteCount = 0
    let seconds = try measure {
      let reader = try store.reader(of: TopicName.raw, from: .zero)
      while let batch = try reader.next() {
        try batch.forEach { byteCount += $0.value?.count ?? 0 }
      }
    }
    guard byteCount > 0 else { throw BenchError(description: "the topic is empty") }
    return seconds
  }

  /// The whole aggregation of the raw topic: hours of every station and over all, emissions, state and
  /// checkpoints in durable transactions.
  static func aggregate(_ path: String) throws -> Double {
    let store = try LogStore.open(path)
    defer { store.close() }
    return try measure {
      _ = try AggregationJob(store: store, rule: AggregationRule()).run()
    }
  }
}
