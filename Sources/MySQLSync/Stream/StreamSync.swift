// Emissions of a topic → rows of a table, effectively once (docs/decisions/0011-mysql-sync.md).

import Aggregation
import Connections
import LogStore

public struct StreamSyncOptions: Sendable {
  /// Emissions a transaction holds at most. Changes no result.
  public var emissionsPerCommit = 50_000
  public var badRows = BadRowPolicy.stop
  public var quarantineTopic = "quarantine"
  /// Whether to take a target over whose position is another store's.
  public var adopts = false
  /// The checkpoint's group: for retention and `moaa status` alone.
  public var group = "mysql"
  /// How long to go on trying while nothing succeeds; nil: without end.
  public var patience: Duration? = .seconds(300)
  /// nil: the fastest that the server takes. Tests take the way that MySQL takes.
  var method: UpsertStatement.Method?

  public init() {}
}

/// What a sync has done.
public struct SyncSummary: Sendable, Equatable {
  public var commitCount = 0
  /// Emissions that were passed, whatever became of them.
  public var emissionCount: Int64 = 0
  /// Rows that were sent, of batches and snapshots; of each hour of a batch the last only.
  public var rowCount: Int64 = 0
  public var snapshotCount = 0
  public var refusedCount = 0
  /// Attempts that failed and were made again.
  public var retryCount = 0
  /// Commits whose outcome was not known, and which had taken place.
  public var settledCount = 0
  public var wasInterrupted = false

  public init() {}
}

/// One stream on its way into one target.
///
/// Each transaction locks the stream's position in the target, sends what comes after it, and moves
/// it. Nothing is remembered from one to the next but to save reading: after any failure the target's
/// own row says what is there, also after a COMMIT without an answer.
public final class StreamSync {
  /// Walks the hours of the stream as they stand in a view of the store, sorted by key and hour.
  public typealias Hours = (
    _ view: ReadTransaction, _ body: (WindowResult) throws -> Void
  ) throws -> Void

  private let store: LogStore
  private let stream: SyncStream
  private let options: StreamSyncOptions
  private let hours: Hours
  private let connect: () throws -> MySQLConnection
  /// Told of each failure that will be tried again, and of other things worth a line.
  private let tell: (Event) -> Void
  private let shouldStop: () -> Bool
  private var backoff: Backoff

  public enum Event {
    /// A statement that makes a table is about to be run.
    case creates(table: String, statement: String)
    case adopts(otherStoreID: String)
    case beginsSnapshot(reason: String)
    /// So many rows of a snapshot have been sent, and are not committed yet.
    case sendsHours(Int64)
    case retries(MySQLFailure)
    case committed(SyncSummary, lag: Int64)
  }

  private var session: Session?
  private var reader: EmissionReader
  private var quarantine: RowQuarantine
  private var hasAdopted = false
  /// A COMMIT that was not answered: where the position is if it took place.
  private var unsettled: (nextOffset: Offset, summary: SyncSummary)?
  public private(set) var summary = SyncSummary()
  /// Tests put faults in here.
  var commit: (MySQLConnection) throws(MySQLFailure) -> Void = { connection throws(MySQLFailure) in
    try connection.commit()
  }

  private final class Session {
    let connection: MySQLConnection
    let sender: RowSender
    var hasLookedForRows = false

    init(connection: MySQLConnection, sender: RowSender) {
      self.connection = connection
      self.sender = sender
    }
  }

  public init(
    store: LogStore, stream: SyncStream, options: StreamSyncOptions = StreamSyncOptions(),
    backoff: Backoff? = nil, connect: @escaping () throws -> MySQLConnection,
    hours: @escaping Hours, shouldStop: @escaping () -> Bool = { false },
    tell: @escaping (Event) -> Void = { _ in }
  ) {
    precondition(options.emissionsPerCommit > 0)
    self.store = store
    self.stream = stream
    self.options = options
    self.backoff = backoff ?? Backoff(sleep: { Pause.seconds($0, shouldStop: shouldStop) })
    self.connect = connect
    self.hours = hours
    self.shouldStop = shouldStop
    self.tell = tell
    reader = EmissionReader(store, stream)
    quarantine = RowQuarantine(store, topic: options.quarantineTopic, stream: stream)
  }

