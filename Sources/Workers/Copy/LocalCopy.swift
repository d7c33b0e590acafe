// The local store's copy of what the state topic has of the partitions that this member has worked on.
//
// It is never ahead of the topic: rows come here after Kafka has confirmed them, or by being read from it.
// Any part of it may be wiped at any time, and is then read again.

import LogStore

/// Who keeps a copy of a state partition.
enum CopyKind: String, CaseIterable {
  case fold, merge
}

/// What one committed transaction changed of a state partition.
struct StateChange {
  let partition: Int32
  /// At or before the transaction's rows in the state partition.
  let rowOffset: Int64
  var fold: (blocks: [FoldTask.ChangedBlock], progress: FoldProgress)?
  var merge: (task: MergeTask, progress: MergeProgress)?
}

struct LocalCopy {
  let store: LogStore
  /// The consumer group of the workers.
  let group: String
  let cluster: String

  /// The keyed state of the local store that holds a copy's rows.
  func stateGroup(_ kind: CopyKind, _ partition: Int32) -> String {
    "worker.\(group).\(kind.rawValue).\(partition)"
  }
  private var marksGroup: String { "worker.\(group).marks" }

  /// nil when there is no copy, or one of another cluster.
  func mark(_ kind: CopyKind, _ partition: Int32) throws -> CopyMark? {
    let bytes = try store.read {
      try $0.state(group: marksGroup, key: Array(kind.rawValue.utf8), block: Int64(partition))
    }
    guard let mark = bytes.flatMap({ CopyMark($0) }), mark.cluster == cluster else { return nil }
    return mark
  }

  func wipe(_ kind: CopyKind, _ partition: Int32) throws {
    try store.write { transaction in
      try transaction.removeState(
        group: marksGroup, key: Array(kind.rawValue.utf8), block: Int64(partition))
      try transaction.removeAllState(group: stateGroup(kind, partition))
    }
  }

  /// Puts day blocks into the copy, which is not complete before `setMark`.
  func put(_ blocks: [FoldTask.ChangedBlock], _ partition: Int32) throws {
    try store.write { try put(blocks, partition, in: $0) }
  }

  private func put(
    _ blocks: [FoldTask.ChangedBlock], _ partition: Int32, in transaction: WriteTransaction
  ) throws {
    let group = stateGroup(.fold, partition)
    for block in blocks {
      try transaction.setState(
        group: group, key: block.station, block: block.day, pending: block.isPending,
        value: block.bytes)
    }
  }

  func setMark(
    _ kind: CopyKind, _ partition: Int32, rowOffset: Int64, progress: [UInt8],
    in transaction: WriteTransaction
  ) throws {
    try transaction.setState(
      group: marksGroup, key: Array(kind.rawValue.utf8), block: Int64(partition),
      value: CopyMark(cluster: cluster, rowOffset: rowOffset, progress: progress).encoded())
  }

  /// Takes over what Kafka has confirmed, in one transaction.
  func save(_ changes: [StateChange]) throws {
    try store.write { transaction in
      for change in changes {
        if let fold = change.fold {
          try put(fold.blocks, change.partition, in: transaction)
          try setMark(
            .fold, change.partition, rowOffset: change.rowOffset, progress: fold.progress.encoded(),
            in: transaction)
        }
        if let merge = change.merge {
          try merge.task.saveTable(in: transaction)
          try setMark(
            .merge, change.partition, rowOffset: change.rowOffset,
            progress: merge.progress.encoded(), in: transaction)
        }
      }
    }
  }
}
