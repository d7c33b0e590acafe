// How large files are.

import Glibc

enum FileSize {
  /// A store with its write-ahead log, in bytes.
  static func ofStore(_ path: String) -> Int64 { of(path) + of(path + "-wal") }

  private static func of(_ path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }
}
