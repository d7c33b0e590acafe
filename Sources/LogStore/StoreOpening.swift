// How the connections of a store are opened and set up, and how a new store comes to be.

import CSQLite

enum StoreOpening {
  static func openReader(_ file: StoreFile) throws(StoreError) -> SQLiteConnection {
    let connection = try SQLiteConnection(
      path: file.path, flags: SQLITE_OPEN_READONLY, isImmutable: file.isAtRest)
    try connection.execute("PRAGMA query_only = ON")
    return connection
  }

  /// A reader of a file that exists, once it is known to be a store or empty.
  /// - Returns: nil when a process was killed in the middle of making the store: what it began must
  ///   be undone before the file can be read, by somebody who may write.
  static func look(
    _ file: StoreFile, _ mode: StoreOptions.Mode
  ) throws(StoreError) -> SQLiteConnection? {
    let connection = try openReader(file)
    do throws(StoreError) {
      _ = try Schema.check(connection, path: file.path)
    } catch {
      guard isReadOnlyRecovery(error.sqliteCode) else { throw error }
      guard mode == .readOnly else { return nil }
      throw StoreError(
        .io, "\(file.path) was left in the middle of a change that only a writer can undo",
        remedy: "Run a command that writes, such as `moaa ingest`, once")
    }
    return connection
  }

  /// SQLITE_READONLY_ROLLBACK and SQLITE_READONLY_RECOVERY.
  private static func isReadOnlyRecovery(_ code: Int32) -> Bool {
    code & 0xFF == SQLITE_READONLY && [1, 3].contains(code >> 8)
  }

  static func openWriter(
    _ path: String, _ options: StoreOptions, _ lock: StoreLock
  ) throws(StoreError) -> SQLiteConnection {
    // Also over the creation: of two processes that make the same store, the second finds it made.
    try lock.lock(.write)
    defer { lock.unlock(.write) }
    let create = options.mode == .create ? SQLITE_OPEN_CREATE : 0
    let connection = try SQLiteConnection(path: path, flags: SQLITE_OPEN_READWRITE | create)
    let isStore = try Schema.check(connection, path: path)
    guard isStore || options.mode == .create else { throw empty(path) }
    // Sticks to a file at its first page; later it changes nothing.
    try connection.execute("PRAGMA page_size = \(Limits.pageBytes)")
    // Also on a store that exists: another program may have turned it off, and then readers would
    // block.
    guard try connection.text("PRAGMA journal_mode = WAL") == "wal" else {
      throw StoreError(
        .io, "\(path) cannot have a write-ahead log where it lies",
        remedy: "Put the store on a local disk; SQLite's WAL needs shared memory")
    }
    if !isStore {
      try connection.execute("PRAGMA synchronous = FULL")
      try connection.execute(Schema.creation)
    } else if try connection.integer("PRAGMA user_version") ?? 0 < Schema.version {
      try connection.execute("PRAGMA user_version = \(Schema.version)")
    }
    try connection.execute("PRAGMA foreign_keys = ON")
    try connection.execute(
      "PRAGMA synchronous = \(options.durability == .full ? "FULL" : "NORMAL")")
    // A savepoint or statement journal in memory: nothing temporary ever needs the disk.
    try connection.execute("PRAGMA temp_store = MEMORY")
    // A WAL that a slow reader let grow is cut back when it is begun anew.
    let walBytesMax = Int64(Limits.walPagesMax) * Int64(Limits.pageBytes)
    try connection.execute("PRAGMA journal_size_limit = \(walBytesMax)")
    try setByteCountMax(options.byteCountMax, connection)
    return connection
  }

  static func setByteCountMax(
    _ byteCountMax: Int64?, _ connection: SQLiteConnection
  ) throws(StoreError) {
    let pageBytes = try connection.integer("PRAGMA page_size") ?? Int64(Limits.pageBytes)
    let pages = byteCountMax.map { max(1, $0 / pageBytes) } ?? Limits.pagesMax
    try connection.execute("PRAGMA max_page_count = \(pages)")
  }

  static func empty(_ path: String) -> StoreError {
    StoreError(
      .notAStore, "\(path) is empty, not a moaa store",
      remedy: "Make one with `moaa ingest` or `moaa run`")
  }
}
