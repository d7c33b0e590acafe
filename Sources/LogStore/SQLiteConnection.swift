// SQLite, wrapped once: a connection, its prepared statements, and its errors as `StoreError`.

import CSQLite

/// One connection. Not shared between threads: `LogStore` guards it.
final class SQLiteConnection {
  let path: String
  private(set) var handle: OpaquePointer?
  private var statements: [String: SQLiteStatement] = [:]
  /// Pages in the WAL, as of this connection's last commit.
  private(set) var walPageCount: Int32 = 0
  /// Why the write transaction that is under way cannot be committed any more. SQLite rolls a
  /// transaction back by itself after some errors, and runs what follows outside any transaction:
  /// a caller that swallows such an error must not get half of its changes committed.
  private var transactionFailure: StoreError?
  private var isWriting = false

  /// - Parameter isImmutable: whether SQLite may rely on it that nobody changes the file, and so do
  ///   without the WAL, its index and locks.
  init(path: String, flags: Int32, isImmutable: Bool = false) throws(StoreError) {
    self.path = path
    var handle: OpaquePointer?
    let name = isImmutable ? Self.uri(path) + "?immutable=1" : path
    let code = sqlite3_open_v2(
      name, &handle, flags | SQLITE_OPEN_NOMUTEX | (isImmutable ? SQLITE_OPEN_URI : 0), nil)
    self.handle = handle
    guard code == SQLITE_OK else {
      let error = failure(code, while: "opening it")
      close()
      throw error
    }
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, Limits.busyMilliseconds)
    // The store checkpoints the WAL itself, under its lock: two processes that write and checkpoint
    // at the same instant can damage a WAL file before SQLite 3.51.3.
    _ = moaa_sqlite3_db_config_int(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    sqlite3_wal_autocheckpoint(handle, 0)
    sqlite3_wal_hook(
      handle,
      { context, _, _, pageCount in
        Unmanaged<SQLiteConnection>.fromOpaque(context!).takeUnretainedValue().walPageCount =
          pageCount
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// An absolute path as a URI (sqlite.org/uri.html).
  private static func uri(_ path: String) -> String {
    let escapes: [Character: String] = ["%": "%25", "?": "%3f", "#": "%23"]
    return "file://" + path.map { escapes[$0] ?? String($0) }.joined()
  }

  deinit { close() }

  func close() {
    statements.removeAll()
    if let handle { sqlite3_close_v2(handle) }
    handle = nil
  }

  /// A prepared statement, reset and ready to bind; prepared once a connection, and once more when
  /// a caller is still in the middle of its rows.
  func statement(_ sql: String) throws(StoreError) -> SQLiteStatement {
    if let transactionFailure { throw transactionFailure }
    if let statement = statements[sql], !statement.isBusy {
      statement.reset()
      return statement
    }
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(
      handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else {
      throw failed(code, while: "preparing \(Self.gist(of: sql))")
    }
    let statement = SQLiteStatement(prepared, connection: self)
    if statements[sql] == nil { statements[sql] = statement }
    return statement
  }

  /// Runs statements that give no rows.
  func execute(_ sql: String) throws(StoreError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code, while: "running \(Self.gist(of: sql))") }
  }

  /// The first column of the first row as an integer.
  func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try statement(sql)
    defer { statement.reset() }
    return try statement.step() ? statement.integer(0) : nil
  }

  /// The first column of the first row as text.
  func text(_ sql: String) throws(StoreError) -> String {
    let statement = try statement(sql)
    defer { statement.reset() }
    return try statement.step() ? statement.text(0) : ""
  }

  // MARK: Write transactions

  func beginWriting() throws(StoreError) {
    try execute("BEGIN IMMEDIATE")
    isWriting = true
    transactionFailure = nil
  }

  /// Throws the error after which the transaction must not be committed.
  func refuseFailedTransaction() throws(StoreError) {
    if let transactionFailure { throw transactionFailure }
  }

  func commit() throws(StoreError) {
    try execute("COMMIT")
    isWriting = false
  }

  /// - Returns: false when the transaction is still open, after which nothing can be done with the
  ///   connection.
  func rollBack() -> Bool {
    // SQLite may have rolled back already; then this fails, and nothing is wrong.
    sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    isWriting = false
    transactionFailure = nil
    return sqlite3_get_autocommit(handle) != 0
  }

  /// Moves what the WAL holds into the file, as far as readers allow, without waiting for any.
  /// Called under the store's lock.
  func checkpointWAL(_ mode: Int32) throws(StoreError) {
    sqlite3_busy_timeout(handle, 0)
    defer { sqlite3_busy_timeout(handle, Limits.busyMilliseconds) }
    let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, nil, nil)
    guard code == SQLITE_OK else { throw failure(code, while: "checkpointing the WAL") }
  }