  /// Sends everything, and then whatever comes as long as `wait` says so.
  ///
  /// - Parameter wait: called when nothing is left to send. Returns false to end; true, after a while,
  ///   to look again.
  /// - Throws: `MySQLFailure` for what does not pass, or has not in all the time that there was;
  ///   `RowRefused`; `StoreError`; what `wait` throws.
  @discardableResult
  public func run(wait: () throws -> Bool = { false }) throws -> SyncSummary {
    var idleCount = 0
    while !shouldStop() {
      if idleCount > 0, idleCount % Self.idleLooksPerProof != 0, try lag(from: lastOffset) == 0 {
        guard try wait() else { return summary }
        idleCount += 1
        continue
      }
      guard let step = try attempts() else { break }
      if step == .sentAll {
        idleCount += 1
        guard try wait() else { return summary }
      } else {
        idleCount = 0
      }
    }
    summary.wasInterrupted = true
    return summary
  }

  /// While nothing comes, the target is asked only so often: it may have been restored.
  private static let idleLooksPerProof = 100
  /// Where the last transaction that was committed ended.
  private var lastOffset = Offset.zero

  private enum Step { case sentSome, sentAll }

  /// Makes a step, again and again while what fails may pass.
  /// - Returns: nil when it was interrupted.
  private func attempts() throws -> Step? {
    // Of the first failure: a snapshot that has taken long has not failed yet.
    var start: ContinuousClock.Instant?
    while true {
      do {
        let step = try self.step()
        backoff.reset()
        return step
      } catch let failure as MySQLFailure where failure.kind == .transient {
        leave(after: failure)
        let now = ContinuousClock.now
        if let patience = options.patience, now - (start ?? now) >= patience { throw failure }
        start = start ?? now
        summary.retryCount += 1
        tell(.retries(failure))
        guard !shouldStop(), backoff.wait(), !shouldStop() else { return nil }
      } catch let error as StoreError where error.code == .offsetOutOfRange {
        // Retention took what was about to be read: the next attempt sends the hours.
        leave(after: nil)
      } catch {
        leave(after: error as? MySQLFailure)
        throw error
      }
    }
  }

  /// Gives the transaction up, and the connection too where it may be of no use.
  private func leave(after failure: MySQLFailure?) {
    guard let session else { return }
    if let failure, failure.isConnectionLost || failure.isOutcomeUnknown {
      session.connection.close()
      self.session = nil
      return
    }
    do throws(MySQLFailure) {
      try session.connection.rollback()
    } catch {
      session.connection.close()
      self.session = nil
    }
  }

  // MARK: One transaction

  private func step() throws -> Step {
    let session = try openSession()
    let connection = session.connection
    try connection.begin()
    session.sender.begin()
    let found = try SyncPosition.lock(stream.topic, storeID: store.id, on: connection)
    settle(found)
    let (topic, lastBatch) = try store.read { view in
      let topic = try view.topic(stream.topic)
      return (
        topic, try found.nextOffset.flatMap { try view.batchIdentity(of: topic, before: $0) }
      )
    }
    var reason = try snapshotReason(found, topic, lastBatch)
    if reason == nil, try isEmptied(found, session) { reason = .emptied }
    var done = SyncSummary()
    let nextOffset: Offset
    if reason != nil || (found.nextOffset ?? .zero) < topic.nextOffset {
      try recheckTable(connection)
    }
    if let reason {
      tell(.beginsSnapshot(reason: reason.rawValue))
      // Rows that are there without a position are of somebody else, too.
      if reason != .emissionsGone { try forgetRevisions(on: connection) }
      nextOffset = try sendHours(session.sender)
      done.snapshotCount = 1
    } else {
      let start = found.nextOffset ?? .zero
      guard start < topic.nextOffset else {
        try connection.rollback()
        try copyPosition(start)
        lastOffset = start
        return .sentAll
      }
      nextOffset = try sendBatch(from: start, session.sender)
      done.emissionCount = nextOffset - start
    }
    // Before the commit, so that no row is passed over that is not kept.
    try quarantine.keep(session.sender.refused)
    try position(nextOffset).write(stream.topic, on: connection)
    done.commitCount = 1
    done.rowCount = Int64(session.sender.sentCount)
    done.refusedCount = session.sender.refused.count
    do throws(MySQLFailure) {
      try commit(connection)
    } catch {
      if error.isOutcomeUnknown { unsettled = (nextOffset, done) }
      throw error
    }
    try noteCommitted(nextOffset, done)
    return .sentSome
  }

