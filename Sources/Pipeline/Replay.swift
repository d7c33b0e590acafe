// Folds the raw log again, into a store of its own, and compares what comes out with what is kept.

import Aggregation
import Glibc
import LogStore
import Observations

/// What a replay found.
public struct ReplayReport: Sendable {
  public var from = Offset.zero
  public var until = Offset.zero
  public var recordCount: Int64 = 0
  /// The result hash of what was refolded.
  public var resultHash = ""
  /// Emissions compared byte for byte.
  public var emissionCount: Int64 = 0
  /// Why emissions were not compared; nil when they were.
  public var emissionsNotCompared: String?
  /// Windows whose figures were compared.
  public var windowCount: Int64 = 0
  /// Windows that began before the replay's first record, and so cannot be compared.
  public var olderWindowCount: Int64 = 0
  /// Windows that a reset kept, with records which the aggregation has yet to fold again: the replay
  /// does not reach them either, so they cannot be compared.
  public var aheadWindowCount: Int64 = 0
  /// One sentence for each difference, up to `differenceCountMax`.
  public var differences: [String] = []
  public var differenceCount: Int64 = 0

  public static let differenceCountMax = 20

  mutating func note(_ difference: String) {
    differenceCount += 1
    if differences.count < Self.differenceCountMax { differences.append(difference) }
  }
}

/// Replays a store's raw topic up to the aggregation's checkpoint.
public struct Replay {
  let store: LogStore
  /// Where the aggregation stands, as far as this replay knows: it may move on meanwhile.
  private var checkpoint: Checkpoint
  private var progress: AggregationProgress
  private let rule: AggregationRule

  /// - Parameter rule: nil for the one of the checkpoint.
  /// - Throws: `StoreError.unknown` when nothing was aggregated yet.
  public init(store: LogStore, rule: AggregationRule? = nil) throws {
    self.store = store
    guard let stored = try store.read({ try HourlyGroup.checkpoint($0) }),
      let storedRule = AggregationRule(fingerprint: stored.fingerprint)
    else {
      throw StoreError(
        .unknown, "nothing has been aggregated in \(store.path) yet",
        remedy: "Run `moaa aggregate` first")
    }
    checkpoint = stored
    progress = try HourlyGroup.progress(of: stored)
    self.rule = rule ?? storedRule
  }