  // MARK: Errors

  /// What a statement does, for messages: SQL up to its first bracket or line end.
  static func gist(of sql: String) -> String {
    let words = sql.prefix { $0 != "(" && !$0.isNewline }
    return String(words.last == " " ? words.dropLast() : words)
  }

  /// An error of a statement: the transaction that it belongs to is over.
  func failed(_ code: Int32, while action: String) -> StoreError {
    let error = failure(code, while: action)
    if isWriting, transactionFailure == nil { transactionFailure = error }
    return error
  }

  /// What a result code means for the caller.
  func failure(_ code: Int32, while action: String) -> StoreError {
    let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "no connection"
    let systemError = handle.map { sqlite3_system_errno($0) } ?? 0
    var error = StoreError.sqlite(
      code, systemError: systemError, "\(path): \(text)", while: action)
    error.sqliteCode = code
    return error
  }
}

/// A prepared statement. Columns and parameters count from 0 and 1, as in SQLite.
final class SQLiteStatement {
  private let handle: OpaquePointer
  private unowned let connection: SQLiteConnection
  /// The first refusal of a value (too big, no memory); thrown by `step`.
  private var bindFailure = SQLITE_OK
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  init(_ handle: OpaquePointer, connection: SQLiteConnection) {
    self.handle = handle
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
    bindFailure = SQLITE_OK
  }

  /// Whether somebody is in the middle of its rows.
  var isBusy: Bool { sqlite3_stmt_busy(handle) != 0 }

  /// Moves to the next row; false when there is none.
  func step() throws(StoreError) -> Bool {
    switch bindFailure == SQLITE_OK ? sqlite3_step(handle) : bindFailure {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = connection.failed(
        code, while: "running " + SQLiteConnection.gist(of: String(cString: sqlite3_sql(handle))))
      reset()
      throw error
    }
  }

  /// Runs a statement that gives no row, and resets it.
  func run() throws(StoreError) {
    _ = try step()
    reset()
  }

  @discardableResult
  func bind(_ value: Int64, at index: Int32) -> Self {
    note(sqlite3_bind_int64(handle, index, value))
  }

  @discardableResult
  func bind(_ value: String, at index: Int32) -> Self {
    note(
      sqlite3_bind_text64(
        handle, index, value, UInt64(value.utf8.count), Self.transient, UInt8(SQLITE_UTF8)))
  }

  /// Binds a copy of the bytes; an empty array is an empty blob, not NULL.
  @discardableResult
  func bind(_ value: [UInt8], at index: Int32) -> Self {
    if value.isEmpty { return note(sqlite3_bind_zeroblob(handle, index, 0)) }
    return value.withUnsafeBytes { bytes in
      note(
        sqlite3_bind_blob64(
          handle, index, bytes.baseAddress, UInt64(bytes.count), Self.transient))
    }
  }

  private func note(_ code: Int32) -> Self {
    if bindFailure == SQLITE_OK { bindFailure = code }
    return self
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func text(_ column: Int32) -> String {
    String(decoding: bytes(column), as: UTF8.self)
  }

  /// The column's bytes, valid until the next step or reset.
  func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }
}
