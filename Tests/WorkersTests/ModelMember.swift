// A member of the group over topics in memory: the tasks, the restoring and the local copy are the real
// ones; only Kafka is not.

import Foundation
import LogStore

@testable import Workers

final class ModelMember {
  let topics: ModelTopics
  let configuration: FoldTask.Configuration
  private let folder: URL
  private var store: LogStore
  private(set) var folds: [Int32: FoldTask] = [:]
  private(set) var merges: [Int32: MergeTask] = [:]
  /// How far the copy's row offsets lie before the rows.
  var rowOffsetLag: Int64 = 0

  /// Where a commit is cut off.
  enum Crash: CaseIterable { case beforeCommit, beforeLocalCopy, none }

  init(_ topics: ModelTopics, _ configuration: FoldTask.Configuration) throws {
    self.topics = topics
    self.configuration = configuration
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "moaa-workers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try Self.open(folder)
  }

  deinit {
    store.close()
    try? FileManager.default.removeItem(at: folder)
  }

  private static func open(_ folder: URL) throws -> LogStore {
    try LogStore.open(
      folder.appendingPathComponent("member.store").path, StoreOptions(durability: .relaxed))
  }

  /// The machine with its store is gone, and another takes its place.
  func loseStore() throws {
    drop()
    store.close()
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
    store = try Self.open(folder)
  }

  var copy: LocalCopy { LocalCopy(store: store, group: topics.names.group, cluster: "model") }

  func drop() {
    folds = [:]
    merges = [:]
  }

  /// Takes over partitions.
  /// - Returns: rows read for it.
  @discardableResult
  func assign(raw: [Int32], parts: [Int32], incarnation: String = "first") throws -> Int64 {
    drop()
    let restoring = TaskRestoring(
      copy: copy, topics: topics.names, configuration: configuration, acceptsGap: false,
      incarnation: incarnation, onGap: { _, _ in })
    var readCount: Int64 = 0
    for partition in Set(raw + parts).sorted() {
      var kinds: Set<CopyKind> = []
      if raw.contains(partition) { kinds.insert(.fold) }
      if parts.contains(partition) { kinds.insert(.merge) }
      let tasks = try restoring.restore(partition, kinds, topics)
      folds[partition] = tasks.fold
      merges[partition] = tasks.merge
      readCount += tasks.readCount
    }
    return readCount
  }

  /// Reads at most so many records of each partition.
  func consume(max: Int) throws {
    for (partition, task) in folds {
      let rows = topics.rows(topics.names.raw, partition).drop { $0.offset < task.nextOffset }
      for row in rows.prefix(max) {
        try row.key.withUnsafeBytes { key in
          try row.value.withUnsafeBytes {
            try task.fold(value: $0, offset: row.offset, timestamp: Self.timestamp, key: key)
          }
        }
      }
      // A consumer is told of the end after the last record, and a commit may come between.
      if rows.isEmpty { task.noteEnd() }
    }
    for (partition, task) in merges {
      let rows = topics.rows(topics.names.parts, partition).drop { $0.offset < task.nextOffset }
      for row in rows.prefix(max) {
        try row.key.withUnsafeBytes { key in
          try row.value.withUnsafeBytes { try task.apply(offset: row.offset, key: key, value: $0) }
        }
      }
      if rows.isEmpty { task.noteEnd() }
    }
  }

  /// When all records were received: in 2027, in milliseconds since 1970.
  static let timestamp: Int64 = 1_800_000_000_000

  var hasUncommitted: Bool {
    folds.values.contains(where: \.hasUncommitted)
      || merges.values.contains(where: \.hasUncommitted)
  }

  /// - Returns: false when it was cut off, and the tasks are gone.
  func commit(_ crash: Crash = .none, showsChanges: Bool = false) throws -> Bool {
    var sink = ModelSink()
    var changes: [StateChange] = []
    for partition in Set(folds.keys).union(merges.keys).sorted() {
      var change = StateChange(partition: partition, rowOffset: 0)
      if let fold = folds[partition], fold.hasUncommitted {
        change.fold = try fold.publish(showsChanges: showsChanges, to: &sink)
      }
      if let merge = merges[partition], merge.hasUncommitted {
        change.merge = (merge, try merge.publish(to: &sink))
      }
      if change.fold != nil || change.merge != nil { changes.append(change) }
    }
    if crash == .beforeCommit {
      drop()
      return false
    }
    let firsts = topics.commit(sink)
    if crash == .beforeLocalCopy {
      drop()
      return false
    }
    try copy.save(
      changes.map {
        StateChange(
          partition: $0.partition,
          rowOffset: max(0, (firsts[$0.partition] ?? 0) - rowOffsetLag), fold: $0.fold,
          merge: $0.merge)
      })
    for change in changes {
      if change.fold != nil { folds[change.partition]?.noteCommitted() }
      change.merge?.task.noteCommitted()
    }
    return true
  }
}
