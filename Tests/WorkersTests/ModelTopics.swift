// Topics in memory: committed transactions, and compaction at any time.

import LogStore
import TestSupport

@testable import Workers

/// A row as it was committed.
struct ModelRow {
  let offset: Int64
  let key: [UInt8]
  let value: [UInt8]
}

final class ModelTopics {
  fileprivate struct Place: Hashable {
    let topic: String
    let partition: Int32
  }

  let names: WorkerTopics
  let partitionCount: Int32
  private var rows: [Place: [ModelRow]] = [:]
  private var ends: [Place: Int64] = [:]

  init(_ names: WorkerTopics, partitionCount: Int32) {
    self.names = names
    self.partitionCount = partitionCount
  }

  func rows(_ topic: String, _ partition: Int32) -> [ModelRow] {
    rows[Place(topic: topic, partition: partition)] ?? []
  }

  func end(_ topic: String, _ partition: Int32) -> Int64 {
    ends[Place(topic: topic, partition: partition)] ?? 0
  }

  func append(_ topic: String, _ partition: Int32, key: [UInt8], value: [UInt8]) {
    let place = Place(topic: topic, partition: partition)
    rows[place, default: []].append(
      ModelRow(offset: ends[place, default: 0], key: key, value: value))
    ends[place, default: 0] += 1
  }

  /// Commits what a cycle has sent.
  /// - Returns: the first offset of each state partition.
  func commit(_ sink: ModelSink) -> [Int32: Int64] {
    var firsts: [Int32: Int64] = [:]
    var touched: Set<Place> = []
    for record in sink.records {
      let partition =
        record.partition
        ?? record.key.withUnsafeBytes {
          ExpectedPartitioner.murmur2.partition(of: $0, count: partitionCount) ?? 0
        }
      let place = Place(topic: name(record.topic), partition: partition)
      touched.insert(place)
      if record.topic == .state, firsts[partition] == nil { firsts[partition] = ends[place] ?? 0 }
      append(place.topic, partition, key: record.key, value: record.value)
    }
    // The marker of a transaction takes an offset of its own.
    for place in touched { ends[place, default: 0] += 1 }
    return firsts
  }

  private func name(_ topic: WorkerTopic) -> String {
    switch topic {
    case .stationHours: names.stationHours
    case .hours: names.hours
    case .parts: names.parts
    case .state: names.state
    case .quarantine: names.quarantine
    }
  }

  /// Removes rows that a newer one of their key makes superfluous; some of them, as a broker does, which
  /// leaves its newest segment alone.
  func compact(_ topic: String, _ random: inout SeededGenerator) {
    for partition in 0..<partitionCount {
      let place = Place(topic: topic, partition: partition)
      let all = rows[place] ?? []
      let cleanEnd = Int.random(in: 0...all.count, using: &random)
      var newest: [[UInt8]: Int64] = [:]
      for row in all[..<cleanEnd] { newest[row.key] = row.offset }
      rows[place] = all[..<cleanEnd].filter { newest[$0.key] == $0.offset } + all[cleanEnd...]
    }
  }

  /// All topics at one moment.
  struct Snapshot {
    fileprivate let rows: [Place: [ModelRow]]
    fileprivate let ends: [Place: Int64]
  }

  func snapshot() -> Snapshot { Snapshot(rows: rows, ends: ends) }

  /// The brokers lose what came since.
  func restore(_ snapshot: Snapshot) { (rows, ends) = (snapshot.rows, snapshot.ends) }

  /// Makes a topic anew, without its rows.
  func clear(_ topic: String) {
    for place in rows.keys where place.topic == topic {
      rows[place] = nil
      ends[place] = nil
    }
  }
}

extension ModelTopics: PartitionReader {
  func read(
    _ topic: String, _ partition: Int32, from start: Int64?,
    _ body: (Int64, UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int64 {
    let end = end(topic, partition)
    if let start, start > end {
      throw OffsetGone(topic: topic, partition: partition, offset: start)
    }
    for row in rows(topic, partition) where row.offset >= start ?? 0 {
      try row.key.withUnsafeBytes { key in
        try row.value.withUnsafeBytes { try body(row.offset, key, $0) }
      }
    }
    return end
  }

  func range(of topic: String, _ partition: Int32) -> (start: Int64, end: Int64) {
    (rows(topic, partition).first?.offset ?? end(topic, partition), end(topic, partition))
  }
}

/// What a cycle has sent, until it is committed or dropped.
struct ModelSink: CycleSink {
  struct Sent {
    let topic: WorkerTopic
    let partition: Int32?
    let key: [UInt8]
    let value: [UInt8]
    let headers: [RecordHeader]
  }

  var records: [Sent] = []

  mutating func send(
    _ topic: WorkerTopic, partition: Int32?, key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer, headers: [RecordHeader]
  ) {
    records.append(
      Sent(
        topic: topic, partition: partition, key: Array(key), value: Array(value), headers: headers))
  }
}
