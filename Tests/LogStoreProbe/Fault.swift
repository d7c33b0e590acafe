// A disk that fails on request: SQLite's own file functions, with two of them put in front.

import CSQLite
import Glibc

enum Fault {
  case none
  /// The disk fails to sync.
  case sync
  /// The disk has no room for a write.
  case space

  /// Set by the only thread that writes.
  nonisolated(unsafe) static var current = Fault.none

  private nonisolated(unsafe) static let system = sqlite3_vfs_find(nil)!
  private nonisolated(unsafe) static var systemMethods = sqlite3_io_methods()

  /// Makes every file that SQLite opens from now on one that can fail.
  static func install() {
    let faulty = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    faulty.initialize(to: system.pointee)
    faulty.pointee.xOpen = { _, name, file, flags, outFlags in
      let code = Fault.system.pointee.xOpen(Fault.system, name, file, flags, outFlags)
      guard code == SQLITE_OK, let file, let methods = file.pointee.pMethods else { return code }
      let replaced = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
      replaced.initialize(to: methods.pointee)
      Fault.systemMethods = methods.pointee
      replaced.pointee.xSync = { file, flags in
        // SQLITE_IOERR_FSYNC
        Fault.current == .sync ? SQLITE_IOERR | 4 << 8 : Fault.systemMethods.xSync(file, flags)
      }
      replaced.pointee.xWrite = { file, bytes, count, offset in
        Fault.current == .space
          ? SQLITE_FULL : Fault.systemMethods.xWrite(file, bytes, count, offset)
      }
      file.pointee.pMethods = UnsafePointer(replaced)
      return code
    }
    faulty.pointee.zName = UnsafePointer(strdup("faulty"))
    sqlite3_vfs_register(faulty, 1)
  }
}
