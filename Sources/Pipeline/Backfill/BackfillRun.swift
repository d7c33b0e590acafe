// One run of a backfill: which files have changed, and what is committed of them.

import Aggregation
import Dispatch
import Glibc
import LogStore
import Observations
import Synchronization

final class BackfillRun {
  private let store: LogStore
  private let rule: BackfillRule
  private let options: BackfillOptions
  private var summary = BackfillSummary()
  /// What the store holds, once everything that waits is committed.
  private var files: [FileKey: FileRecord] = [:]
  private var contents: [ContentID: ContentRecord] = [:]
  /// How many files have a content.
  private var useCounts: [ContentID: Int] = [:]
  /// Which files had a content before this run.
  private lazy var pathsAtStart = Dictionary(grouping: files.keys) { files[$0]?.content }
  /// Which paths had members before this run.
  private var archivesAtStart: Set<FileKey> = []
  /// The stations of contents that this run has added.
  private var newStations: Set<[UInt8]> = []
  private var waiting: [BackfillResult] = []
  private var waitingByteCount = 0
  private var lastCommit = ContinuousClock.now
  private var lastProgress = ContinuousClock.now

  /// Commits are made at the latest when so much waits, or after so long.
  private static let waitingBytesMax = 16 << 20
  private static let waitingTimeMax = Duration.seconds(1)

  init(store: LogStore, rule: BackfillRule, options: BackfillOptions) {
    self.store = store
    self.rule = rule
    self.options = options
  }

  func run(_ paths: [String]) throws -> BackfillSummary {
    try store.read { view in
      files = try BackfillStore.files(view)
      contents = try BackfillStore.contents(view)
    }
    for record in files.values { if let id = record.content { useCounts[id, default: 0] += 1 } }
    archivesAtStart = Set(files.keys.compactMap(\.archive))
    var input = BackfillInput(paths, shouldStop: options.shouldStop)
    summary.fileCount = input.files.count
    summary.failures = input.failures
    input.files.removeAll { file in
      guard let key = file.key, let stamp = files[key]?.stamp else { return false }
      return stamp == file.stamp
    }
    summary.unchangedCount = summary.fileCount - input.files.count
    // The largest first, so that no thread is left alone with it in the end.
    input.files.sort { ($1.stamp.byteCount, $0.path) < ($0.stamp.byteCount, $1.path) }
    try fold(input.files)
    withExtendedLifetime(input.spools) {}
    summary.wasInterrupted = options.shouldStop()
    summary.sharedHourCount = try sharedHourCount()
    return summary
  }

  /// Looks at the stations of new contents that other contents have too.
  private func sharedHourCount() throws -> Int {
    var contentCounts: [[UInt8]: Int] = [:]
    for record in contents.values {
      for station in record.stations { contentCounts[station, default: 0] += 1 }
    }
    var sharedCount = 0
    try store.read { view in
      for station in newStations where contentCounts[station, default: 0] > 1 {
        try BackfillResults.forEachStation(station, in: view) { sharedCount += $1 }
      }
    }
    return sharedCount
  }

  private func fold(_ files: [BackfillFile]) throws {
    let work = BackfillWork(files, rule, options)
    let total = files.reduce(0) { $0 + $1.stamp.byteCount }
    work.start()
    var runningCount = work.threadCount
    var failure: (any Error)?
    while runningCount > 0 {
      switch work.results.receive() {
      case .finished: runningCount -= 1
      case .failed(let fault): summary.failures.append(fault)
      case let result where failure == nil:
        take(result)
        if waitingByteCount >= Self.waitingBytesMax
          || ContinuousClock.now - lastCommit >= Self.waitingTimeMax
        {
          // After a failed commit the threads must still come to their end.
          do { try commit() } catch {
            failure = error
            work.stop()
          }
        }
      default: break
      }
      tellProgress(work, total)
    }
    if let failure { throw failure }
    try commit()
    summary.fileByteCount = work.fileByteCount.load(ordering: .relaxed)
    summary.failures.sort { ($0.path, $0.line ?? 0) < ($1.path, $1.line ?? 0) }
    summary.refusedExamples.sort { ($0.path, $0.line ?? 0) < ($1.path, $1.line ?? 0) }
  }

  private func take(_ result: BackfillResult) {
    if case .folded(_, _, let content) = result {
      summary.readCount += 1
      waitingByteCount += content.byteCount
    }
    waiting.append(result)
  }

