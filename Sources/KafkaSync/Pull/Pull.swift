// Kafka → local log, each record once (docs/decisions/0013-kafka-sync.md).

import Connections
import LogStore

/// Pulls topics. The positions are in the transactions that append the records: after anything that
/// may happen, reading goes on where the store stands.
public final class Pull {
  private let store: LogStore
  private let settings: KafkaSettings
  private let options: PullOptions
  private let rules: PullRules
  private let tell: (PullEvent) -> Void
  private let shouldStop: () -> Bool
  private var backoff: Backoff
  private let transaction: PullTransaction
  private var session: PullSession?
  private var hasBegun = false
  public private(set) var summary = PullSummary()
  /// When something has come last, and whether it is to be followed by a flush.
  private var lastRecord = ContinuousClock.now
  private var needsFlush = true
  private var lastHousekeeping = ContinuousClock.now
  /// Of the first of failures that follow each other.
  private var failingSince: ContinuousClock.Instant?

  /// What trickles in is not kept waiting for longer.
  private static let pendingTimeMax = Duration.seconds(1)
  private static let housekeepingPeriod = Duration.seconds(600)

  public init(
    store: LogStore, settings: KafkaSettings, options: PullOptions, rules: PullRules = PullRules(),
    backoff: Backoff = Backoff(), shouldStop: @escaping () -> Bool = { false },
    tell: @escaping (PullEvent) -> Void = { _ in }
  ) {
    precondition(!options.topics.isEmpty && options.recordsPerCommit > 0)
    self.store = store
    self.settings = settings
    self.options = options
    self.rules = rules
    self.backoff = backoff
    self.shouldStop = shouldStop
    self.tell = tell
    transaction = PullTransaction(store, recordBytesMax: options.recordBytesMax)
  }

  /// Pulls up to where the topics end when it begins, or with `follows` on and on.
  /// - Throws: `KafkaFailure` for what does not pass, or has not in all the time that there was;
  ///   `PullRefused`; `StoreError`, `fenced` when another pull is at the same topic. What was
  ///   committed before stays.
  @discardableResult
  public func run() throws -> PullSummary {
    defer { session?.close() }
    while !shouldStop() {
      do {
        if try step() { return summary }
      } catch let failure as KafkaFailure where mayPass(failure) {
        leave()
        let now = ContinuousClock.now
        if let patience = options.patience, now - (failingSince ?? now) >= patience {
          throw failure
        }
        failingSince = failingSince ?? now
        summary.retryCount += 1
        tell(.retries(failure))
        _ = backoff.wait()
      }
    }
    if session != nil { try commit() }
    summary.wasInterrupted = true
    return summary
  }

  /// A topic that is unknown while it is being read may be one whose leader is moving, and an offset
  /// that is out of range one that has expired: the next session asks, and knows.
  private func mayPass(_ failure: KafkaFailure) -> Bool {
    failure.kind != .setup || (session != nil && failure.saysNotThere)
  }

  /// Forgets what was not committed; the next session begins from the store's positions.
  private func leave() {
    session?.close()
    session = nil
  }

  /// - Returns: whether everything is done.
  private func step() throws -> Bool {
    let session = try openSession()
    switch try session.poll(countMax: options.recordsPerCommit - session.pendingCount) {
    case .records:
      noteSuccess()
      let isFull =
        session.pendingCount >= options.recordsPerCommit
        || session.pendingBytes >= options.bytesPerCommit
      if isFull || session.isAtEnd || session.pendingAge >= Self.pendingTimeMax { try commit() }
    case .ends:
      noteSuccess()
      if session.isAtEnd { try commit() }
    case .nothing: try commit()
    }
    if options.follows {
      if needsFlush, session.isAtEnd, ContinuousClock.now - lastRecord >= options.idleTime {
        try flush()
      }
      return false
    }
    guard session.isDone else { return false }
    try commit()
    try flush()
    return true
  }

  private func noteSuccess() {
    failingSince = nil
    backoff.reset()
  }

  private func openSession() throws -> PullSession {
    if let session { return session }
    let made = try PullSession(
      settings, store: store, options: options, isFirst: !hasBegun, tell: tell)
    if !hasBegun {
      try store.write { transaction in
        for topic in options.topics { try rules.prepare(topic, transaction) }
      }
      tell(.begins(partitions: made.partitions.count))
    }
    hasBegun = true
    session = made
    noteLag(made)
    return made
  }

  private func commit() throws {
    guard let session, session.pendingCount > 0 || session.hasMoved else { return }
    let (pieces, moved) = session.take(at: store.options.clock.nowMilliseconds())
    let result = try transaction.commit(pieces, moved)
    session.noteCommitted(moved)
    summary.commitCount += 1
    summary.recordCount += result.recordCount
    summary.byteCount += result.byteCount
    summary.gaps += result.gaps
    if result.recordCount > 0 {
      lastRecord = .now
      needsFlush = true
    }
    noteLag(session)
    tell(.committed(summary))
    if ContinuousClock.now - lastHousekeeping >= Self.housekeepingPeriod {
      try rules.keepHouse()
      lastHousekeeping = .now
    }
  }

  private func noteLag(_ session: PullSession) {
    summary.partitions = session.partitions.mapValues {
      PullSummary.Partition(nextOffset: $0.position.nextOffset, end: $0.position.end)
    }
  }

  /// Says in the topics that want to know that the input has ended for now.
  private func flush() throws {
    needsFlush = false
    for topic in options.topics {
      guard let batch = try rules.flush(topic, store) else { continue }
      try store.write { _ = try $0.append(batch, to: topic) }
      summary.flushCount += 1
    }
  }
}
