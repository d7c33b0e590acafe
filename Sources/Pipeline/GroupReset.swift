// Moves the hourly aggregation back, so that it folds part of the log again.
//
// Windows that hold records of the part that will be folded again are forgotten, if the log still
// has all of their records; a window that began before that part stays, and the fold skips the
// records that it holds already. So no figure is lost, even where retention has been.

import Aggregation
import LogStore
import Observations

/// What a reset would do, or did.
public struct GroupReset: Sendable {
  public let from: Offset
  public let to: Offset
  /// Windows that will be made again.
  public var forgottenCount: Int64 = 0
  /// Windows that began before `to` and stay.
  public var keptCount: Int64 = 0
  /// Of those, windows that also hold records from `to` on.
  public var straddlingCount: Int64 = 0
  /// Whether the job may continue under another rule.
  public var allowsNewRule = false

  /// Works out a reset and, unless it is only a rehearsal, carries it out.
  /// - Throws: `StoreError.unknown` for a group that is not there.
  public static func run(
    group: String, to position: LogPosition, in store: LogStore, isRehearsal: Bool
  ) throws -> GroupReset {
    if isRehearsal { return try store.read { try plan(group, position, $0).reset } }
    // The scan for the watermark may be long, so it is made before the transaction; the checkpoint's
    // epoch makes sure that nothing has moved in between.
    let (checkpoint, target) = try store.read { view in
      let plan = try plan(group, position, view)
      return (plan.checkpoint, plan.reset.to)
    }
    // After a reset to earliest the rule is open; then the default one decides what was accepted.
    let rule = AggregationRule(fingerprint: checkpoint.fingerprint) ?? AggregationRule()
    let clock = try EventClock.before(target, rule, in: store)
    return try store.write { transaction in
      var (reset, current) = try plan(group, position, transaction)
      guard current.epoch == checkpoint.epoch, reset.to == target else {
        throw StoreError(
          .fenced, "the group moved on meanwhile", remedy: "Stop the aggregation, then try again")
      }
      if target == .zero { try transaction.removeAllState(group: group) }
      for block in try blocksToChange(target, transaction) {
        if let content = block.content {
          try transaction.setState(
            group: group, key: block.key, block: block.day, pending: content.isPending,
            value: content.encoded())
        } else {
          try transaction.removeState(group: group, key: block.key, block: block.day)
        }
      }
      // What no longer decodes must not keep anybody from starting over. No revision is above the
      // number of emissions.
      let old: AggregationProgress
      do {
        old = try HourlyGroup.progress(of: current)
      } catch let error as StoreError {
        guard target == .zero else { throw error }
        var lost = AggregationProgress()
        lost.revisionMax = max(
          try nextOffset(TopicName.hourly, transaction),
          try nextOffset(TopicName.hourlyByStation, transaction))
        old = lost
      }
      var progress = AggregationProgress()
      progress.originOffset = target.rawValue
      progress.hourlyOutputOrigin = try nextOffset(TopicName.hourly, transaction)
      progress.stationOutputOrigin = try nextOffset(TopicName.hourlyByStation, transaction)
      progress.revisionOrigin = max(old.revisionOrigin, old.revisionMax)
      progress.revisionMax = progress.revisionOrigin
      progress.clock = clock
      current.nextOffset = target
      current.jobState = progress.encoded()
      if reset.allowsNewRule { current.fingerprint = "" }
      try transaction.save(current)
      return reset
    }
  }

  private static func plan(
    _ group: String, _ position: LogPosition, _ view: ReadTransaction
  ) throws -> (reset: GroupReset, checkpoint: Checkpoint) {
    guard group == GroupName.hourly,
      let checkpoint = try view.checkpoint(group: group, topic: TopicName.raw)
    else {
      let names = try view.checkpoints().map(\.group).joined(separator: ", ")
      throw StoreError(
        .unknown, "there is no consumer group \(group)",
        remedy: names.isEmpty ? "Nothing has been aggregated yet" : "There is: \(names)")
    }
    let target = try position.offset(in: view.topic(TopicName.raw), view)
    guard target <= checkpoint.nextOffset else {
      throw StoreError(
        .offsetOutOfRange,
        "group \(group) stands at \(checkpoint.nextOffset); moving it on to \(target) would leave "
          + "records out of the hours",
        remedy: "Run `moaa aggregate` instead")
    }
    var reset = GroupReset(from: checkpoint.nextOffset, to: target)
    do {
      try forEachSlot(view) { slot in
        if slot.firstOffset >= target.rawValue {
          reset.forgottenCount += 1
        } else {
          reset.keptCount += 1
          if slot.lastOffset >= target.rawValue { reset.straddlingCount += 1 }
        }
      }
    } catch  where target == .zero {
      // All of it will be forgotten: that it is damaged must not keep anybody from that.
    } catch  where position == .earliest && Self.isDamage(error) {
      throw StoreError(
        .damaged, (error as? StoreError)?.message ?? "\(error)",
        remedy:
          "Retention has removed records that it may have been made from, and what the log made again "
          + "would look whole: make those hours from their files in another store")
    }
    // A kept window that goes on beyond the target would mix the records of two rules.
    reset.allowsNewRule =
      reset.keptCount == 0 || (position == .earliest && reset.straddlingCount == 0)
    return (reset, checkpoint)
  }

  private static func isDamage(_ error: any Error) -> Bool {
    (error as? StoreError)?.code == .damaged || error is DamagedWindowState
  }

  private static func forEachSlot(_ view: ReadTransaction, _ body: (WindowSlot) -> Void) throws {
    try view.forEachDayBlock { _, _, block in
      for hour in 0..<24 where block.slots[hour].accumulator.count > 0 { body(block.slots[hour]) }
    }
  }

  private struct BlockChange {
    let key: [UInt8]
    let day: Int64
    /// nil: nothing is left of it.
    let content: DayBlock?
  }

  private static func blocksToChange(
    _ target: Offset, _ view: ReadTransaction
  ) throws -> [BlockChange] {
    var changes: [BlockChange] = []
    try view.forEachDayBlock { key, day, stored in
      var block = stored
      var isChanged = false
      var isEmpty = true
      for hour in 0..<24 where block.slots[hour].accumulator.count > 0 {
        if block.slots[hour].firstOffset >= target.rawValue {
          block.slots[hour] = WindowSlot()
          isChanged = true
        } else {
          isEmpty = false
        }
      }
      if isChanged {
        changes.append(BlockChange(key: key, day: day, content: isEmpty ? nil : block))
      }
    }
    return changes
  }

  private static func nextOffset(_ topic: String, _ view: ReadTransaction) throws -> Int64 {
    try view.findTopic(topic)?.nextOffset.rawValue ?? 0
  }
}
