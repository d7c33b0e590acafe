// The fold of a raw topic through the aggregation core, record by record: what the aggregation job
// and replay share, so that they cannot differ.

import Aggregation
import LogStore

/// Reads one store's raw topic, and holds what another store must take over with it.
final class HourlyFold {
  let aggregator: HourlyAggregator
  @exclusivity(unchecked) private(set) var outputs = AggregationOutputs()
  /// The next raw offset to fold.
  @exclusivity(unchecked) private(set) var nextOffset: Offset
  /// Records folded since the last `noteCommitted`.
  @exclusivity(unchecked) private(set) var uncommittedCount = 0
  /// Whether a control record since then has asked for results, which somebody may be waiting for.
  @exclusivity(unchecked) private(set) var hasShownChanges = false
  /// Where batches began since they were last taken, and how far event time had come there.
  private var batchStarts: [WatermarkMarks.Mark] = []

  /// Commit when so many day blocks have changed, so that memory stays flat when every record is
  /// another station and day.
  private static let changedBlocksMax = 16_384

  /// - Parameter windows: the store that holds the window state, which may not be the raw topic's.
  init(rule: AggregationRule, progress: AggregationProgress, from offset: Offset, windows: LogStore)
    throws
  {
    nextOffset = offset
    let pending = try windows.read { try $0.pendingState(group: GroupName.hourly) }
    aggregator = try HourlyAggregator(
      rule: rule, progress: progress,
      source: StoredWindows(store: windows, group: GroupName.hourly),
      pending: pending.map { ($0.key, $0.block) })
  }

  /// Folds a batch from `nextOffset` on.
  /// - Parameters:
  ///   - end: where to stop.
  ///   - commit: called when `recordsPerCommit` records, or as much state as memory should hold,
  ///     have been folded.
  func fold(
    _ batch: JudgedBatch, until end: Offset, recordsPerCommit: Int, commit: () throws -> Void
  ) throws {
    precondition(batch.firstOffset == nextOffset, "batches are folded in order, without a gap")
    batchStarts.append(
      WatermarkMarks.Mark(offset: nextOffset, clock: aggregator.progress.clock))
    try batch.stations.withUnsafeBytes { stations in
      for record in batch.records {
        guard nextOffset < end else { return }
        try fold(record, stations, batch)
        nextOffset = nextOffset + 1
        uncommittedCount += 1
        if uncommittedCount >= recordsPerCommit
          || aggregator.changedBlockCount >= Self.changedBlocksMax
        {
          try commit()
        }
      }
    }
  }

  @inline(__always)
  private func fold(
    _ record: JudgedBatch.Record, _ stations: UnsafeRawBufferPointer, _ batch: JudgedBatch
  ) throws {
    outputs.recordEventTime = record.eventTime
    let verdict: ObservationJudge.Verdict
    switch record.verdict {
    case .control(let control):
      try aggregator.apply(control, appendSeconds: batch.appendSeconds, to: &outputs)
      hasShownChanges = true
      return
    case .rejected(let reason): verdict = .rejected(reason)
    case .accepted(let seconds, let tenths):
      let start = Int(record.stationStart)
      let station = UnsafeRawBufferPointer(
        rebasing: stations[start..<(start + Int(record.stationByteCount))])
      verdict = .accepted(station: station, seconds: seconds, tenths: tenths)
    }
    try aggregator.apply(
      verdict, offset: nextOffset.rawValue, appendSeconds: batch.appendSeconds,
      withValue: { try batch.withValue(of: record, $0) }, to: &outputs)
  }

  /// Everything since the last call.
  func takeBatchStarts() -> [WatermarkMarks.Mark] {
    defer { batchStarts.removeAll(keepingCapacity: true) }
    return batchStarts
  }

  /// Puts outputs and changed window state into a transaction.
  func save(in transaction: WriteTransaction) throws {
    for (topic, batches) in outputs.take() {
      for batch in batches { try transaction.append(batch, to: topic) }
    }
    try aggregator.takeChangedBlocks { changed in
      try transaction.setState(
        group: GroupName.hourly, key: changed.key, block: changed.day,
        pending: changed.block.isPending, value: changed.block.encoded())
    }
  }

  /// The transaction is durable.
  func noteCommitted() {
    uncommittedCount = 0
    hasShownChanges = false
    aggregator.trimCache()
  }

  /// Makes the topics that `save` appends to.
  static func createTopics(in transaction: WriteTransaction) throws {
    try transaction.createTopic(TopicName.hourly)
    try transaction.createTopic(TopicName.hourlyByStation)
    try transaction.createTopic(TopicName.quarantine, retention: Retention(milliseconds: nil))
  }
}
