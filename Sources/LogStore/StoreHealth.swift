// Facts about the store's file and the libraries under it, for `moaa doctor`.

import CCrypto
import CSQLite
import CZstd
import Glibc

/// Versions of the C libraries that the store runs on.
public enum LibraryVersions {
  public static var sqlite: String { String(cString: sqlite3_libversion()) }
  /// As SQLite counts: 3.40.1 is 3040001.
  public static var sqliteNumber: Int { Int(sqlite3_libversion_number()) }
  public static var zstandard: String { String(cString: ZSTD_versionString()) }
  public static var crypto: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }
}

/// The store's files, in bytes, and the room around them.
public struct StoreFootprint: Sendable {
  public var fileByteCount: Int64 = 0
  public var walByteCount: Int64 = 0
  /// Pages of the file that hold nothing and will be used again.
  public var freeByteCount: Int64 = 0
  public var diskFreeByteCount: Int64 = 0
}

extension LogStore {
  /// What the store takes, now.
  public func footprint() throws -> StoreFootprint {
    var footprint = StoreFootprint()
    var status = stat()
    if stat(file.path, &status) == 0 { footprint.fileByteCount = Int64(status.st_size) }
    if stat(file.path + "-wal", &status) == 0 { footprint.walByteCount = Int64(status.st_size) }
    var disk = statvfs()
    if statvfs(file.path, &disk) == 0 {
      footprint.diskFreeByteCount = Int64(disk.f_bavail) * Int64(disk.f_frsize)
    }
    footprint.freeByteCount = try read { view in
      (try view.connection.integer("PRAGMA freelist_count") ?? 0)
        * (try view.connection.integer("PRAGMA page_size") ?? 0)
    }
    return footprint
  }
}
