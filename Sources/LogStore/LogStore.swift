// The store: one SQLite file with its lock, and the way in for every reader and writer.
//
// It owns two connections, one for writing and one for reading, each used by one thread at a time.
// What must hold: a write transaction and a WAL checkpoint happen only under the store's OS lock;
// after a commit whose outcome is unknown, the handle writes no more.

import CSQLite
import Glibc
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
  public var clock: WallClock
  /// The file may not grow beyond this; appends then fail with `StoreError.full`.
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

/// An embedded, append-only, segmented log with the state of its consumers, in one file.
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
/// Safe to share between threads; several processes may open the same store.
public final class LogStore: @unchecked Sendable {
  // Sendable by hand: each connection is touched only while its mutex is held.
  public let path: String
  /// Made at random when the store is created; tells stores apart, and is in no output.
  public let id: String
  public let options: StoreOptions
  private let storeLock: StoreLock?
  private let writing = Mutex<StoreError?>(nil)
  private let reading = Mutex<Void>(())
  private let writer: SQLiteConnection?
  private let readerConnection: SQLiteConnection

  public static func open(_ path: String, _ options: StoreOptions = StoreOptions()) throws
    -> LogStore
  {
    try LogStore(path, options)
  }

  private init(_ path: String, _ options: StoreOptions) throws {
    self.path = path
    self.options = options
    if options.mode != .create, access(path, F_OK) != 0 {
      throw StoreError(
        .notFound, "there is no store at \(path)",
        remedy: "Make one with `moaa ingest` or `moaa run`, or name it with --store or MOAA_STORE")
    }
    if options.mode == .readOnly {
      storeLock = nil
      writer = nil
      readerConnection = try Self.openReader(path)
      guard try Schema.check(readerConnection, path: path) else {
        throw StoreError(
          .notAStore, "\(path) is empty, not a moaa store",
          remedy: "Make one with `moaa ingest` or `moaa run`")
      }
    } else {
      try Self.refuseForeignFile(path)
      let lock = try StoreLock(storePath: path)
      storeLock = lock
      writer = try Self.openWriter(path, options, lock)
      readerConnection = try Self.openReader(path)
    }
    let statement = try readerConnection.statement("SELECT value FROM store WHERE name = 'id'")
    id = try statement.step() ? statement.text(0) : ""
    statement.reset()
  }

  /// A file that is not SQLite must not even get a lock file beside it.
  private static func refuseForeignFile(_ path: String) throws {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { Glibc.close(descriptor) }
    var header = [UInt8](repeating: 0, count: 16)
    let count = Glibc.read(descriptor, &header, 16)
    guard count == 0 || header.starts(with: "SQLite format 3\0".utf8) else {
      throw StoreError(
        .notAStore, count < 0 ? "\(path) cannot be read as a store" : "\(path) is not a moaa store",
        remedy: "Name another file with --store")
    }
  }

