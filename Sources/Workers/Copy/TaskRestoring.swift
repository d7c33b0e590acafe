// Makes the tasks of partitions that a member has been given, from what the topics say and the local copy
// holds of them.

import Aggregation
import LogStore

/// The tasks of one partition number: of the input, of the parts topic, or both.
struct RestoredTasks {
  var fold: FoldTask?
  var merge: MergeTask?
  /// Rows read from the state and parts topics.
  var readCount: Int64 = 0
}

struct TaskRestoring {
  let copy: LocalCopy
  let topics: WorkerTopics
  let configuration: FoldTask.Configuration
  /// Whether to go on where the input no longer holds the next record.
  let acceptsGap: Bool
  /// Made at random: for a partition that nobody has worked on.
  let incarnation: String
  let onGap: (_ partition: Int32, _ missing: Range<Int64>) -> Void

  /// Parts in memory before they are saved.
  private static let partsPerSave = 4096

  func restore(
    _ partition: Int32, _ kinds: Set<CopyKind>, _ reader: some PartitionReader
  ) throws -> RestoredTasks {
    let state = try CatchUp(
      copy: copy, stateTopic: topics.state, partition: partition, kinds: kinds
    ).run(reader)
    var tasks = RestoredTasks(readCount: state.readCount)
    if kinds.contains(.fold) { tasks.fold = try fold(partition, state.fold, reader) }
    if kinds.contains(.merge) {
      let isWhole = state.tableOffset == 0
      let (task, count) = try merge(partition, state, reader)
      tasks.merge = task
      tasks.readCount += count
      if let fold = tasks.fold, isWhole { try compare(fold, task) }
    }
    return tasks
  }

  /// A fold's watermark is in every parts partition, and so in its own, as soon as the fold has accepted a
  /// record: in the transaction that puts the fold into the state topic. One without the other was made
  /// anew.
  private func compare(_ fold: FoldTask, _ merge: MergeTask) throws {
    let isKnown = merge.watermark(of: fold.partition) != nil
    let pair = "\(topics.state) and \(topics.parts), partition \(fold.partition),"
    if fold.progress.acceptedCount > 0, !isKnown {
      throw WorkerFailure(
        .damaged,
        "\(pair) do not belong together: \(topics.parts) lacks what the partition has contributed",
        remedy: "\(topics.parts) was made anew. Begin anew with another --group")
    }
    if !fold.wasRestored, isKnown {
      throw WorkerFailure(
        .damaged,
        "\(pair) do not belong together: \(topics.parts) has what the partition has contributed, and "
          + "\(topics.state) knows nothing of it",
        remedy:
          "\(topics.state) was made anew. Begin anew with another --group, or remove both topics and let the "
          + "group begin again")
    }
  }

  private func fold(
    _ partition: Int32, _ stored: FoldProgress?, _ reader: some PartitionReader
  ) throws -> FoldTask {
    let range = try reader.range(of: topics.raw, partition)
    var progress = stored
    if let next = stored?.nextOffset {
      guard next <= range.end else {
        throw WorkerFailure(
          .gap,
          "\(topics.raw), partition \(partition), ends at offset \(range.end), but \(next) is the next "
            + "for this group: the topic was made anew",
          remedy: "Begin anew with another --group")
      }
      if next < range.start {
        guard acceptsGap else {
          throw WorkerFailure(
            .gap,
            "\(topics.raw), partition \(partition), begins at offset \(range.start); the group has not read "
              + "\(next) to \(range.start - 1), which are gone",
            remedy:
              "Their hours will lack them: --accept-gap goes on without, or begin anew with another "
              + "--group from a topic that holds all records")
        }
        onGap(partition, next..<range.start)
        progress?.nextOffset = range.start
      }
    }
    return try FoldTask(
      partition: partition, configuration, progress: progress, startOffset: range.start,
      incarnation: incarnation, windows: copy.store,
      windowGroup: copy.stateGroup(.fold, partition))
  }

  /// Also reads the parts up to their end, before anything is emitted: compaction may have taken a part
  /// that was emitted already in favour of a later one, and without either its hour would fall back.
  private func merge(
    _ partition: Int32, _ state: CaughtUp, _ reader: some PartitionReader
  ) throws -> (task: MergeTask, readCount: Int64) {
    let end = try reader.range(of: topics.parts, partition).end
    if let merged = state.merge, merged.nextOffset > end {
      throw partsWereMadeAnew(partition, merged.nextOffset)
    }
    let group = copy.stateGroup(.merge, partition)
    let table = try PartsTable(store: copy.store, group: group)
    let task = try MergeTask(
      partition: partition, of: configuration.partitionCount, partsTopic: topics.parts,
      progress: state.merge, tableOffset: state.tableOffset, incarnation: incarnation, table: table)
    var readCount: Int64 = 0
    do {
      _ = try reader.read(
        topics.parts, partition, from: state.tableOffset == 0 ? nil : state.tableOffset
      ) { offset, key, value in
        readCount += 1
        try task.apply(offset: offset, key: key, value: value)
        if task.changedCount >= Self.partsPerSave, task.mayBeSaved {
          try copy.store.write { try task.saveTable(in: $0) }
          task.noteTableSaved()
        }
      }
    } catch let gone as OffsetGone {
      throw partsWereMadeAnew(partition, gone.offset)
    }
    return (task, readCount)
  }

  private func partsWereMadeAnew(_ partition: Int32, _ offset: Int64) -> WorkerFailure {
    WorkerFailure(
      .damaged,
      "\(topics.parts), partition \(partition), does not reach to offset \(offset), where this group is: "
        + "the topic was made anew",
      remedy: "It belongs together with \(topics.state). Begin anew with another --group")
  }
}
