// The store: one SQLite file with its lock, and the way in for every reader and writer.
//
// It owns two connections, one for writing and one for reading, each used by one thread at a time.
// What must hold: a write transaction and a WAL checkpoint happen only under the store's OS lock;
// after a commit whose outcome is unknown, the handle writes no more.

import CSQLite
import Synchronization

/// How to open a store.
public struct StoreOptions: Sendable {
  public enum Mode: Sendable {
    /// Make the store if there is none.
    case create
    /// The store must exist.
    case existing
    /// The store must exist; every write throws.
    case readOnly
  }

  public enum Durability: Sendable {
    /// A commit returns after the disk has it. The default.
    case full
    /// A power cut may take the last commits with it; the store stays whole.
    case relaxed
  }

  public var mode: Mode
  public var durability: Durability
  /// Read once by each `write`.
  public var clock: WallClock
  /// The file may not grow beyond this; writes then fail with `full`. The WAL beside it is not
  /// counted (about 64 MiB). nil: only the disk limits it.
  public var byteCountMax: Int64?

  public init(
    mode: Mode = .create, durability: Durability = .full, clock: WallClock = .system,
    byteCountMax: Int64? = nil
  ) {
    self.mode = mode
    self.durability = durability
    self.clock = clock
    self.byteCountMax = byteCountMax
  }
}

/// An embedded, append-only log of records, with the state of those who read it, in one file.
///
/// A *topic* is a named list of records that only grows at its end; each record has an *offset*, its
/// position. Records are appended in *batches* and read back in the order of their offsets, as often
/// as you like, by as many readers as you like. Whoever turns one topic into another thing keeps
/// how far it has read, what it has made and what it still has to remember in the same store, and
/// changes all three in one `write`: after a crash it continues where it was, with nothing lost and
/// nothing done twice.
///
/// ```swift
/// let store = try LogStore.open("events.store")
/// let builder = RecordBatchBuilder()
/// builder.append(eventTime: 0, key: nil, value: Array("hello".utf8))
/// let batch = builder.take()!
/// try store.write { transaction in
///   try transaction.createTopic("greetings")
///   try transaction.append(batch, to: "greetings")
/// }  // durable here
/// let reader = try store.reader(of: "greetings", from: .zero)
/// while let batch = try reader.next() {
///   try batch.forEach { record in print(record.offset, record.value!.count) }
/// }
/// ```
///
/// Safe to share between threads, and several processes may open the same store: one writes at a
/// time, the others wait for it; reading waits for nobody. On one handle, reads go one at a time;
/// threads that read much open a handle each. Every error is a `StoreError`.
public final class LogStore: @unchecked Sendable {
  // Sendable by hand: each connection is touched only while its mutex is held.
  /// As it was given to `open`.
  public let path: String
  /// Made at random when the store is created; tells stores apart, and is in no output.
  public let id: String
  public let options: StoreOptions
  let file: StoreFile
  private let storeLock: StoreLock?
  private let writing = Mutex<StoreError?>(nil)
  private let reading = Mutex<Void>(())
  private let writer: SQLiteConnection?
  private let readerConnection: SQLiteConnection

  /// Opens a store, or makes it (`StoreOptions.mode`).
  /// - Throws: `notFound`, `notAStore`, `laterVersion`, `damaged`, `io` or `busy`.
  public static func open(_ path: String, _ options: StoreOptions = StoreOptions()) throws
    -> LogStore
  {
    try LogStore(path, options)
  }

  private init(_ path: String, _ options: StoreOptions) throws {
    self.path = path
    self.options = options
    file = try StoreFile(path)
    if options.mode != .create, !file.exists {
      throw StoreError(
        .notFound, "there is no store at \(path)",
        remedy:
          "Make one with `moaa run`, `moaa ingest` or `moaa backfill`, or name it with --store or "
          + "MOAA_STORE")
    }
    try file.checkRights(writing: options.mode != .readOnly)
    // Looked at first, so that a file which is not ours gets no lock file beside it.
    let existing = file.exists ? try StoreOpening.look(file, options.mode) : nil
    if options.mode == .readOnly {
      storeLock = nil
      writer = nil
      guard let existing, try Schema.check(existing, path: path) else {
        throw StoreOpening.empty(path)
      }
      readerConnection = existing
    } else {
      let lock = try StoreLock(storePath: file.path)
      storeLock = lock
      writer = try StoreOpening.openWriter(file.path, options, lock)
      readerConnection = try existing ?? StoreOpening.openReader(file)
    }
    id = try readerConnection.text("SELECT value FROM store WHERE name = 'id'")
  }

  deinit { close() }

  /// Empties the WAL into the file, unless somebody else is using the store, and lets go of it.
  /// Nothing durable depends on it. Afterwards every call throws.
  public func close() {
    writing.withLock { failure in
      reading.withLock { _ in readerConnection.close() }
      if let writer, writer.handle != nil {
        if failure == nil, let storeLock, storeLock.tryLock(.write) {
          _ = try? writer.checkpointWAL(SQLITE_CHECKPOINT_TRUNCATE)
          storeLock.unlock(.write)
        }
        writer.close()
      }
      failure = failure ?? Self.closed
    }
  }

  private static let closed = StoreError(
    .failed, "the store was closed", remedy: "Open it again")

  // MARK: Transactions

