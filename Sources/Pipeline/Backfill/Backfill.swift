// Files → partial results in the store, on all cores, without the log.
//
// Every transaction holds whole contents and says which files had them; so a run that was killed has
// folded some files, and the next one folds the others.

import Aggregation
import Glibc
import LogStore
import Observations

/// How a backfill runs. But for the format, none of it changes a result.
public struct BackfillOptions: Sendable {
  /// The format of all files; nil to recognise each one's from its first bytes.
  public var inputFormat: ObservationFormat?
  /// Files that are folded at the same time.
  public var threadCount: Int
  /// Small ones in tests alone.
  package var cuts = FileCuts()
  /// Told about every tenth of a second.
  public var onProgress: (@Sendable (BackfillProgress) -> Void)?
  /// Told once, when another process is at a backfill of the same store.
  public var onWait: @Sendable () -> Void
  /// Asked between pieces of files; true ends the run after a commit.
  public var shouldStop: @Sendable () -> Bool

  /// Cores that are at work in this machine.
  public static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  public init(
    inputFormat: ObservationFormat? = nil, threadCount: Int = BackfillOptions.coreCount,
    onProgress: (@Sendable (BackfillProgress) -> Void)? = nil,
    onWait: @escaping @Sendable () -> Void = {},
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) {
    self.inputFormat = inputFormat
    self.threadCount = threadCount
    self.onProgress = onProgress
    self.onWait = onWait
    self.shouldStop = shouldStop
  }
}

/// How far a backfill has come, told while it runs.
public struct BackfillProgress: Sendable {
  /// Files and members of archives that are done, those that were unchanged not among them.
  public let fileCount: Int
  /// Bytes read from files, compressed ones where they are compressed, and of all that are to be read.
  public let fileByteCount: Int64
  public let fileByteTotal: Int64
}

/// What a backfill did.
public struct BackfillSummary: Sendable {
  /// Files that were found; an archive is one.
  public var fileCount = 0
  /// Files that are as they were when they were read before.
  public var unchangedCount = 0
  /// Files, and members of archives, that were read.
  public var readCount = 0
  /// Of those, such as have a content that was known already.
  public var knownCount = 0
  /// Rows of the new contents.
  public var counts = RowCounts()
  /// Of those that were refused, rows that could not be read and are in quarantine.
  public var quarantinedCount: Int64 = 0
  /// Hours of the new contents' stations that come from more than one content, so that their reports may
  /// count twice.
  public var sharedHourCount = 0
  /// The first of the rows in quarantine, for messages.
  public var refusedExamples: [InputFailure] = []
  /// Files of which nothing was taken.
  public var failures: [InputFailure] = []
  public var fileByteCount: Int64 = 0
  public var wasInterrupted = false

  public init() {}
}

/// Folds files into a store.
public struct Backfill {
  let store: LogStore
  let rule: BackfillRule
  let options: BackfillOptions

  public init(store: LogStore, rule: BackfillRule, options: BackfillOptions = BackfillOptions()) {
    self.store = store
    self.rule = rule
    self.options = options
  }

  /// Forgets all results and the rule, even where they are damaged.
  /// - Returns: how many contents that were; 0 where they cannot be counted.
  public static func forgetAll(in store: LogStore) throws -> Int {
    try store.withLock(.backfill, onWait: {}) {
      let count = (try? store.read { try BackfillStore.contents($0).count }) ?? 0
      try store.write { transaction in
        for group in GroupName.allOfBackfill { try transaction.removeAllState(group: group) }
      }
      return count
    }
  }

  /// Folds the files that are new or have changed. A file with a fault that concerns all of it changes
  /// nothing: what it gave before stays.
  /// - Parameter paths: files, archives (.tar, .tar.gz), folders, or `-` for standard input.
  /// - Throws: `JobRuleChanged`, `StoreError`. What is wrong with the input is in the summary.
  public func run(_ paths: [String]) throws -> BackfillSummary {
    do {
      return try store.withLock(
        .backfill, onWait: options.onWait, shouldGiveUp: options.shouldStop
      ) {
        try store.write { transaction in
          try transaction.createTopic(
            TopicName.quarantine, retention: Retention(milliseconds: nil))
          try BackfillStore.settle(rule, in: transaction)
        }
        return try BackfillRun(store: store, rule: rule, options: options).run(paths)
      }
    } catch let error as StoreError where error.code == .busy && options.shouldStop() {
      var summary = BackfillSummary()
      summary.wasInterrupted = true
      return summary
    }
  }
}
