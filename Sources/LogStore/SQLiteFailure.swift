// SQLite's result codes, translated once into the store's errors.

import CSQLite
import Glibc

extension StoreError {
  /// - Parameters:
  ///   - code: an extended result code.
  ///   - systemError: `errno` of the call that failed, where there was one.
  static func sqlite(
    _ code: Int32, systemError: Int32, _ text: String, while action: String
  ) -> StoreError {
    let primary = code & 0xFF
    let system =
      primary == SQLITE_IOERR && systemError != 0
      ? ", \(String(cString: strerror(systemError)))" : ""
    let message = "\(text) (SQLite \(code)\(system)) while \(action)"
    if primary == SQLITE_FULL || isOutOfRoom(code, systemError) {
      return StoreError(
        .full, "the disk or the store's size limit is full: \(message)",
        remedy: "Free space or raise the limit, then run the same command again; what was "
          + "acknowledged is kept")
    }
    switch primary {
    case SQLITE_CORRUPT, SQLITE_ERROR:
      // An error in SQL that we wrote means tables that are not as we made them.
      return damage(message)
    case SQLITE_IOERR where isDamage(code):
      return damage(message)
    case SQLITE_NOTADB:
      return StoreError(
        .notAStore, "not a moaa store: \(message)", remedy: "Name another file with --store")
    case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
      return StoreError(
        .busy, "another program holds the store: \(message)",
        remedy: "Close programs other than moaa that have it open, and try again")
    case SQLITE_READONLY, SQLITE_PERM:
      return StoreError(
        .io, "the store cannot be written: \(message)",
        remedy: "Check the rights of the file and its folder")
    case SQLITE_CANTOPEN:
      return StoreError(
        .io, "cannot open the store: \(message)",
        remedy: "Check the path, and the rights of the file and its folder: SQLite keeps two files "
          + "beside the store, -wal and -shm")
    case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH:
      return StoreError(
        .invalid, "the store refuses the value: \(message)",
        remedy: "A size or a number is outside what the store allows")
    case SQLITE_INTERRUPT: return .interrupted
    case SQLITE_NOMEM:
      return StoreError(.io, "out of memory: \(message)", remedy: "Close other programs")
    default:
      return StoreError(
        .io, message, remedy: "Check the disk (`moaa doctor`), then run the same command again")
    }
  }

  /// A write for which there was no room (SQLite says FULL only for ENOSPC, not for a quota). A
  /// failed sync is never counted here: it leaves open what the disk has.
  private static func isOutOfRoom(_ code: Int32, _ systemError: Int32) -> Bool {
    // SQLITE_IOERR_WRITE and SQLITE_IOERR_SHMSIZE, macros that Swift does not import.
    let write = SQLITE_IOERR | 3 << 8
    let shmSize = SQLITE_IOERR | 19 << 8
    return (code == write || code == shmSize) && [ENOSPC, EDQUOT, EFBIG].contains(systemError)
  }

  /// SQLITE_IOERR_SHORT_READ, _DATA and _CORRUPTFS: the bytes are gone, not the access to them.
  private static func isDamage(_ code: Int32) -> Bool {
    [2, 32, 33].contains(code >> 8)
  }

  private static func damage(_ message: String) -> StoreError {
    StoreError(
      .damaged, "the store file is damaged: \(message)",
      remedy: "Copy the file, run `moaa log verify --deep`, and restore a backup or ingest again")
  }
}
