// Lines that have been received and not committed yet.
//
// A commit appends them and, with them, says how far each source has come and which control record is due.

import Aggregation
import LogStore
import Observations
import Pipeline

/// Collects lines for one transaction at a time. Used by one thread.
final class Receipt {
  private let store: LogStore
  private let raw = BatchPacker()
  private let quarantine = BatchPacker()
  private(set) var schedule: ControlSchedule
  private(set) var counts = ListenCounts()
  /// Lines since the last commit.
  private(set) var lineCount = 0
  private(set) var byteCount = 0
  /// When the first of them came, by the monotonic clock in milliseconds.
  private(set) var firstTime: Int64?
  private var sources: [SourceLabel: Source] = [:]

  /// How far a source has come, with what is not committed yet.
  private struct Source {
    var reach: SourceReach
    /// The position that the store holds; nil: none.
    var stored: Int64?
  }

  /// - Parameter counts: of what was received before.
  init(store: LogStore, _ options: ListenOptions, counts: ListenCounts = ListenCounts()) throws {
    self.store = store
    self.counts = counts
    try store.write {
      try RawTopic.register(in: $0)
      try $0.createTopic(TopicName.quarantine, retention: Retention(milliseconds: nil))
    }
    let end = try RawTopicEnd.read(store)
    schedule = ControlSchedule(
      triggerMilliseconds: options.triggerMilliseconds, idleMilliseconds: options.idleMilliseconds,
      now: MonotonicClock.milliseconds(), end: end)
  }

  /// How far a source has come, as the store has it; nothing of it may be uncommitted.
  func reach(of label: SourceLabel) throws -> SourceReach {
    let stored = try store.read { try $0.sourcePositions(Self.name(label)) }.first
    var reach = SourceReach()
    if let stored {
      guard let chain = Self.chain(stored.detail) else {
        throw StoreError(
          .damaged, "what the store holds of \(Self.name(label)) does not decode",
          remedy: "Run `moaa log verify --deep` to see whether the store is damaged")
      }
      reach = SourceReach(lineCount: stored.position, chain: chain)
    }
    sources[label] = Source(reach: reach, stored: stored?.position)
    return reach
  }

  /// Takes a line, which is an observation or goes to quarantine.
  /// - Parameters:
  ///   - number: the line's, as its sender counts.
  /// - Returns: why it is no observation; nil when it is one.
  func take(
    _ line: LineSplitter.Line, number: Int64, from label: SourceLabel?, now: Int64
  ) -> RejectionReason? {
    if let label {
      sources[label]?.reach.lineCount += 1
      sources[label]?.reach.chain.add(line.bytes)
    }
    lineCount += 1
    byteCount += line.bytes.count
    if firstTime == nil { firstTime = now }
    if line.isCut { return refuse(line.bytes, .lineTooLong, number, label) }
    return RawObservation.read(line.bytes) { result in
      switch result {
      case .failure(let fault): return refuse(line.bytes, fault.reason, number, label)
      case .success(let parts):
        let seconds = parts.time.secondsSinceEpoch
        raw.append(eventTime: seconds * 1000, key: parts.station, value: line.bytes)
        schedule.note(
          eventSeconds: seconds,
          receivedSeconds: Timestamp.floorDivide(store.options.clock.nowMilliseconds(), 1000),
          now: now)
        return nil
      }
    }
  }

  /// A line that holds nothing is acknowledged like the others.
  func noteEmptyLine(now: Int64) {
    if firstTime == nil { firstTime = now }
  }

  /// Another feed that is named by its content and has been stored: the same files, grown or with one more, are
  /// another feed.
  /// - Returns: its name; nil when `label` is not named so either, or there is none.
  func otherFeed(than label: SourceLabel) throws -> String? {
    guard label.isOfContent else { return nil }
    return try store.read { try $0.sources(prefix: Self.name("")) }
      .compactMap { SourceLabel(String($0.dropFirst(Self.name("").count))) }
      .first { $0.isOfContent && $0 != label }?.text
  }

  /// Of a line that is too long so much is kept, as of a file's.
  private static let keptByteCountMax = 4096

  private func refuse(
    _ bytes: UnsafeRawBufferPointer, _ reason: RejectionReason, _ number: Int64,
    _ label: SourceLabel?
  ) -> RejectionReason {
    let kept =
      reason == .lineTooLong
      ? UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.keptByteCountMax)) : bytes
    quarantine.append(
      eventTime: 0, key: nil, value: kept,
      headers: [
        RecordHeader(QuarantineHeader.reason, reason.rawValue),
        RecordHeader(QuarantineHeader.source, label.map(Self.name) ?? Self.unnamed),
        RecordHeader(QuarantineHeader.line, String(number)),
      ])
    return reason
  }

  /// Makes everything durable that was taken, with the control record that is due.
  /// - Parameter last: written at the end when records have come that none has followed yet.
  /// - Throws: `StoreError`; nothing of it is stored then, and this must not be used on.
  func commit(now: Int64, last: ControlRecord? = nil) throws {
    let (recordCount, refusedCount) = (raw.recordCount, quarantine.recordCount)
    var batches = raw.take()
    let refused = quarantine.take()
    let control = schedule.takeDue(now: now) ?? (schedule.hasUnshown ? last : nil)
    if let control,
      let batch = RawTopic.batch(control, eventTime: schedule.eventTime)
    {
      batches.append(batch)
    }
    let moved = sources.filter { $0.value.reach.lineCount != $0.value.stored ?? 0 }
    lineCount = 0
    byteCount = 0
    firstTime = nil
    guard !batches.isEmpty || !refused.isEmpty || !moved.isEmpty else { return }
    try store.write { transaction in
      for batch in batches { try transaction.append(batch, to: TopicName.raw) }
      for batch in refused { try transaction.append(batch, to: TopicName.quarantine) }
      for (label, source) in moved {
        try transaction.save(
          SourcePosition(
            source: Self.name(label), partition: 0, position: source.reach.lineCount,
            detail: Self.detail(source.reach.chain)), expected: source.stored)
      }
    }
    for (label, source) in moved { sources[label]?.stored = source.reach.lineCount }
    counts.recordCount += Int64(recordCount)
    counts.refusedCount += Int64(refusedCount)
    if control != nil { counts.controlCount += 1 }
  }

  /// Forgets a source that nobody sends any more; nothing of it may be uncommitted.
  func forget(_ label: SourceLabel) { sources[label] = nil }

  // MARK: As kept

  private static let unnamed = "socket"

  private static func name(_ label: SourceLabel) -> String { name(label.text) }
  private static func name(_ text: String) -> String { "socket/\(text)" }

  private static func detail(_ chain: LineChain) -> [UInt8] {
    withUnsafeBytes(of: chain.value.littleEndian) { Array($0) }
  }

  private static func chain(_ detail: [UInt8]) -> LineChain? {
    guard detail.count == 8 else { return nil }
    return LineChain(
      value: detail.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) })
  }
}
