// A folder for one scratch store, and the removal of those whose maker was killed.
//
// What must hold: a folder is locked as long as its maker lives, and only who holds the lock removes it.
// The kernel lets go of the lock when the maker dies, however it dies.

import Glibc

/// A locked folder, removed with the value.
final class ScratchFolder {
  static let storeName = "scratch.store"
  private static let prefix = ".moaa-scratch-"
  /// A sweep comes between once in a long time.
  private static let attemptsMax = 100

  let path: String
  private let descriptor: Int32

  /// Makes a folder; nil, with `errno`, when it cannot be made or not be locked.
  init?(in parent: String) {
    for _ in 0..<Self.attemptsMax {
      var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { return nil }
      let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      if let descriptor = Self.lock(path) {
        self.path = path
        self.descriptor = descriptor
        return
      }
      // Between the two a sweep may have taken it for a leftover; then there is another. For any other
      // reason, such as too many open files, the next one could not be locked either.
      let code = errno
      rmdir(path)
      errno = code
      guard code == EWOULDBLOCK || code == ENOENT else { return nil }
    }
    return nil
  }

  deinit { Self.remove(path, descriptor) }

  /// Removes what killed processes of this user have left in a folder.
  static func sweep(_ parent: String) {
    guard let entries = opendir(parent) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(prefix), let descriptor = lock("\(parent)/\(name)") else { continue }
      remove("\(parent)/\(name)", descriptor)
    }
  }

  /// - Returns: a descriptor of the folder that holds its lock; nil, with `errno`, when somebody else
  ///   does (EWOULDBLOCK), or the folder is not there any more (ENOENT), or not ours.
  private static func lock(_ path: String) -> Int32? {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    var code: Int32 = 0
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 || fstat(descriptor, &status) != 0 {
      code = errno
    } else if status.st_nlink == 0 {
      code = ENOENT
    } else if status.st_uid != geteuid() {
      code = EPERM
    }
    guard code != 0 else { return descriptor }
    close(descriptor)
    errno = code
    return nil
  }

  private static func remove(_ path: String, _ descriptor: Int32) {
    // A journal is there when the maker was killed while SQLite made the file.
    for suffix in ["", "-journal", "-wal", "-shm", "-lock"] {
      unlinkat(descriptor, storeName + suffix, 0)
    }
    rmdir(path)
    close(descriptor)
  }
}
