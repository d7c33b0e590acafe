// The store's file as SQLite sees it, past LogStore: for doing damage, and for recomputing what
// LogStore says with code that is not its own.

import CSQLite
import Testing

/// Runs SQL, without the schema's checks, and gives the rows' columns as bytes.
@discardableResult
func sqlite(_ path: String, _ sql: String) throws -> [[[UInt8]]] {
  var handle: OpaquePointer?
  try #require(sqlite3_open(path, &handle) == SQLITE_OK)
  defer { sqlite3_close(handle) }
  sqlite3_exec(handle, "PRAGMA ignore_check_constraints = ON", nil, nil, nil)
  var statement: OpaquePointer?
  let message = { String(cString: sqlite3_errmsg(handle)) }
  try #require(sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, "\(message())")
  defer { sqlite3_finalize(statement) }
  var rows: [[[UInt8]]] = []
  while true {
    let code = sqlite3_step(statement)
    if code == SQLITE_DONE { return rows }
    try #require(code == SQLITE_ROW, "\(message())")
    rows.append(
      (0..<sqlite3_column_count(statement)).map { column in
        let start = sqlite3_column_blob(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return Array(UnsafeRawBufferPointer(start: start, count: count))
      })
  }
}

/// As `sqlite`, with the columns as integers.
func integers(_ path: String, _ sql: String) throws -> [[Int64]] {
  try sqlite(path, sql).map { row in
    try row.map { try #require(Int64(String(decoding: $0, as: UTF8.self))) }
  }
}
