// Files → raw topic: rows in event-time order, each exactly once, however often it is run.
//
// Every transaction appends rows and, with them, says which rows of which files they were.

import Glibc
import LogStore
import Observations

/// How an ingest runs. But for the format, none of it changes what ends up in the log.
public struct IngestOptions: Sendable {
  /// The format of all files; nil to recognise each one's from its first bytes.
  public var inputFormat: ObservationFormat?
  /// A transaction holds at most so many records.
  public var recordsPerCommit: Int
  /// Told at most every tenth of a second while rows are appended.
  public var onProgress: (@Sendable (IngestProgress) -> Void)?
  /// Told once, when another process is ingesting into the same store.
  public var onWait: @Sendable () -> Void
  /// Asked many times a second while files are looked at, by several threads at once; then whenever a
  /// file is opened, after each commit, and when a signal comes while the run waits. True stops the
  /// run, with what was appended until then committed.
  public var shouldStop: @Sendable () -> Bool

  public init(
    inputFormat: ObservationFormat? = nil, recordsPerCommit: Int = 65_536,
    onProgress: (@Sendable (IngestProgress) -> Void)? = nil,
    onWait: @escaping @Sendable () -> Void = {},
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.inputFormat = inputFormat
    self.recordsPerCommit = recordsPerCommit
    self.onProgress = onProgress
    self.onWait = onWait
    self.shouldStop = shouldStop
  }
}

/// Ingests files of observations.
public struct Ingest {
  let store: LogStore
  let options: IngestOptions

  public init(store: LogStore, options: IngestOptions = IngestOptions()) {
    self.store = store
    self.options = options
  }

  /// Appends every row of the files that is not in the log yet, in event-time order.
  /// - Parameter paths: files, folders, or `-` for standard input.
  /// - Throws: `StoreError`. What is wrong with the input is in the summary.
  public func run(_ paths: [String]) throws -> IngestSummary {
    try store.write {
      try RawTopic.register(in: $0)
      try $0.createTopic(TopicName.quarantine, retention: Retention(milliseconds: nil))
    }
    do {
      return try store.withLock(
        .ingest, onWait: options.onWait, shouldGiveUp: options.shouldStop
      ) { try runAlone(paths) }
    } catch let error as StoreError where error.code == .busy && options.shouldStop() {
      return Self.interrupted
    }
  }

  private func runAlone(_ paths: [String]) throws -> IngestSummary {
    let input = OpenedInput(paths, shouldStop: options.shouldStop)
    if options.shouldStop() { return Self.interrupted }
    OpenedInput.raiseFileLimit()
    let planner = FilePlanner(
      store: store, format: options.inputFormat, shouldStop: options.shouldStop)
    let plan: IngestPlan
    do {
      plan = try planner.plan(input.files)
    } catch is IngestStopped {
      return Self.interrupted
    }
    var run = IngestRun(store: store, options: options, plan: plan)
    run.summary.fileCount = input.files.count
    run.summary.failures.insert(contentsOf: input.failures, at: 0)
    try run.run()
    withExtendedLifetime(input.spools) {}
    return run.summary
  }

  /// Of a run that was stopped before it had read anything.
  private static var interrupted: IngestSummary {
    var summary = IngestSummary()
    summary.wasInterrupted = true
    return summary
  }
}

/// One run over planned files.
private struct IngestRun {
  let store: LogStore
  let options: IngestOptions
  let plan: IngestPlan
  var summary = IngestSummary()
  private let cursors: [FileCursor]
  private let raw = BatchPacker()
  private let quarantine = BatchPacker()
  private let byteTotal: Int64
  private var lastProgress: ContinuousClock.Instant?
  /// Event time of the last row that went to the raw topic.
  private var lastSeconds: Int64?

  /// Reading the clock for every row would be felt.
  private static let rowsPerProgress = 1024

  init(store: LogStore, options: IngestOptions, plan: IngestPlan) {
    self.store = store
    self.options = options
    self.plan = plan
    cursors = FileCursor.all(of: plan, shouldStop: options.shouldStop)
    byteTotal = plan.files.reduce(0) { total, file in
      var status = stat()
      return total + (stat(file.path, &status) == 0 ? Int64(status.st_size) : 0)
    }
    summary.readCount = plan.files.count
    summary.knownCount = plan.knownCount
    summary.emptyCount = plan.emptyCount
    summary.divergingNames = plan.divergingNames
    summary.failures = plan.failures
  }

