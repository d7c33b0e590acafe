// SQLite, wrapped once: a connection, its prepared statements, and its errors as `StoreError`.

import CSQLite

/// One connection. Not shared between threads: `LogStore` guards it.
final class SQLiteConnection {
  private(set) var handle: OpaquePointer?
  private var statements: [String: SQLiteStatement] = [:]

  init(path: String, flags: Int32) throws(StoreError) {
    var handle: OpaquePointer?
    let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
    self.handle = handle
    guard code == SQLITE_OK else {
      let error = failure(code, while: "opening \(path)")
      close()
      throw error
    }
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, Limits.busyMilliseconds)
    // The store checkpoints the WAL itself, under its lock: two processes that write and checkpoint
    // at the same instant can damage a WAL file before SQLite 3.51.3.
    _ = moaa_sqlite3_db_config_int(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    sqlite3_wal_autocheckpoint(handle, 0)
  }

  deinit { close() }

  func close() {
    statements.removeAll()
    if let handle { sqlite3_close_v2(handle) }
    handle = nil
  }

  /// A prepared statement, reset and ready to bind; prepared once a connection.
  func statement(_ sql: String) throws(StoreError) -> SQLiteStatement {
    if let statement = statements[sql] {
      statement.reset()
      return statement
    }
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(
      handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw failure(code, while: "preparing: \(sql)") }
    let statement = SQLiteStatement(prepared, connection: self)
    statements[sql] = statement
    return statement
  }

  /// Runs statements that give no rows.
  func execute(_ sql: String) throws(StoreError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code, while: "running: \(sql)") }
  }

  /// The first column of the first row as an integer.
  func integer(_ sql: String) throws(StoreError) -> Int64? {
    let statement = try statement(sql)
    defer { statement.reset() }
    return try statement.step() ? statement.integer(0) : nil
  }

  /// What a result code means for the caller.
  func failure(_ code: Int32, while action: String) -> StoreError {
    let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "no connection"
    let message = "\(text) (SQLite \(code)) while \(action)"
    switch code & 0xFF {
    case SQLITE_FULL:
      return StoreError(
        .full, "the disk or the store's size limit is full: \(message)",
        remedy: "Free space or raise the limit, then run the same command again; what was "
          + "acknowledged is kept")
    case SQLITE_CORRUPT:
      return StoreError(
        .damaged, "the store file is damaged: \(message)",
        remedy: "Copy the file, run `moaa log verify --deep`, and restore a backup or ingest again")
    case SQLITE_NOTADB:
      return StoreError(
        .notAStore, "not a moaa store: \(message)", remedy: "Name another file with --store")
    case SQLITE_BUSY, SQLITE_LOCKED:
      return StoreError(
        .busy, "another program holds the store: \(message)",
        remedy: "Close programs other than moaa that have it open, and try again")
    case SQLITE_READONLY, SQLITE_PERM:
      return StoreError(
        .io, "the store cannot be written: \(message)",
        remedy: "Check the rights of the file and its folder")
    case SQLITE_CANTOPEN:
      return StoreError(.io, "cannot open the store: \(message)", remedy: "Check path and rights")
    default:
      return StoreError(
        .io, message, remedy: "Check the disk (`moaa doctor`), then run the same command again")
    }
  }
}

/// A prepared statement. Columns and parameters count from 0 and 1, as in SQLite.
final class SQLiteStatement {
  private let handle: OpaquePointer
  private unowned let connection: SQLiteConnection
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  init(_ handle: OpaquePointer, connection: SQLiteConnection) {
    self.handle = handle
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Moves to the next row; false when there is none.
  func step() throws(StoreError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = connection.failure(
        code, while: "running: \(String(cString: sqlite3_sql(handle)))")
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
    sqlite3_bind_int64(handle, index, value)
    return self
  }

  @discardableResult
  func bind(_ value: String, at index: Int32) -> Self {
    sqlite3_bind_text(handle, index, value, Int32(value.utf8.count), Self.transient)
    return self
  }

  /// Binds a copy of the bytes; an empty array is an empty blob, not NULL.
  @discardableResult
  func bind(_ value: [UInt8], at index: Int32) -> Self {
    if value.isEmpty {
      sqlite3_bind_zeroblob(handle, index, 0)
    } else {
      value.withUnsafeBytes { bytes in
        _ = sqlite3_bind_blob64(
          handle, index, bytes.baseAddress, UInt64(bytes.count), Self.transient)
      }
    }
    return self
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func text(_ column: Int32) -> String {
    sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
  }

  /// The column's bytes, valid until the next step or reset.
  func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }
}