  private func position(_ nextOffset: Offset) throws -> SyncPosition {
    let lastBatch = try store.read { view in
      try view.batchIdentity(of: view.topic(stream.topic), before: nextOffset)
    }
    return SyncPosition(
      storeID: store.id, nextOffset: nextOffset, lastBatch: lastBatch?.description)
  }

  private func openSession() throws -> Session {
    if let session { return session }
    let connection = try connect()
    let plan = try SchemaPlan(stream, on: connection)
    try plan.check()
    for table in plan.missing { tell(.creates(table: table.table, statement: table.statement)) }
    try plan.apply(on: connection)
    let opened = Session(
      connection: connection, sender: RowSender(stream, on: connection, options.method))
    session = opened
    return opened
  }

  /// Somebody may have changed the table since the session was opened, and a column of fewer decimals
  /// takes figures without a word. Once it was read, it cannot change before the transaction ends.
  private func recheckTable(_ connection: MySQLConnection) throws(MySQLFailure) {
    _ = try connection.query("SELECT 1 FROM \(stream.table.name.quoted) LIMIT 0")
    try SchemaPlan([stream.table], on: connection).check()
  }

  /// Says whether the COMMIT that was not answered took place.
  private func settle(_ found: SyncPosition) {
    guard let (nextOffset, done) = unsettled else { return }
    unsettled = nil
    // Another sync may have gone on from there meanwhile.
    guard found.storeID == store.id, let reached = found.nextOffset, reached >= nextOffset else {
      return
    }
    summary.settledCount += 1
    hasAdopted = true
    add(done)
  }

  private func noteCommitted(_ nextOffset: Offset, _ done: SyncSummary) throws {
    hasAdopted = true
    add(done)
    lastOffset = nextOffset
    try copyPosition(nextOffset)
    tell(.committed(summary, lag: try lag(from: nextOffset)))
  }

  private func add(_ done: SyncSummary) {
    summary.commitCount += done.commitCount
    summary.emissionCount += done.emissionCount
    summary.rowCount += done.rowCount
    summary.snapshotCount += done.snapshotCount
    summary.refusedCount += done.refusedCount
  }

  private func lag(from offset: Offset) throws -> Int64 {
    try store.read { try $0.topic(stream.topic).nextOffset - offset }
  }

  // MARK: What to send

  private enum SnapshotReason: String {
    case nothingSent = "nothing was sent yet"
    case emissionsGone = "retention took emissions that were not sent"
    case adopted = "the target is taken over"
    case emptied = "the table is empty, and was not before"
  }

