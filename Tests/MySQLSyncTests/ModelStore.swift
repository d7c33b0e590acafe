// A store with emissions that a test makes up, and the tables that must come of them.

import Aggregation
import Connections
import Foundation
import LogStore
import Observations
import TestSupport

@testable import MySQLSync

/// Emissions of random revisions of random hours, and, as the aggregation has it, the hours
/// themselves in the same transaction.
final class ModelStore: @unchecked Sendable {
  // Sendable by hand: the store is, and a test emits on one thread at a time.
  let store: LogStore
  private let folder: URL
  private let time = TestTime()
  private var generator: SeededGenerator
  private static let group = "model"
  static let hours = SyncStream.hours(topic: "agg_probes_results")
  static let stationHours = SyncStream.stationHours(topic: "agg_probes_results_by_station")
  static let streams = [hours, stationHours]

  /// - Parameter original: a store, that nobody writes to meanwhile, to begin with a copy of.
  init(seed: UInt64, copyOf original: ModelStore? = nil) throws {
    generator = SeededGenerator(seed: seed)
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "moaa-sync-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("test.store").path
    if let original {
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(
          atPath: original.store.path + suffix, toPath: path + suffix)
      }
    }
    let time = time
    store = try LogStore.open(
      path,
      StoreOptions(durability: .relaxed, clock: WallClock { time.milliseconds }))
    try store.write { transaction in
      for stream in Self.streams { try transaction.createTopic(stream.topic) }
    }
  }

  deinit {
    store.close()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Another handle on the same store, as another process has it.
  func reopened() throws -> LogStore {
    try LogStore.open(store.path, StoreOptions(mode: .existing, durability: .relaxed))
  }

  /// Revises so many random hours of a stream.
  func emit(_ count: Int, _ stream: SyncStream, hourCount: Int64 = 200) throws {
    try store.write { transaction in
      let builder = RecordBatchBuilder()
      for _ in 0..<count {
        let result = try next(stream, hourCount, transaction)
        var (key, value): ([UInt8], [UInt8]) = ([], [])
        result.appendRecordKey(to: &key)
        result.appendValue(to: &value)
        try transaction.setState(
          group: Self.group, key: result.key, block: result.hour, value: value)
        builder.append(eventTime: result.hour * 3_600_000, key: key, value: value)
        if generator.oneIn(40), let batch = builder.take() {
          try transaction.append(batch, to: stream.topic)
        }
      }
      if let batch = builder.take() { try transaction.append(batch, to: stream.topic) }
    }
  }

  private func next(
    _ stream: SyncStream, _ hourCount: Int64, _ transaction: WriteTransaction
  ) throws -> WindowResult {
    let station = Int.random(in: 100...104, using: &generator)
    let key = stream == Self.hours ? [] : Array("72530094\(station)".utf8)
    let hour = 455_000 + Int64.random(in: 0..<hourCount, using: &generator)
    let known = try transaction.state(group: Self.group, key: key, block: hour)
      .flatMap { $0.withUnsafeBytes { WindowResult(value: $0) } }
    var accumulator = known?.accumulator ?? Accumulator()
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      accumulator.add(Int16.random(in: -400...450, using: &generator))
    }
    return WindowResult(
      key: key, hour: hour, accumulator: accumulator, revision: (known?.revision ?? 0) + 1,
      isFinal: generator.oneIn(2))
  }

  /// Appends one record as it is given.
  func append(_ value: String, to topic: String) throws {
    let builder = RecordBatchBuilder()
    builder.append(eventTime: 0, key: nil, value: Array(value.utf8))
    let batch = builder.take()!
    try store.write { _ = try $0.append(batch, to: topic) }
  }

  /// Lets all that has been emitted so far fall out of retention.
  func expire(_ stream: SyncStream) throws {
    time.advance(hours: 24 * 30)
    // The segment is sealed by the next append.
    try emit(1, stream)
    _ = try store.write { try $0.retain(at: $0.time) }
  }

  static func walk(_ stream: SyncStream) -> StreamSync.Hours {
    { view, body in
      try view.forEachState(group: group, key: stream == hours ? [] : nil) { key, _, value in
        guard key.isEmpty == (stream == hours) else { return }
        try body(WindowResult(value: value)!)
      }
    }
  }

  /// The rows that a table must have, as `TargetRows` reads them.
  func rows(_ stream: SyncStream) throws -> [[MySQLValue]] {
    var block = stream.emptyBlock()
    try store.read { view in
      try Self.walk(stream)(view) { stream.append($0, to: &block) }
    }
    let figures = stream == Self.hours ? 1...3 : 3...5
    return (0..<block.rowCount).map { index in
      var row = block.row(index)
      // The columns are FLOAT.
      for figure in figures { row[figure] = .double(Double(Float(row[figure].double!))) }
      return row
    }
  }

  func records(_ topic: String) throws -> [(headers: [RecordHeader], value: String)] {
    let reader = try store.reader(of: topic, from: .zero)
    var records: [(headers: [RecordHeader], value: String)] = []
    while let batch = try reader.next() {
      try batch.forEach {
        records.append(
          ($0.headers, $0.value.map { String(decoding: $0, as: UTF8.self) } ?? ""))
      }
    }
    return records
  }
}

/// A clock that stands still until it is moved.
private final class TestTime: @unchecked Sendable {
  // Sendable by hand: guarded by the lock.
  private let lock = NSLock()
  private var value: Int64 = 1_700_000_000_000

  var milliseconds: Int64 { lock.withLock { value } }
  func advance(hours: Int64) { lock.withLock { value += hours * 3_600_000 } }
}

/// A database of a test's own.
struct TestDatabase: Sendable {
  let server: PrivateMariaDB
  let name: String

  init(_ server: PrivateMariaDB? = nil) throws {
    let server = try server ?? PrivateMariaDB.shared
    self.server = server
    name = "sync_\(UUID().uuidString.prefix(8).lowercased())"
    let root = try server.connectAsRoot()
    try root.execute("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
    try root.execute("GRANT ALL ON \(name).* TO '\(PrivateMariaDB.user)'@'%'")
  }

  func connect(_ way: PrivateMariaDB.Way = .socket) throws -> MySQLConnection {
    try MySQLConnection(server.settings(way, database: name))
  }

  func sync(
    _ model: ModelStore, _ stream: SyncStream, store: LogStore? = nil, perCommit: Int = 100,
    way: PrivateMariaDB.Way = .socket, patience: Duration = .seconds(60),
    shouldStop: @escaping () -> Bool = { false },
    tell: @escaping (StreamSync.Event) -> Void = { _ in },
    change: (inout StreamSyncOptions) -> Void = { _ in }
  ) -> StreamSync {
    var options = StreamSyncOptions()
    options.emissionsPerCommit = perCommit
    options.patience = patience
    options.group = "mysql.test"
    change(&options)
    return StreamSync(
      store: store ?? model.store, stream: stream, options: options,
      backoff: Backoff(firstSeconds: 0.002, longestSeconds: 0.05),
      connect: { try connect(way) }, hours: ModelStore.walk(stream), shouldStop: shouldStop,
      tell: tell)
  }

  func rows(_ stream: SyncStream) throws -> [[MySQLValue]] {
    let columns = stream.table.columns.map(\.name.quoted).joined(separator: ", ")
    let key = stream.table.key.map(\.quoted).joined(separator: ", ")
    // The expression gives a FLOAT as the column has it.
    return try connect().query(
      "SELECT \(columns) FROM \(stream.table.name.quoted) ORDER BY \(key)")
  }
}
