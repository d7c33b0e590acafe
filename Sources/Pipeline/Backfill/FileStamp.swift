// What the file system says of a file: enough to tell that it is as it was without opening it.

import Glibc

/// Size, times and identity of a file.
struct FileStamp: Hashable, Sendable {
  let byteCount: Int64
  /// Nanoseconds since 1970.
  let modified: Int64
  /// Of the inode: what `touch -d` cannot set back.
  let changed: Int64
  let inode: UInt64
  let device: UInt64

  init(_ status: stat) {
    byteCount = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
  }

  init(byteCount: Int64, modified: Int64, changed: Int64, inode: UInt64, device: UInt64) {
    self.byteCount = byteCount
    self.modified = modified
    self.changed = changed
    self.inode = inode
    self.device = device
  }

  /// nil when the file cannot be looked at; `errno` says why.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Whether a change after `moment` (nanoseconds since 1970) would certainly have left another stamp.
  /// File systems stamp with a coarse clock; where it has no fractions, of two seconds.
  func isSettled(before moment: Int64) -> Bool {
    let grain: Int64 = changed % 1_000_000_000 == 0 ? 2_000_000_000 : 50_000_000
    return max(modified, changed) + grain < moment
  }

  /// Nanoseconds since 1970, by the clock that stamps files.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
