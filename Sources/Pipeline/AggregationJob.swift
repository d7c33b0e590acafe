// Raw topic → aggregate topics: the hourly aggregation as a consumer group.
//
// Every transaction holds emissions, refusals, window state and the checkpoint that covers them.

import Aggregation
import LogStore

/// How an aggregation runs. None of it changes a result.
public struct AggregationJobOptions: Sendable {
  /// A micro-batch is at most so many records …
  public var recordsPerCommit: Int
  /// … and is committed after a control record that asks for results, and at the latest after so long.
  public var secondsPerCommit: Double
  /// Told after each commit: the next offset, and the high watermark.
  public var onProgress: (@Sendable (Offset, Offset) -> Void)?
  public var shouldStop: @Sendable () -> Bool

  public init(
    recordsPerCommit: Int = 131_072, secondsPerCommit: Double = 5,
    onProgress: (@Sendable (Offset, Offset) -> Void)? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.recordsPerCommit = recordsPerCommit
    self.secondsPerCommit = secondsPerCommit
    self.onProgress = onProgress
    self.shouldStop = shouldStop
  }
}

/// What an aggregation did, and where it stands.
public struct AggregationSummary: Sendable {
  /// Raw records folded by this run.
  public var recordCount: Int64 = 0
  /// Windows emitted by this run.
  public var emittedCount: Int64 = 0
  /// Records refused by this run.
  public var refusedCount: Int64 = 0
  /// Counts since the aggregation began.
  public var progress = AggregationProgress()
  public var nextOffset = Offset.zero
}

/// Runs the hourly aggregation of a store.
public final class AggregationJob {
  private let store: LogStore
  private let rule: AggregationRule
  private let options: AggregationJobOptions
  private var checkpoint: Checkpoint
  private var fold: HourlyFold
  private var uncommittedSince: Int64?
  private var summary = AggregationSummary()

  /// Continues from the checkpoint, or begins at the oldest record.
  /// - Throws: `JobRuleChanged`, or `StoreError`.
  public init(
    store: LogStore, rule: AggregationRule, options: AggregationJobOptions = AggregationJobOptions()
  ) throws {
    self.store = store
    self.rule = rule
    self.options = options
    try store.write { transaction in
      try HourlyGroup.register(in: transaction)
      try HourlyFold.createTopics(in: transaction)
    }
    (checkpoint, fold) = try Self.load(store, rule)
  }

  private static func load(
    _ store: LogStore, _ rule: AggregationRule
  ) throws -> (Checkpoint, HourlyFold) {
    guard let checkpoint = try store.read({ try HourlyGroup.checkpoint($0) }) else {
      throw StoreError(
        .unknown, "the checkpoint of group \(GroupName.hourly) was removed",
        remedy: "Run the command again: it starts the group anew")
    }
    guard !HourlyGroup.hasRule(checkpoint) || checkpoint.fingerprint == rule.fingerprint else {
      throw JobRuleChanged(stored: checkpoint.fingerprint, wanted: rule.fingerprint)
    }
    let fold = try HourlyFold(
      rule: rule, progress: HourlyGroup.progress(of: checkpoint), from: checkpoint.nextOffset,
      windows: store)
    return (checkpoint, fold)
  }

  /// Folds up to the high watermark, and on as long as `shouldContinue` says when it is reached.
  /// - Parameter shouldContinue: asked at the high watermark; it may wait before it answers.
  public func run(shouldContinue: () throws -> Bool = { false }) throws -> AggregationSummary {
    while true {
      do {
        try runUntilFenced(shouldContinue)
        break
      } catch let error as StoreError where error.code == .fenced {
        // Another process folds for the same group. What it committed stands, ours never happened;
        // one of the two gets on each time, so this ends.
        (checkpoint, fold) = try Self.load(store, rule)
        uncommittedSince = nil
        countedEmissions = 0
        countedRefusals = 0
      }
    }
    summary.progress = fold.aggregator.progress
    summary.nextOffset = checkpoint.nextOffset
    return summary
  }

  private func runUntilFenced(_ shouldContinue: () throws -> Bool) throws {
    // Also over an empty topic the job's rule is settled before anything else.
    if !HourlyGroup.hasRule(checkpoint) { try commit() }
    let reader = JudgedReader(
      try store.reader(of: TopicName.raw, from: fold.nextOffset), quality: rule.quality)
    while !options.shouldStop() {
      guard let batch = try reader.next() else {
        try checkStillCurrent()
        if try shouldContinue() {
          if isCommitDue { try commit() }
          continue
        }
        // The input may have grown between the look and the answer.
        if try store.read({ try $0.topic(TopicName.raw).nextOffset }) > fold.nextOffset { continue }
        break
      }
      uncommittedSince = uncommittedSince ?? Self.now()
      try fold.fold(
        batch, until: Offset(Int64.max), recordsPerCommit: options.recordsPerCommit, commit: commit)
      // A commit in the middle of the batch leaves its rest, which must not wait for another batch.
      if fold.uncommittedCount > 0 { uncommittedSince = uncommittedSince ?? Self.now() }
      if isCommitDue { try commit() }
    }
    if fold.uncommittedCount > 0 { try commit() }
  }

  /// A reset, or another job of the group, may have moved the checkpoint while there was nothing to do.
  private func checkStillCurrent() throws {
    let stored = try store.read { try HourlyGroup.checkpoint($0)?.epoch }
    guard stored == checkpoint.epoch else {
      throw StoreError(.fenced, "the checkpoint of group \(GroupName.hourly) was moved")
    }
  }

  private var isCommitDue: Bool {
    if fold.hasShownChanges { return true }
    guard let uncommittedSince, fold.uncommittedCount > 0 else { return false }
    return Double(Self.now() - uncommittedSince) >= options.secondsPerCommit * 1000
  }

  private func commit() throws {
    var next = checkpoint
    next.nextOffset = fold.nextOffset
    next.fingerprint = rule.fingerprint
    next.jobState = fold.aggregator.progress.encoded()
    let folded = fold.nextOffset - checkpoint.nextOffset
    let emitted = fold.outputs.emittedCount
    let refused = fold.outputs.refusedCount
    var highWatermark = Offset.zero
    checkpoint = try store.write { transaction in
      try fold.save(in: transaction)
      try WatermarkMarks.save(fold.takeBatchStarts(), rule.quality, in: transaction)
      highWatermark = try transaction.topic(TopicName.raw).nextOffset
      return try transaction.save(next)
    }
    fold.noteCommitted()
    uncommittedSince = nil
    summary.recordCount += folded
    summary.emittedCount += emitted - countedEmissions
    summary.refusedCount += refused - countedRefusals
    countedEmissions = emitted
    countedRefusals = refused
    options.onProgress?(checkpoint.nextOffset, highWatermark)
  }

  private var countedEmissions: Int64 = 0
  private var countedRefusals: Int64 = 0

  /// Decides only when a micro-batch is committed, never what it holds.
  private static func now() -> Int64 { MonotonicClock.milliseconds() }
}
