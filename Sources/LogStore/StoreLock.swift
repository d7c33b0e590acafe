// The lock that lets one process at a time write or checkpoint the WAL: a file beside the store.
//
// Open-file-description locks (Linux 3.15+) belong to the open file, not to the process, so two
// handles in one process exclude each other too, and the kernel drops them when the process dies.

import Glibc

/// Byte ranges of the lock file, each a lock of its own.
public enum StoreLockRange: Int64, Sendable {
  /// Held for each write transaction and each WAL checkpoint.
  case write = 0
  /// Held for a whole run of an ingest of files, so that two of them do not race for the same file.
  case ingest = 1
  /// Held for a whole run of a backfill, for the same reason.
  case backfill = 2
  /// Held for a whole run of a worker: the store is the copy of one member of a group.
  case worker = 3
}

final class StoreLock: Sendable {
  private let descriptor: Int32
  private let path: String

  init(storePath: String) throws(StoreError) {
    path = storePath + "-lock"
    descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StoreError(
        .io, "cannot open the lock file \(path): \(String(cString: strerror(errno)))",
        remedy: "Check that the folder exists and may be written")
    }
  }

  deinit { Glibc.close(descriptor) }

  /// Waits for the lock.
  /// - Parameter shouldGiveUp: asked when a signal has come; true ends the wait with `busy`.
  func lock(
    _ range: StoreLockRange, shouldGiveUp: () -> Bool = { false }
  ) throws(StoreError) {
    while !attempt(range, type: F_WRLCK, wait: true) {
      guard errno == EINTR else {
        throw StoreError(
          .io, "cannot lock \(path): \(String(cString: strerror(errno)))",
          remedy: "The file system must support locks; network file systems often do not")
      }
      if shouldGiveUp() {
        throw StoreError(.busy, "gave up waiting for another process to release \(path)")
      }
    }
    guard isStillThere else {
      unlock(range)
      throw StoreError(
        .io, "the lock file \(path) was removed while the store was in use",
        remedy: "Another process may hold a new one: close every program that has the store open, "
          + "and open it again")
    }
  }

  /// Takes the lock if nobody holds it.
  func tryLock(_ range: StoreLockRange) -> Bool {
    guard attempt(range, type: F_WRLCK, wait: false) else { return false }
    if isStillThere { return true }
    unlock(range)
    return false
  }

  func unlock(_ range: StoreLockRange) { _ = attempt(range, type: F_UNLCK, wait: false) }

  /// A lock on a removed file excludes nobody who comes later.
  private var isStillThere: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink > 0
  }

  private func attempt(_ range: StoreLockRange, type: Int32, wait: Bool) -> Bool {
    var request = flock()
    request.l_type = Int16(type)
    request.l_whence = Int16(SEEK_SET)
    request.l_start = off_t(range.rawValue)
    request.l_len = 1
    // F_OFD_SETLK and F_OFD_SETLKW of linux/fcntl.h, which the module map does not show.
    let setLock: Int32 = 37
    let setLockWait: Int32 = 38
    return fcntl(descriptor, wait ? setLockWait : setLock, &request) == 0
  }
}