  mutating func run() throws {
    for (name, line) in plan.unfinished { try appendUnfinished(of: name, line) }
    let merge = FileMerge(cursors, shouldStop: options.shouldStop)
    var rowCount = 0
    while let cursor = merge.next() {
      append(cursor)
      merge.advance()
      rowCount += 1
      if rowCount.isMultiple(of: Self.rowsPerProgress) { tellProgress() }
      guard raw.recordCount + quarantine.recordCount >= options.recordsPerCommit else { continue }
      try commit(isLast: false)
      if options.shouldStop() {
        summary.wasInterrupted = true
        return
      }
    }
    guard merge.isAtEnd else {
      try commit(isLast: false)
      summary.wasInterrupted = true
      return
    }
    for cursor in cursors { finish(cursor) }
    try commit(isLast: true)
  }

  /// Appends a file's next row, to the topic where it belongs.
  private mutating func append(_ cursor: FileCursor) {
    cursor.takeHead { row, bytes in
      let valueStart = Int(row.start) + Int(row.stationByteCount)
      let value = UnsafeRawBufferPointer(
        rebasing: bytes[valueStart..<(valueStart + Int(row.valueByteCount))])
      if let reason = row.refusal {
        // In quarantine already, from when it was the file's last and not ended yet.
        if row.chain == cursor.progress.unfinishedHash { return }
        refuse(value, reason, name: cursor.plan.name, line: Int(row.line), seconds: row.seconds)
      } else {
        let station = UnsafeRawBufferPointer(rebasing: bytes[Int(row.start)..<valueStart])
        raw.append(eventTime: row.seconds &* 1000, key: station, value: value)
        summary.recordCount += 1
        lastSeconds = row.seconds
      }
    }
  }

  private mutating func refuse(
    _ bytes: UnsafeRawBufferPointer, _ reason: RejectionReason, name: String, line: Int,
    seconds: Int64
  ) {
    quarantine.append(
      eventTime: seconds == .min ? 0 : seconds * 1000, key: nil, value: bytes,
      headers: [
        RecordHeader(QuarantineHeader.reason, reason.rawValue),
        RecordHeader(QuarantineHeader.file, name),
        RecordHeader(QuarantineHeader.line, String(line)),
      ])
    summary.refusedCounts[reason, default: 0] += 1
    if summary.refusedExamples.count < IngestSummary.exampleCountMax {
      summary.refusedExamples.append(
        InputFailure(name, line: line, "\(reason.explanation) (\(reason.rawValue))"))
    }
  }

  /// A file has been read to its end: its last line and its fault, if any.
  private mutating func finish(_ cursor: FileCursor) {
    if let failure = cursor.end?.failure { summary.failures.append(failure) }
    if let line = cursor.end?.unfinished, line.hash != cursor.progress.unfinishedHash {
      line.bytes.withUnsafeBytes {
        refuse($0, line.reason, name: cursor.plan.name, line: line.line, seconds: .min)
      }
      cursor.noteUnfinished(line.hash)
    }
    summary.fileByteCount += cursor.fileByteCount
  }

  /// An unfinished line of a file without rows: known by its own hash.
  private mutating func appendUnfinished(of name: String, _ line: UnfinishedLine) throws {
    let source = UnfinishedLine.source(hash: line.hash)
    guard try store.read({ try $0.sourcePositions(source) }).isEmpty else { return }
    line.bytes.withUnsafeBytes {
      refuse($0, line.reason, name: name, line: line.line, seconds: .min)
    }
    let batches = quarantine.take()
    try store.write { transaction in
      for batch in batches { try transaction.append(batch, to: TopicName.quarantine) }
      try transaction.save(
        SourcePosition(source: source, partition: 0, position: 0, detail: []), expected: nil)
    }
  }

  private mutating func commit(isLast: Bool) throws {
    var rawBatches = raw.take()
    let quarantineBatches = quarantine.take()
    if isLast {
      let flush =
        rawBatches.isEmpty
        ? try RawTopic.flushIfNeeded(store)
        : RawTopic.flush(eventTime: (lastSeconds ?? 0) * 1000)
      if let flush { rawBatches.append(flush) }
    }
    let changed = cursors.filter(\.isChanged)
    if !rawBatches.isEmpty || !quarantineBatches.isEmpty || !changed.isEmpty {
      try store.write { transaction in
        for batch in rawBatches { try transaction.append(batch, to: TopicName.raw) }
        for batch in quarantineBatches { try transaction.append(batch, to: TopicName.quarantine) }
        for cursor in changed { try cursor.save(in: transaction) }
      }
      for cursor in changed { cursor.noteSaved() }
    }
    tellProgress()
  }

  private mutating func tellProgress() {
    guard let onProgress = options.onProgress else { return }
    let now = ContinuousClock.now
    if let lastProgress, now - lastProgress < .milliseconds(100) { return }
    lastProgress = now
    onProgress(
      IngestProgress(
        recordCount: summary.recordCount,
        fileByteCount: cursors.reduce(0) { $0 + $1.fileByteCount }, fileByteTotal: byteTotal))
  }
}