  /// Runs `body` in one write transaction. When this returns, its changes are durable; when it
  /// throws, none of them happened, except after `StoreError.failed`: reopen, and look.
  ///
  /// Waits for other writers of the store. `body` may `read` the store as it was before; it must
  /// not `write`, and a `write` must not be made inside a `read`.
  /// - Throws: what `body` throws; the first error of the store inside `body`, even when `body`
  ///   caught it and returned, because SQLite may have undone the changes before it; `full`;
  ///   `failed` after a commit whose outcome is unknown, and from then on always.
  public func write<R>(_ body: (WriteTransaction) throws -> R) throws -> R {
    try writing.withLock { failure in
      if let failure { throw failure }
      guard let writer, let storeLock else { throw Self.openedForReading }
      try storeLock.lock(.write)
      defer { storeLock.unlock(.write) }
      try writer.beginWriting()
      let result: R
      do {
        let transaction = WriteTransaction(writer, time: options.clock.nowMilliseconds())
        defer { transaction.end() }
        result = try body(transaction)
        try transaction.flush()
        try writer.refuseFailedTransaction()
      } catch {
        if !writer.rollBack() {
          failure = StoreError(
            .failed, "a transaction can be neither committed nor undone: \(error)",
            remedy: Self.reopen)
        }
        throw error
      }
      do throws(StoreError) {
        try writer.commit()
      } catch {
        let undone = writer.rollBack()
        // A full disk is refused before anything is synced; any other failure leaves it open
        // whether the disk has the commit, and a second fsync would not tell.
        if error.code != .full || !undone {
          failure = StoreError(
            .failed, "a commit failed, and its outcome is unknown: \(error.message)",
            remedy: Self.reopen)
        }
        throw failure ?? error
      }
      failure = boundWAL(writer)
      return result
    }
  }

  private static let reopen = "Run the command again: it looks at what the disk has"
  private static let openedForReading = StoreError(
    .readOnly, "the store was opened for reading", remedy: "Open it without `readOnly`")

  /// Keeps the WAL from growing without end. Under the store's lock, which the caller holds.
  ///
  /// PASSIVE waits for nobody: it copies what no reader still needs. Once it has copied everything,
  /// new readers go past the WAL, and the first commit that meets no older reader begins it anew.
  /// - Returns: why nothing more may be written, if the disk failed here. The commit before it is
  ///   durable all the same.
  private func boundWAL(_ writer: SQLiteConnection) -> StoreError? {
    guard writer.walPageCount > Limits.walPagesMax else { return nil }
    do throws(StoreError) {
      try writer.checkpointWAL(SQLITE_CHECKPOINT_PASSIVE)
    } catch {
      // Another program at work, or a full disk: the next commit tries again.
      guard error.code != .busy, error.code != .full else { return nil }
      return StoreError(
        .failed, "the WAL could not be moved into the store: \(error.message)",
        remedy: Self.reopen)
    }
    return nil
  }

  /// Sets or lifts the limit of `StoreOptions.byteCountMax` for this handle. A limit below what the
  /// file already takes keeps it from growing.
  public func setByteCountMax(_ byteCountMax: Int64?) throws {
    try writing.withLock { failure in
      if let failure { throw failure }
      guard let writer else { throw Self.openedForReading }
      try StoreOpening.setByteCountMax(byteCountMax, writer)
    }
  }

  /// Runs `body` on a consistent view: it sees nothing of what is committed meanwhile. Never waits
  /// for a writer. Keep it short: an open view keeps the WAL from shrinking, and other reads
  /// through this handle waiting. `body` must not `read` again, nor ask a `TopicReader`.
  public func read<R>(_ body: (ReadTransaction) throws -> R) throws -> R {
    try reading.withLock { _ in
      guard readerConnection.handle != nil else { throw Self.closed }
      return try ReadTransaction.run(readerConnection, body)
    }
  }

  /// A reader of a topic that starts at an offset.
  public func reader(of topic: String, from offset: Offset) throws -> TopicReader {
    try TopicReader(self, topic: topic, from: offset)
  }

  /// Holds a lock of the store over `body`, waiting for it. Other threads, handles and processes
  /// that ask for the same range wait meanwhile. Inside `.write`, a `write` would wait forever.
  /// - Parameters:
  ///   - onWait: called once if somebody else holds it.
  ///   - shouldGiveUp: asked when a signal interrupts the wait; true ends it.
  /// - Throws: what `body` throws; `StoreError.busy` after giving up.
  public func withLock<R>(
    _ range: StoreLockRange, onWait: () -> Void, shouldGiveUp: () -> Bool = { false },
    _ body: () throws -> R
  ) throws -> R {
    guard storeLock != nil else { throw Self.openedForReading }
    // Opened anew, because the lock belongs to the open file: through a shared one, two threads of
    // this handle would both get it, and the first to finish would let go of it for both.
    let lock = try StoreLock(storePath: file.path)
    if !lock.tryLock(range) {
      onWait()
      try lock.lock(range, shouldGiveUp: shouldGiveUp)
    }
    defer { lock.unlock(range) }
    return try body()
  }

  /// Holds a lock of the store over `body`, unless somebody else has it.
  /// - Returns: nil when somebody else has it.
  public func withLockIfFree<R>(_ range: StoreLockRange, _ body: () throws -> R) throws -> R? {
    guard storeLock != nil else { throw Self.openedForReading }
    // Opened anew, as in `withLock`.
    let lock = try StoreLock(storePath: file.path)
    guard lock.tryLock(range) else { return nil }
    defer { lock.unlock(range) }
    return try body()
  }
}
