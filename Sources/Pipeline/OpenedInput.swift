// The files of a command line, ready to be read: pipes are copied to files first.

import Glibc

struct OpenedInput {
  private(set) var files: [(path: String, name: String)] = []
  /// What stands for pipes; the copies go when these do.
  private(set) var spools: [SpooledInput] = []
  private(set) var failures: [InputFailure] = []

  /// - Parameter paths: files, folders, or `-` for standard input.
  init(_ paths: [String], shouldStop: @escaping @Sendable () -> Bool) {
    let found = InputFiles.find(paths)
    failures = found.failures
    for file in found.files {
      guard file == "-" || InputFiles.isPipe(file) else {
        files.append((file, file))
        continue
      }
      do {
        let spool = try SpooledInput(file, shouldStop: shouldStop)
        spools.append(spool)
        files.append((spool.path, file == "-" ? "standard input" : file))
      } catch { failures.append(error) }
    }
  }

  /// A merge may have a file of every station open.
  static func raiseFileLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
