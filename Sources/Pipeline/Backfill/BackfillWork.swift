// What a backfill has to read, and the threads that do it.

import Aggregation
import Dispatch
import Observations
import Synchronization

/// A file to read.
struct BackfillFile: Sendable {
  /// Where to read it.
  let path: String
  /// As the user knows it.
  let name: String
  /// Its path in the store: absolute, so that the folder that a command runs in makes no difference.
  /// nil for a stream, which is known by its content alone.
  let key: FileKey?
  /// As it was when it was found.
  let stamp: FileStamp
}

/// What a thread hands over.
enum BackfillResult: Sendable {
  /// A file, or a member of an archive, was folded.
  case folded(key: FileKey?, FileRecord, FoldedContent)
  /// An archive was read to its end; these are all its members' keys.
  case archive(key: FileKey?, FileRecord, memberKeys: Set<FileKey>)
  case failed(InputFailure)
  /// A thread has ended.
  case finished
}

/// The threads of a backfill.
final class BackfillWork: Sendable {
  let results: ResultChannel<BackfillResult>
  /// Bytes read so far.
  let fileByteCount = Atomic<Int64>(0)
  private let files: [BackfillFile]
  private let queue = Mutex(Queue())
  private let isStopped = Atomic(false)
  private let rule: BackfillRule
  private let options: BackfillOptions
  /// When all rows count as received: one moment, whichever thread reads them.
  private let receivedSeconds = FileStamp.now() / 1_000_000_000
  let threadCount: Int

  /// What has been begun.
  private struct Queue {
    var nextFile = 0
    /// The file of which parts are handed out.
    var largeFile: LargeFile?
  }

  /// What a thread does next.
  private enum Job {
    case file(BackfillFile)
    case part(LargeFile.Part, LargeFile)
  }

  /// - Parameter files: in the order in which they are begun.
  init(_ files: [BackfillFile], _ rule: BackfillRule, _ options: BackfillOptions) {
    self.files = files
    self.rule = rule
    self.options = options
    let jobCount = files.reduce(0) {
      $0 + options.cuts.rangeCount(byteCount: $1.stamp.byteCount)
    }
    threadCount = max(1, min(options.threadCount, jobCount))
    results = ResultChannel(capacity: 4 * threadCount)
  }

  /// Begins; each thread ends with `.finished`.
  func start() {
    for number in 0..<threadCount {
      DispatchQueue(label: "moaa.backfill.\(number)").async { self.work() }
    }
  }

  /// Lets the threads end soon.
  func stop() { isStopped.store(true, ordering: .relaxed) }

  private func work() {
    let shouldStop: @Sendable () -> Bool = {
      self.isStopped.load(ordering: .relaxed) || self.options.shouldStop()
    }
    let onBytes: @Sendable (Int) -> Void = {
      self.fileByteCount.add(Int64($0), ordering: .relaxed)
    }
    let fileFolder = FileFolder(
      rule: rule, options: options, receivedSeconds: receivedSeconds, shouldStop: shouldStop,
      onBytes: onBytes)
    lazy var rangeFolder = RangeFolder(
      rule: rule, cuts: options.cuts, receivedSeconds: receivedSeconds, shouldStop: shouldStop,
      onBytes: onBytes)
    while !shouldStop(), let job = nextJob() {
      do throws(InputFailure) {
        switch job {
        case .file(let file): try fold(file, fileFolder)
        case .part(let part, let file): try fold(part, of: file, rangeFolder)
        }
      } catch { results.send(.failed(error)) }
    }
    results.send(.finished)
  }

  /// The parts of a large file that is begun come before other files, so that few are at hand at a time.
  private func nextJob() -> Job? {
    queue.withLock { queue in
      while true {
        if let file = queue.largeFile {
          if let part = file.nextPart() { return .part(part, file) }
          queue.largeFile = nil
        }
        guard queue.nextFile < files.count else { return nil }
        let file = files[queue.nextFile]
        queue.nextFile += 1
        queue.largeFile = LargeFile(file, rule, options, receivedSeconds: receivedSeconds)
        if queue.largeFile == nil { return .file(file) }
      }
    }
  }

  private func fold(
    _ part: LargeFile.Part, of large: LargeFile, _ folder: RangeFolder
  ) throws(InputFailure) {
    guard let content = try large.fold(part, by: folder) else { return }
    let stamp = try settledStamp(large.file, large.began)
    results.send(
      .folded(key: large.file.key, FileRecord(stamp: stamp, content: content.id), content))
  }

  private func fold(_ file: BackfillFile, _ folder: FileFolder) throws(InputFailure) {
    let began = FileStamp.now()
    var memberKeys: Set<FileKey> = []
    var memberCount = 0
    var hasFaultyMember = false
    let outcome = try folder.fold(path: file.path, name: file.name) { member, result in
      memberCount += 1
      let key = file.key.map { $0.member(member) }
      if let key { memberKeys.insert(key) }
      switch result {
      case .success(let content):
        results.send(.folded(key: key, FileRecord(stamp: nil, content: content.id), content))
      case .failure(let failure):
        hasFaultyMember = true
        results.send(.failed(failure))
      }
    }
    let stamp = try settledStamp(file, began)
    switch outcome {
    case .content(let content):
      results.send(.folded(key: file.key, FileRecord(stamp: stamp, content: content.id), content))
    case .archive:
      guard memberCount > 0 else {
        throw InputFailure(
          file.name, "the archive holds no .csv or .psv file, and none named like 725300-94846-2014"
        )
      }
      // Without its stamp it is read again, and so is named again what is wrong with a member.
      results.send(
        .archive(
          key: file.key, FileRecord(stamp: hasFaultyMember ? nil : stamp, content: nil),
          memberKeys: memberKeys))
    case .stopped: break
    }
  }

  /// The file's stamp, if it tells later whether the file is as it was; nil when it does not.
  private func settledStamp(_ file: BackfillFile, _ began: Int64) throws(InputFailure) -> FileStamp?
  {
    guard file.key != nil else { return nil }
    guard FileStamp(path: file.path) == file.stamp else {
      throw InputFailure(file.name, OpenFile.changedText)
    }
    return file.stamp.isSettled(before: began) ? file.stamp : nil
  }
}