  private static func openWriter(
    _ path: String, _ options: StoreOptions, _ lock: StoreLock
  ) throws -> SQLiteConnection {
    try lock.lock(.write)
    defer { lock.unlock(.write) }
    let connection = try SQLiteConnection(
      path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    try connection.execute("PRAGMA foreign_keys = ON")
    if try !Schema.check(connection, path: path) {
      try connection.execute("PRAGMA page_size = \(Limits.pageBytes)")
      try connection.execute("PRAGMA journal_mode = WAL")
      try connection.execute("PRAGMA synchronous = FULL")
      try connection.execute(
        """
        BEGIN IMMEDIATE;
        \(Schema.tables)
        INSERT INTO store VALUES ('id', lower(hex(randomblob(16))));
        PRAGMA application_id = \(Schema.applicationID);
        PRAGMA user_version = \(Schema.version);
        COMMIT
        """)
    }
    try connection.execute(
      "PRAGMA synchronous = \(options.durability == .full ? "FULL" : "NORMAL")")
    // A savepoint or statement journal in memory: nothing temporary ever needs the disk.
    try connection.execute("PRAGMA temp_store = MEMORY")
    if let byteCountMax = options.byteCountMax {
      let pages = max(1, byteCountMax / Int64(Limits.pageBytes))
      try connection.execute("PRAGMA max_page_count = \(pages)")
    }
    return connection
  }

  private static func openReader(_ path: String) throws -> SQLiteConnection {
    let connection = try SQLiteConnection(path: path, flags: SQLITE_OPEN_READONLY)
    try connection.execute("PRAGMA query_only = ON")
    return connection
  }

  deinit { close() }

  /// Empties the WAL into the file and lets go of it. Nothing durable depends on it.
  public func close() {
    writing.withLock { failure in
      guard failure?.code != .failed, let writer, writer.handle != nil, let storeLock else {
        return
      }
      reading.withLock { _ in readerConnection.close() }
      if storeLock.tryLock(.write) {
        _ = try? writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        storeLock.unlock(.write)
      }
      writer.close()
      failure = StoreError(.failed, "the store was closed")
    }
  }

  // MARK: Transactions

  /// Runs `body` in one write transaction. When this returns, its changes are durable; when it
  /// throws, none of them happened, except after `StoreError.failed`: reopen, and look.
  public func write<R>(_ body: (WriteTransaction) throws -> R) throws -> R {
    try writing.withLock { failure in
      if let failure { throw failure }
      guard let writer, let storeLock else {
        throw StoreError(.readOnly, "the store was opened for reading")
      }
      try storeLock.lock(.write)
      defer { storeLock.unlock(.write) }
      try writer.execute("BEGIN IMMEDIATE")
      let result: R
      do {
        let transaction = WriteTransaction(writer, time: options.clock.nowMilliseconds())
        result = try body(transaction)
        try transaction.flush()
      } catch {
        _ = try? writer.execute("ROLLBACK")
        throw error
      }
      do {
        try writer.execute("COMMIT")
      } catch let error as StoreError {
        _ = try? writer.execute("ROLLBACK")
        // A full disk is refused before anything is synced; any other failure leaves it open
        // whether the disk has the commit, and a second fsync would not tell.
        if error.code != .full {
          failure = StoreError(
            .failed, "a commit failed, and its outcome is unknown: \(error.message)",
            remedy: "Run the command again: it looks at what the disk has")
        }
        throw failure ?? error
      }
      try checkpointIfLarge(writer)
      return result
    }
  }

  /// Bounds the WAL. Under the store's lock, which the caller holds.
  private func checkpointIfLarge(_ writer: SQLiteConnection) throws {
    var status = stat()
    guard stat(path + "-wal", &status) == 0,
      Int64(status.st_size) > Int64(Limits.walPagesMax) * Int64(Limits.pageBytes)
    else { return }
    // TRUNCATE, so that the file's size tells whether there is anything to do. It may
    // find readers in the way; then the next commit tries again.
    sqlite3_wal_checkpoint_v2(writer.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
  }

  /// Runs `body` on a consistent view. Keep it short: an open view keeps the WAL from shrinking.
  public func read<R>(_ body: (ReadTransaction) throws -> R) throws -> R {
    try reading.withLock { _ in
      guard readerConnection.handle != nil else {
        throw StoreError(.failed, "the store was closed")
      }
      try readerConnection.execute("BEGIN")
      defer { _ = try? readerConnection.execute("COMMIT") }
      return try body(ReadTransaction(readerConnection))
    }
  }

  /// A reader of a topic that starts at an offset.
  public func reader(of topic: String, from offset: Offset) throws -> TopicReader {
    try TopicReader(self, topic: topic, from: offset)
  }

  /// Holds a lock of the store over `body`, waiting for it.
  /// - Parameter onWait: called once if somebody else holds it.
  public func withLock<R>(
    _ range: StoreLockRange, onWait: () -> Void, _ body: () throws -> R
  ) throws -> R {
    guard let storeLock else {
      throw StoreError(.readOnly, "the store was opened for reading")
    }
    if !storeLock.tryLock(range) {
      onWait()
      try storeLock.lock(range)
    }
    defer { storeLock.unlock(range) }
    return try body()
  }
}
