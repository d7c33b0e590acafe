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
  /// The result hash of the store itself.
  public var storeHash = ""
  /// Emissions compared byte for byte.
  public var emissionCount: Int64 = 0
  /// Why emissions were not compared; nil when they were.
  public var emissionsNotCompared: String?
  /// Windows whose figures were compared.
  public var windowCount: Int64 = 0
  /// Windows that began before the replay's first record, and so cannot be compared.
  public var olderWindowCount: Int64 = 0
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
  private let checkpoint: Checkpoint
  private let progress: AggregationProgress
  private let rule: AggregationRule

  /// - Parameter rule: nil for the one of the checkpoint.
  /// - Throws: `StoreError.unknown` when nothing was aggregated yet.
  public init(store: LogStore, rule: AggregationRule? = nil) throws {
    self.store = store
    let stored = try store.read {
      try $0.checkpoint(group: GroupName.hourly, topic: TopicName.raw)
    }
    guard let stored, !stored.fingerprint.isEmpty,
      let storedRule = AggregationRule(fingerprint: stored.fingerprint)
    else {
      throw StoreError(
        .unknown, "nothing has been aggregated in \(store.path) yet",
        remedy: "Run `moaa aggregate` first")
    }
    checkpoint = stored
    progress = try AggregationJob.progress(of: stored)
    self.rule = rule ?? storedRule
  }

  /// Refolds from a position to the checkpoint.
  /// - Parameters:
  ///   - verify: whether to compare with what the store holds.
  ///   - onProgress: told the next offset and the last one, a batch at a time.
  public func run(
    from position: LogPosition, verify: Bool, onProgress: (Offset, Offset) -> Void = { _, _ in },
    shouldStop: () -> Bool = { false }
  ) throws -> ReplayReport {
    if verify, rule.fingerprint != checkpoint.fingerprint {
      throw JobRuleChanged(stored: checkpoint.fingerprint, wanted: rule.fingerprint)
    }
    var report = ReplayReport()
    report.until = checkpoint.nextOffset
    report.from = try store.read {
      min(try position.offset(in: $0.topic(TopicName.raw), $0), checkpoint.nextOffset)
    }
    let scratch = try ScratchStore(beside: store.path)
    try refold(into: scratch.store, &report, onProgress, shouldStop)
    report.resultHash = try scratch.store.read { try ResultHash.compute($0) }
    report.storeHash = try store.read { try ResultHash.compute($0) }
    if verify {
      try compareWindows(scratch.store, &report)
      try compareEmissions(scratch.store, &report)
    }
    return report
  }

  private func refold(
    into scratch: LogStore, _ report: inout ReplayReport, _ onProgress: (Offset, Offset) -> Void,
    _ shouldStop: () -> Bool
  ) throws {
    var begun = AggregationProgress()
    begun.originOffset = report.from.rawValue
    begun.revisionOrigin = progress.revisionOrigin
    // Whether a record came too late depends on those before it.
    begun.latestEventSeconds = try LatestEvent.seconds(before: report.from, rule, in: store)
    try scratch.write { try HourlyFold.createTopics(in: $0) }
    let fold = try HourlyFold(rule: rule, progress: begun, from: report.from, windows: scratch)
    let commit = {
      try scratch.write { try fold.save(in: $0) }
      fold.noteCommitted()
    }
    let reader = JudgedReader(
      try store.reader(of: TopicName.raw, from: report.from), quality: rule.quality)
    while fold.nextOffset < report.until, let batch = try reader.next() {
      if shouldStop() { throw ReplayInterrupted() }
      try fold.fold(batch, until: report.until, recordsPerCommit: 131_072, commit: commit)
      onProgress(fold.nextOffset, report.until)
    }
    try commit()
    report.recordCount = fold.nextOffset - report.from
  }

  // MARK: Comparison

  /// Every window that began at or after the replay's first record must have the same figures.
  private func compareWindows(_ scratch: LogStore, _ report: inout ReplayReport) throws {
    try store.read { kept in
      try scratch.read { again in
        try kept.forEachState(group: GroupName.hourly) { key, day, value in
          let key = Array(key)
          let other = try again.state(group: GroupName.hourly, key: key, block: day)
          guard let mine = DayBlock(value),
            let theirs = other == nil ? DayBlock() : other!.withUnsafeBytes({ DayBlock($0) })
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
  }

  private func compare(
    _ kept: WindowSlot, _ again: WindowSlot, _ key: [UInt8], _ hour: Int64,
    _ report: inout ReplayReport
  ) {
    if kept.accumulator.count > 0, kept.firstOffset < report.from.rawValue {
      report.olderWindowCount += 1
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

  /// A replay that began where the job began must have emitted the very same records.
  private func compareEmissions(_ scratch: LogStore, _ report: inout ReplayReport) throws {
    guard report.from.rawValue == progress.originOffset else {
      report.emissionsNotCompared =
        "the aggregation began at offset \(progress.originOffset), the replay at \(report.from)"
      return
    }
    guard report.olderWindowCount == 0 else {
      report.emissionsNotCompared =
        "a reset kept \(report.olderWindowCount) windows that began before offset \(report.from)"
      return
    }
    for (topic, origin) in [
      (TopicName.hourly, progress.hourlyOutputOrigin),
      (TopicName.hourlyByStation, progress.stationOutputOrigin),
    ] {
      let kept = try store.read { try $0.topic(topic) }
      let again = try scratch.read { try $0.topic(topic) }
      let keptCount = kept.nextOffset.rawValue - origin
      if keptCount != again.recordCount {
        report.note(
          "\(topic): the store has \(keptCount) emissions, the replay \(again.recordCount)")
      }
      // Retention may have taken the first emissions.
      let first = max(kept.startOffset.rawValue, origin)
      guard first - origin <= again.nextOffset.rawValue else { continue }
      try compare(
        RecordCursor(try store.reader(of: topic, from: Offset(first))),
        RecordCursor(try scratch.reader(of: topic, from: Offset(first - origin))), topic, &report)
    }
  }

  private func compare(
    _ kept: RecordCursor, _ again: RecordCursor, _ topic: String, _ report: inout ReplayReport
  ) throws {
    while let mine = try kept.next(), let theirs = try again.next() {
      report.emissionCount += 1
      if mine.key != theirs.key || mine.value != theirs.value {
        report.note(
          "\(topic), offset \(mine.offset): the store has \(Self.text(mine)), "
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
