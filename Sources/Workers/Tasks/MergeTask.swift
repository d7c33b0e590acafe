// The merge of one parts partition: hours over all stations, from what each raw partition contributes.
//
// What it emits for an hour depends on the newest part of each raw partition alone, and on whether the
// hour is final; in which order parts come does not matter. After an error it must not be used on.

import Aggregation
import LogStore

final class MergeTask {
  let partition: Int32
  private let partitionCount: Int32
  private let partsTopic: String
  private let incarnation: String
  private let table: PartsTable
  /// What has been emitted lies before.
  private let emittedOffset: Int64
  private var finalBefore: Int64?
  private var changed: Set<Int64> = []
  /// The next offset to apply.
  private(set) var nextOffset: Int64
  private(set) var uncommittedCount = 0
  private(set) var isAtEnd = false
  private(set) var emittedCount: Int64 = 0

  /// - Parameters:
  ///   - progress: as the state topic has it; nil when nothing was merged yet.
  ///   - tableOffset: the next offset that `table` has not seen: what lies between it and `progress` is
  ///     applied without being emitted again.
  /// - Throws: `WorkerFailure` when `progress` belongs to another number of partitions, or is behind the
  ///   table.
  init(
    partition: Int32, of partitionCount: Int32, partsTopic: String, progress: MergeProgress?,
    tableOffset: Int64, incarnation: String, table: PartsTable
  ) throws {
    if let progress, progress.partitionCount != partitionCount {
      throw WorkerFailure(
        .setup,
        "\(partsTopic) has \(partitionCount) partitions, but \(progress.partitionCount) when this "
          + "group began: its hours have moved to other partitions",
        remedy: "Begin anew with another --group")
    }
    if let progress, tableOffset > progress.nextOffset {
      throw WorkerFailure(
        .damaged,
        "the local copy of \(partsTopic), partition \(partition), is ahead of what the group has merged",
        remedy: "Remove the store: a worker makes its copy again from the topics")
    }
    self.partition = partition
    self.partitionCount = partitionCount
    self.partsTopic = partsTopic
    self.incarnation = progress?.incarnation ?? incarnation
    self.table = table
    emittedOffset = progress?.nextOffset ?? 0
    finalBefore = progress?.finalBefore
    nextOffset = tableOffset
  }

  // MARK: Input

  /// Applies a row of the parts topic.
  /// - Throws: `WorkerFailure` when it is none.
  func apply(offset: Int64, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
    guard offset >= nextOffset else { return }
    switch PartKey(key) {
    case .hour(let source, let hour)?:
      guard let part = WindowResult(value: value), part.key.isEmpty, part.hour == hour,
        source < partitionCount,
        PartKey.partition(ofHour: hour, count: partitionCount) == partition
      else { throw damaged(offset) }
      if try table.take(part, from: source), offset >= emittedOffset { changed.insert(hour) }
    case .watermark(let source)?:
      guard let watermark = PartWatermark(value), source < partitionCount else {
        throw damaged(offset)
      }
      table.take(watermark, from: source)
    case nil: throw damaged(offset)
    }
    nextOffset = offset + 1
    isAtEnd = false
    if offset >= emittedOffset { uncommittedCount += 1 }
  }

  /// For a row that no worker wrote.
  func damaged(_ offset: Int64) -> WorkerFailure {
    WorkerFailure(
      .damaged,
      "record \(offset) of \(partsTopic), partition \(partition), is not what a worker wrote",
      remedy: "Nobody else may write to that topic. Begin anew with another --group")
  }

  /// How far event time is in a raw partition; nil when it has not said so.
  func watermark(of source: Int32) -> PartWatermark? { table.watermark(of: source) }

  /// The partition holds nothing more for now.
  func noteEnd() { isAtEnd = true }

  // MARK: Output

  /// Whether there is something that a commit would make durable.
  var hasUncommitted: Bool { uncommittedCount > 0 }

  /// Whether the table may be saved as it is: it holds nothing yet that has not been emitted. A part
  /// that is in the local store would not count as news when it is read again.
  var mayBeSaved: Bool { nextOffset <= emittedOffset }

  /// A measure of the memory that only a save of the table can free.
  var changedCount: Int { table.changedCount }

  /// Sends the hours that changed or became final since the last call, and the state row.
  func publish(to sink: inout some CycleSink) throws -> MergeProgress {
    try addFinalHours()
    var encoder = WindowResultEncoder()
    var key: [UInt8] = []
    var value: [UInt8] = []
    for hour in changed.sorted() {
      guard let (accumulator, revision) = try table.parts(ofHour: hour).merged else { continue }
      let isFinal = finalBefore.map { hour < $0 } ?? false
      // Becoming final is a revision of its own; hours stay final.
      let result = WindowResult(
        key: [], hour: hour, accumulator: accumulator, revision: isFinal ? revision + 1 : revision,
        isFinal: isFinal)
      key.removeAll(keepingCapacity: true)
      value.removeAll(keepingCapacity: true)
      encoder.appendRecordKey(of: result, to: &key)
      encoder.appendValue(of: result, to: &value)
      try sink.send(.hours, partition: nil, key: key, value: value)
      emittedCount += 1
    }
    changed.removeAll(keepingCapacity: true)
    let progress = MergeProgress(
      partitionCount: partitionCount, incarnation: incarnation, nextOffset: nextOffset,
      finalBefore: finalBefore)
    try sink.send(
      .state, partition: partition, key: StateKey.merge.bytes, value: progress.encoded())
    return progress
  }

  private func addFinalHours() throws {
    guard let complete = table.completeBefore(partitionCount: partitionCount),
      complete > finalBefore ?? Int64.min
    else { return }
    changed.formUnion(try table.hours(in: (finalBefore ?? Int64.min)...(complete - 1)))
    finalBefore = complete
  }

  /// Puts the table's changes into a transaction of the local store.
  func saveTable(in transaction: WriteTransaction) throws { try table.save(in: transaction) }

  func noteTableSaved() { table.noteSaved() }

  /// What was published is durable, in the local copy too.
  func noteCommitted() {
    uncommittedCount = 0
    table.noteSaved()
  }
}