  /// Why the hours themselves have to be sent; nil when the emissions from the position on do.
  /// - Throws: a setup failure when the position is none of this store's.
  private func snapshotReason(
    _ found: SyncPosition, _ topic: Topic, _ lastBatch: BatchIdentity?
  ) throws -> SnapshotReason? {
    // Once: a store that takes the target away again later shall not be fought.
    let mayAdopt = options.adopts && !hasAdopted
    if found.storeID != store.id {
      guard mayAdopt else {
        throw MySQLFailure.own(
          "\(stream.tableName) is filled by another store, \(found.storeID); this one is \(store.id)",
          remedy: "Sync from that store, or take the table over with --adopt: all hours of this "
            + "store are sent, and other rows stay.")
      }
      tell(.adopts(otherStoreID: found.storeID))
      return .adopted
    }
    guard let position = found.nextOffset else { return .nothingSent }
    guard position <= topic.nextOffset else {
      guard mayAdopt else {
        throw MySQLFailure.own(
          "the target has emissions of \(stream.topic) up to \(position), the store only up to "
            + "\(topic.nextOffset): the store is an older copy of itself",
          remedy:
            "Sync from the newer copy, or go on from this one with --adopt: all its hours are "
            + "sent.")
      }
      return .adopted
    }
    guard !found.isOfAnotherHistory(than: lastBatch) else {
      guard mayAdopt else {
        throw MySQLFailure.own(
          "the target was filled from another history of this store: the emissions of "
            + "\(stream.topic) before \(position) are others here, as after a backup was restored "
            + "and used",
          remedy:
            "Sync from the copy that filled the target, or go on from this one with --adopt: all "
            + "its hours are sent, and hours that only the other had stay.")
      }
      return .adopted
    }
    // Without the batch behind the position nothing shows that the history is the same.
    let isUnproven = found.lastBatch != nil && lastBatch == nil
    return position < topic.startOffset || isUnproven ? .emissionsGone : nil
  }

  /// Whether somebody has dropped the table, or its rows, and left the position. Looked at once a
  /// session: where a server takes none of the rows, the table stays empty.
  private func isEmptied(_ found: SyncPosition, _ session: Session) throws -> Bool {
    guard !session.hasLookedForRows else { return false }
    session.hasLookedForRows = true
    guard (found.nextOffset ?? .zero) > .zero else { return false }
    return try session.connection.query("SELECT 1 FROM \(stream.table.name.quoted) LIMIT 1").isEmpty
  }

  /// Sends the emissions from an offset on.
  /// - Returns: the offset after the last.
  private func sendBatch(from start: Offset, _ sender: RowSender) throws -> Offset {
    let batch = try reader.read(from: start, countMax: options.emissionsPerCommit)
    for record in batch.unusable { try sender.note(RefusedRow(record), options.badRows) }
    try sender.send(batch.results, isGuarded: true, options.badRows)
    return batch.nextOffset
  }

  /// Sends all hours of one view. That is younger than all that was ever sent, because the position
  /// is locked: no revision has to be looked at.
  /// - Returns: the topic's next offset in that view.
  private func sendHours(_ sender: RowSender) throws -> Offset {
    try store.read { view in
      var waiting: [WindowResult] = []
      try hours(view) { result in
        if let misfit = stream.misfit(result) {
          return try sender.note(RefusedRow(result, misfit: misfit), options.badRows)
        }
        waiting.append(result)
        guard waiting.count == Self.snapshotPiece else { return }
        if shouldStop() { throw StoreError.interrupted }
        try sender.send(waiting, isGuarded: false, options.badRows)
        waiting.removeAll(keepingCapacity: true)
        tell(.sendsHours(Int64(sender.sentCount)))
      }
      try sender.send(waiting, isGuarded: false, options.badRows)
      return try view.topic(stream.topic).nextOffset
    }
  }

  /// Hours that are held in memory at once.
  private static let snapshotPiece = 20_000

  /// Another store's revisions say nothing about this one's.
  private func forgetRevisions(on connection: MySQLConnection) throws {
    guard let revision = stream.table.revision else { return }
    try connection.execute("UPDATE \(stream.table.name.quoted) SET \(revision.quoted) = 0")
  }

  /// Copies the position into the store, for retention and status. What is wrong with the copy does
  /// not matter to the sync: another one may be at work, or retention a step ahead.
  private func copyPosition(_ offset: Offset) throws {
    do {
      try store.write { transaction in
        var checkpoint = Checkpoint(
          group: options.group, topic: stream.topic, nextOffset: offset, fingerprint: "")
        if let known = try transaction.checkpoint(group: options.group, topic: stream.topic) {
          if known.nextOffset == offset { return }
          checkpoint = known
          checkpoint.nextOffset = offset
        }
        try transaction.save(checkpoint)
      }
    } catch let error as StoreError where error.code == .offsetOutOfRange {
    }
  }
}