  // MARK: Commits

  private func commit() throws {
    guard !waiting.isEmpty else { return }
    try store.write { transaction in
      for result in waiting {
        switch result {
        case .folded(let key, let record, let content):
          try keep(content, transaction)
          // A stream has no path: its content is its name.
          try keep(record, at: key ?? FileKey(stream: content.id), transaction)
          // Where an archive was, a file has taken its place.
          if let key, archivesAtStart.contains(key) {
            try forgetMembers(of: key, but: [], transaction)
          }
        case .archive(let key, let record, let memberKeys):
          if let key { try keep(archive: key, record, memberKeys, transaction) }
        case .failed, .finished: break
        }
      }
    }
    waiting.removeAll()
    waitingByteCount = 0
    lastCommit = .now
  }

  private func keep(_ content: FoldedContent, _ transaction: WriteTransaction) throws {
    guard contents[content.id] == nil else {
      summary.knownCount += 1
      return
    }
    try BackfillStore.save(content, in: transaction)
    contents[content.id] = content.record
    newStations.formUnion(content.record.stations)
    summary.counts.merge(content.record.counts)
    summary.quarantinedCount += content.refusedRows.reduce(0) { $0 + Int64($1.recordCount) }
    let room = IngestSummary.exampleCountMax - summary.refusedExamples.count
    summary.refusedExamples += content.refusedExamples.prefix(max(0, room))
  }

  private func keep(
    _ record: FileRecord, at key: FileKey, _ transaction: WriteTransaction
  ) throws {
    let old = files.updateValue(record, forKey: key)
    guard old != record else { return }
    try BackfillStore.save(record, at: key, in: transaction)
    if let id = record.content { useCounts[id, default: 0] += 1 }
    if let id = old?.content { try giveUp(id, transaction) }
    if let id = record.content { try forgetPathsBeforeMove(id, key, transaction) }
  }

  /// A file that has been moved has its content under its new path alone: when it changes there, no path that
  /// leads nowhere may keep what it gave before.
  private func forgetPathsBeforeMove(
    _ id: ContentID, _ key: FileKey, _ transaction: WriteTransaction
  ) throws {
    guard useCounts[id, default: 0] > 1 else { return }
    for other in pathsAtStart[id] ?? [] where other != key && files[other]?.content == id {
      guard other.namesMissingFile else { continue }
      files[other] = nil
      try BackfillStore.removeFile(other, in: transaction)
      try giveUp(id, transaction)
      // Back again, the archive must be read again.
      if let archive = other.archive, files.removeValue(forKey: archive) != nil {
        try BackfillStore.removeFile(archive, in: transaction)
      }
    }
  }

  private func keep(
    archive key: FileKey, _ record: FileRecord, _ memberKeys: Set<FileKey>,
    _ transaction: WriteTransaction
  ) throws {
    try keep(record, at: key, transaction)
    try forgetMembers(of: key, but: memberKeys, transaction)
  }

  private func forgetMembers(
    of archive: FileKey, but memberKeys: Set<FileKey>, _ transaction: WriteTransaction
  ) throws {
    let gone = files.keys.filter { $0.isMember(of: archive) && !memberKeys.contains($0) }
    for gone in gone.sorted() {
      let old = files.removeValue(forKey: gone)
      try BackfillStore.removeFile(gone, in: transaction)
      if let id = old?.content { try giveUp(id, transaction) }
    }
  }

  /// A file no longer has a content: when no other has it either, its partials go.
  private func giveUp(_ id: ContentID, _ transaction: WriteTransaction) throws {
    useCounts[id, default: 0] -= 1
    guard useCounts[id] == 0 else { return }
    useCounts[id] = nil
    guard let record = contents.removeValue(forKey: id) else { return }
    try BackfillStore.removeContent(id, record, in: transaction)
  }

  private func tellProgress(_ work: BackfillWork, _ total: Int64) {
    guard let onProgress = options.onProgress,
      ContinuousClock.now - lastProgress >= .milliseconds(100)
    else { return }
    lastProgress = .now
    onProgress(
      BackfillProgress(
        fileCount: summary.readCount,
        fileByteCount: work.fileByteCount.load(ordering: .relaxed), fileByteTotal: total))
  }
}
