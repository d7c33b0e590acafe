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
  private let nextFile = Atomic(0)
  private let isStopped = Atomic(false)
  private let rule: BackfillRule
  private let options: BackfillOptions
  let threadCount: Int

  /// - Parameter files: in the order in which they are begun.
  init(_ files: [BackfillFile], _ rule: BackfillRule, _ options: BackfillOptions) {
    self.files = files
    self.rule = rule
    self.options = options
    threadCount = max(1, min(options.threadCount, files.count))
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
    let folder = FileFolder(
      rule: rule, format: options.inputFormat,
      receivedSeconds: FileStamp.now() / 1_000_000_000,
      shouldStop: { self.isStopped.load(ordering: .relaxed) || self.options.shouldStop() },
      onBytes: { self.fileByteCount.add(Int64($0), ordering: .relaxed) })
    while !isStopped.load(ordering: .relaxed), !options.shouldStop() {
      let index = nextFile.add(1, ordering: .relaxed).oldValue
      guard index < files.count else { break }
      let file = files[index]
      do throws(InputFailure) {
        try fold(file, folder)
      } catch { results.send(.failed(error)) }
    }
    results.send(.finished)
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
          file.name, "the archive holds no .csv file, and none named like 725300-94846-2014")
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
      throw InputFailure(
        file.name, "the file changed while it was read: run the command again once it is whole")
    }
    return file.stamp.isSettled(before: began) ? file.stamp : nil
  }
}
