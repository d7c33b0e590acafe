// Brings the local copy of a state partition up to the topic's end: what a member does with a partition
// that it is given, before anything else.

import Aggregation
import LogStore

/// Where the partition's work stands, by the state topic.
struct CaughtUp {
  var fold: FoldProgress?
  var merge: MergeProgress?
  /// The next offset of the parts partition that the local table has not seen.
  var tableOffset: Int64 = 0
  /// Where the state partition can be read on for `merge`.
  var mergeRowOffset: Int64 = 0
  var readCount: Int64 = 0
}

struct CatchUp {
  let copy: LocalCopy
  let stateTopic: String
  let partition: Int32
  let kinds: Set<CopyKind>

  /// Rows of a transaction of the local store.
  private static let rowsPerCommit = 4096

  /// - Throws: `WorkerFailure` when the topic holds something else than rows of workers; what `reader` throws.
  func run(_ reader: some PartitionReader) throws -> CaughtUp {
    var result = CaughtUp()
    while true {
      var marks: [CopyKind: CopyMark] = [:]
      for kind in kinds {
        guard let mark = try copy.mark(kind, partition) else {
          // What may be left of a copy that was never completed.
          try copy.wipe(kind, partition)
          continue
        }
        marks[kind] = mark
      }
      let scan = Scan(self)
      // A kind without a copy needs the partition from its beginning.
      let start = marks.count == kinds.count ? marks.values.map(\.rowOffset).min() : nil
      var unusable: [CopyKind] = []
      do {
        _ = try reader.read(stateTopic, partition, from: start) { offset, key, value in
          try scan.take(offset, key, value)
        }
        unusable = marks.filter { !scan.continues($0.value, $0.key) }.map(\.key)
      } catch is OffsetGone {
        unusable = Array(marks.keys)
      }
      result.readCount += scan.readCount
      guard unusable.isEmpty else {
        for kind in unusable { try copy.wipe(kind, partition) }
        continue
      }
      try finish(scan, marks, &result)
      return result
    }
  }

  private func finish(
    _ scan: Scan, _ marks: [CopyKind: CopyMark], _ result: inout CaughtUp
  ) throws {
    try scan.flush()
    if let (offset, progress) = scan.fold {
      try copy.store.write {
        try copy.setMark(
          .fold, partition, rowOffset: offset, progress: progress.encoded(), in: $0)
      }
      result.fold = progress
    } else if scan.blockCount > 0 {
      throw WorkerFailure(
        .damaged, "\(stateTopic), partition \(partition), has day blocks but no position",
        remedy:
          "Nobody else may write to that topic, or remove from it. Begin anew with another --group")
    }
    if let (offset, progress) = scan.merge {
      result.merge = progress
      result.mergeRowOffset = offset
      let table = marks[.merge].flatMap { MergeProgress($0.progress) }
      result.tableOffset = table?.nextOffset ?? 0
    }
  }

  /// What one walk over the partition has found.
  private final class Scan {
    private let task: CatchUp
    private var blocks: [FoldTask.ChangedBlock] = []
    private(set) var fold: (offset: Int64, progress: FoldProgress)?
    private(set) var merge: (offset: Int64, progress: MergeProgress)?
    private(set) var blockCount = 0
    private(set) var readCount: Int64 = 0
    private var incarnations: [CopyKind: Set<String>] = [:]

    init(_ task: CatchUp) { self.task = task }

    func take(
      _ offset: Int64, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) throws {
      readCount += 1
      switch StateKey(key) {
      case .dayBlock(let station, let day)?:
        guard let block = DayBlock(value) else { throw damaged(offset) }
        guard task.kinds.contains(.fold) else { return }
        blockCount += 1
        blocks.append(
          FoldTask.ChangedBlock(
            station: station, day: day, isPending: block.isPending, bytes: Array(value)))
        if blocks.count >= CatchUp.rowsPerCommit { try flush() }
      case .fold?:
        guard let progress = FoldProgress(value) else { throw damaged(offset) }
        fold = task.kinds.contains(.fold) ? (offset, progress) : nil
        incarnations[.fold, default: []].insert(progress.incarnation)
      case .merge?:
        guard let progress = MergeProgress(value) else { throw damaged(offset) }
        merge = task.kinds.contains(.merge) ? (offset, progress) : nil
        incarnations[.merge, default: []].insert(progress.incarnation)
      case nil: throw damaged(offset)
      }
    }

    func flush() throws {
      guard !blocks.isEmpty else { return }
      try task.copy.put(blocks, task.partition)
      blocks.removeAll(keepingCapacity: true)
    }

    /// Whether the rows continue the copy: its own progress row, or a newer one, was among them and none
    /// of another topic of that name. The newest is older than the copy's when the brokers have lost what
    /// they had acknowledged.
    func continues(_ mark: CopyMark, _ kind: CopyKind) -> Bool {
      switch kind {
      case .fold:
        guard let own = FoldProgress(mark.progress), let newest = fold?.progress else {
          return false
        }
        return incarnations[kind] == [own.incarnation] && newest.nextOffset >= own.nextOffset
          && newest.commitCount >= own.commitCount
      case .merge:
        guard let own = MergeProgress(mark.progress), let newest = merge?.progress else {
          return false
        }
        return incarnations[kind] == [own.incarnation] && newest.nextOffset >= own.nextOffset
      }
    }

    private func damaged(_ offset: Int64) -> WorkerFailure {
      WorkerFailure(
        .damaged,
        "record \(offset) of \(task.stateTopic), partition \(task.partition), is not what a worker wrote",
        remedy: "Nobody else may write to that topic. Begin anew with another --group")
    }
  }
}
