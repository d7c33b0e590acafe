// Plain ways to keep records durably, without moaa.

import CSQLite
import Glibc

enum Yardsticks {
  /// Appends the lines to a file, with an fdatasync for every MiB.
  static func appendFile(lines: Lines, to path: String) throws -> Double {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw BenchError.system(path) }
    defer { close(descriptor) }
    var buffer: [UInt8] = []
    return try measure {
      func flush() throws {
        let count = buffer.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count == buffer.count, fdatasync(descriptor) == 0 else {
          throw BenchError.system(path)
        }
        buffer.removeAll(keepingCapacity: true)
      }
      try lines.forEach { line in
        buffer.append(contentsOf: line)
        buffer.append(0x0A)
        if buffer.count >= 1 << 20 { try flush() }
      }
      try flush()
    }
  }

  /// SQLite, one row a record, WAL and FULL, 1,000 rows a transaction.
  static func appendRows(lines: Lines, to path: String) throws -> Double {
    var database: OpaquePointer?
    func check(_ code: Int32) throws {
      guard code == SQLITE_OK || code == SQLITE_DONE else {
        throw BenchError(description: String(cString: sqlite3_errmsg(database)))
      }
    }
    try check(sqlite3_open(path, &database))
    defer { sqlite3_close(database) }
    try check(
      sqlite3_exec(
        database,
        """
        PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE record (record_offset INTEGER PRIMARY KEY, value BLOB NOT NULL)
        """, nil, nil, nil))
    var insert: OpaquePointer?
    try check(
      sqlite3_prepare_v2(database, "INSERT INTO record (value) VALUES (?)", -1, &insert, nil))
    defer { sqlite3_finalize(insert) }
    return try measure {
      var count = 0
      try check(sqlite3_exec(database, "BEGIN", nil, nil, nil))
      try lines.forEach { line in
        sqlite3_bind_blob(insert, 1, line.baseAddress, Int32(line.count), nil)
        try check(sqlite3_step(insert))
        sqlite3_reset(insert)
        count += 1
        if count % 1000 == 0 {
          try check(sqlite3_exec(database, "COMMIT; BEGIN", nil, nil, nil))
        }
      }
      try check(sqlite3_exec(database, "COMMIT", nil, nil, nil))
    }
  }
}
