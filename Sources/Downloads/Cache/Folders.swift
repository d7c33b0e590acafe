// Folders and files, made so that they are there after a crash.

import Glibc

enum Folders {
  /// Makes a folder and those above it.
  static func make(_ path: String) throws(DownloadFailure) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    let parent = folder(of: path)
    if !parent.isEmpty { try make(parent) }
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .system("make the folder", path) }
  }

  /// All before the last slash; empty where there is none.
  static func folder(of path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  }

  /// What was renamed in the folder stays so.
  static func synchronise(_ path: String) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String
  ) throws(DownloadFailure) {
    var written = 0
    while written < bytes.count {
      let count = write(file, bytes.baseAddress! + written, bytes.count - written)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .system("write", path) }
      written += count
    }
  }

  static func writeAll(
    _ bytes: [UInt8], to file: Int32, _ path: String
  ) throws(DownloadFailure) {
    let result = bytes.withUnsafeBytes { all in
      Result { () throws(DownloadFailure) in try writeAll(all, to: file, path) }
    }
    try result.get()
  }

  /// A file that appears under its name only when it is complete and on the disk.
  static func replace(_ path: String, with bytes: [UInt8]) throws(DownloadFailure) {
    let temporary = path + ".new"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .system("write", temporary) }
    do throws(DownloadFailure) {
      try writeAll(bytes, to: file, temporary)
      guard fsync(file) == 0 else { throw .system("write", temporary) }
    } catch {
      close(file)
      unlink(temporary)
      throw error
    }
    close(file)
    guard rename(temporary, path) == 0 else { throw .system("rename", temporary) }
    synchronise(folder(of: path))
  }
}