  /// Refolds from a position to the checkpoint.
  ///
  /// The comparison is with one view of the store. When the aggregation has moved on until it is
  /// opened, the replay first folds what has come since.
  /// - Parameters:
  ///   - verify: whether to compare with what the store holds.
  ///   - onProgress: told the next offset and the last one, a batch at a time.
  /// - Throws: `StoreError.fenced` when the group was reset meanwhile; `ReplayInterrupted`.
  public func run(
    from position: LogPosition, verify: Bool, onProgress: (Offset, Offset) -> Void = { _, _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> ReplayReport {
    var replay = self
    return try replay.follow(position, verify, onProgress, shouldStop)
  }

  private mutating func follow(
    _ position: LogPosition, _ verify: Bool, _ onProgress: (Offset, Offset) -> Void,
    _ shouldStop: () -> Bool
  ) throws -> ReplayReport {
    if verify, rule.fingerprint != checkpoint.fingerprint {
      throw JobRuleChanged(stored: checkpoint.fingerprint, wanted: rule.fingerprint)
    }
    var report = ReplayReport()
    report.from = try store.read {
      min(try position.offset(in: $0.topic(TopicName.raw), $0), checkpoint.nextOffset)
    }
    let scratch = try ScratchStore(beside: store.path)
    let fold = try begin(at: report.from, in: scratch.store)
    while true {
      report.until = checkpoint.nextOffset
      try refold(fold, until: report.until, into: scratch.store, onProgress, shouldStop)
      guard verify, try !compareWithView(scratch.store, &report) else { break }
    }
    report.recordCount = report.until - report.from
    report.resultHash = try scratch.store.read {
      try ResultHash.compute($0, shouldStop: shouldStop)
    }
    return report
  }

  private func begin(at offset: Offset, in scratch: LogStore) throws -> HourlyFold {
    var begun = AggregationProgress()
    begun.originOffset = offset.rawValue
    begun.revisionOrigin = progress.revisionOrigin
    // Whether a record came too late depends on those before it.
    begun.clock = try EventClock.before(offset, rule, in: store)
    try scratch.write { try HourlyFold.createTopics(in: $0) }
    return try HourlyFold(rule: rule, progress: begun, from: offset, windows: scratch)
  }

  private func refold(
    _ fold: HourlyFold, until: Offset, into scratch: LogStore,
    _ onProgress: (Offset, Offset) -> Void, _ shouldStop: () -> Bool
  ) throws {
    let commit = {
      try scratch.write { try fold.save(in: $0) }
      _ = fold.takeBatchStarts()
      fold.noteCommitted()
    }
    do {
      let reader = JudgedReader(
        try store.reader(of: TopicName.raw, from: fold.nextOffset), quality: rule.quality)
      while fold.nextOffset < until, let batch = try reader.next() {
        if shouldStop() { throw ReplayInterrupted() }
        try fold.fold(batch, until: until, recordsPerCommit: 131_072, commit: commit)
        onProgress(fold.nextOffset, until)
      }
    } catch let error as StoreError where error.code == .offsetOutOfRange {
      throw StoreError(
        .fenced, "retention has removed records meanwhile that the replay had not read yet",
        remedy: "Run the replay again")
    }
    try commit()
  }

  // MARK: Comparison

  /// Compares in one view of the store, unless the checkpoint has moved since the fold: then it takes
  /// over the new one.
  /// - Returns: whether it compared.
  private mutating func compareWithView(
    _ scratch: LogStore, _ report: inout ReplayReport
  ) throws -> Bool {
    var emissions: [EmissionRange] = []
    let current = try store.read { kept in
      guard let current = try HourlyGroup.checkpoint(kept), current.epoch == checkpoint.epoch else {
        return try HourlyGroup.checkpoint(kept)
      }
      try compareWindows(kept, scratch, &report)
      emissions = try emissionRanges(kept, &report)
      return current
    }
    guard let current, current.fingerprint == checkpoint.fingerprint,
      current.nextOffset >= checkpoint.nextOffset,
      case let currentProgress = try HourlyGroup.progress(of: current),
      currentProgress.originOffset == progress.originOffset,
      currentProgress.revisionOrigin == progress.revisionOrigin
    else {
      throw StoreError(
        .fenced, "group \(GroupName.hourly) was reset meanwhile", remedy: "Run the replay again")
    }
    guard current.epoch == checkpoint.epoch else {
      (checkpoint, progress) = (current, currentProgress)
      return false
    }
    for range in emissions { try compare(range, scratch, &report) }
    return true
  }

  /// Every window that began at or after the replay's first record must have the same figures.
  private func compareWindows(
    _ kept: ReadTransaction, _ scratch: LogStore, _ report: inout ReplayReport
  ) throws {
    try scratch.read { again in
      try kept.forEachDayBlock { key, day, mine in
        let other = try again.state(group: GroupName.hourly, key: key, block: day)
        guard let theirs = other == nil ? DayBlock() : other!.withUnsafeBytes({ DayBlock($0) })
        else { throw DamagedWindowState(key: key, day: day) }
        for hour in 0..<24 {
          compare(mine.slots[hour], theirs.slots[hour], key, day * 24 + Int64(hour), &report)
        }
      }
      try again.forEachState(group: GroupName.hourly) { key, day, _ in
        let key = Array(key)
        if try kept.state(group: GroupName.hourly, key: key, block: day) == nil {
          report.note("\(Self.name(key, day * 24)): a day that the store does not have")
        }
      }
    }
  }

  private func compare(
    _ kept: WindowSlot, _ again: WindowSlot, _ key: [UInt8], _ hour: Int64,
    _ report: inout ReplayReport
  ) {
    if kept.accumulator.count > 0, kept.firstOffset < report.from.rawValue {
      report.olderWindowCount += 1
      return
    }
    if kept.accumulator.count > 0, kept.lastOffset >= report.until.rawValue {
      report.aheadWindowCount += 1
      return
    }
    guard kept.accumulator.count > 0 || again.accumulator.count > 0 else { return }
    report.windowCount += 1
    if kept.accumulator != again.accumulator {
      report.note(
        "\(Self.name(key, hour)): the store has \(Self.figures(kept.accumulator)), "
          + "the replay \(Self.figures(again.accumulator))")
    }
  }

  private static func name(_ key: [UInt8], _ hour: Int64) -> String {
    (key.isEmpty ? "all stations" : "station \(String(decoding: key, as: UTF8.self))")
      + ", \(Timestamp(secondsSinceEpoch: hour * 3600))"
  }

  private static func figures(_ figures: Accumulator) -> String {
    figures.count == 0
      ? "no record"
      : "count \(figures.count), sum \(figures.sumTenths), min \(figures.minTenths), "
        + "max \(figures.maxTenths) (tenths)"
  }

  /// Emissions of a topic which the store has from one offset up to another; the topic may grow.
  private struct EmissionRange {
    let topic: String
    /// The topic's next offset when the aggregation began.
    let origin: Int64
    /// Retention may have taken the first emissions.
    let first: Int64
    let end: Int64
  }

  /// A replay that began where the job began must have emitted the very same records.
  private func emissionRanges(
    _ kept: ReadTransaction, _ report: inout ReplayReport
  ) throws -> [EmissionRange] {
    guard report.from.rawValue == progress.originOffset else {
      report.emissionsNotCompared =
        "the aggregation began at offset \(progress.originOffset), the replay at \(report.from)"
      return []
    }
    guard report.olderWindowCount == 0 else {
      report.emissionsNotCompared =
        "a reset kept \(report.olderWindowCount) windows that began before offset \(report.from)"
      return []
    }
    return try [
      (TopicName.hourly, progress.hourlyOutputOrigin),
      (TopicName.hourlyByStation, progress.stationOutputOrigin),
    ].map { name, origin in
      let topic = try kept.topic(name)
      return EmissionRange(
        topic: name, origin: origin, first: max(topic.startOffset.rawValue, origin),
        end: topic.nextOffset.rawValue)
    }
  }

  private func compare(
    _ range: EmissionRange, _ scratch: LogStore, _ report: inout ReplayReport
  ) throws {
    let again = try scratch.read { try $0.topic(range.topic) }
    let keptCount = range.end - range.origin
    if keptCount != again.recordCount {
      report.note(
        "\(range.topic): the store has \(keptCount) emissions, the replay \(again.recordCount)")
    }
    guard range.first - range.origin <= again.nextOffset.rawValue else { return }
    try compare(
      RecordCursor(try store.reader(of: range.topic, from: Offset(range.first))),
      RecordCursor(
        try scratch.reader(of: range.topic, from: Offset(range.first - range.origin))), range,
      &report)
  }

  private func compare(
    _ kept: RecordCursor, _ again: RecordCursor, _ range: EmissionRange,
    _ report: inout ReplayReport
  ) throws {
    while let mine = try kept.next(), mine.offset.rawValue < range.end,
      let theirs = try again.next()
    {
      report.emissionCount += 1
      if mine.key != theirs.key || mine.value != theirs.value {
        report.note(
          "\(range.topic), offset \(mine.offset): the store has \(Self.text(mine)), "
            + "the replay \(Self.text(theirs))")
      }
    }
  }

  private static func text(_ record: KeptRecord) -> String {
    String(decoding: record.value ?? [], as: UTF8.self)
  }
}

/// The replay was asked to stop.
public struct ReplayInterrupted: Error {}
