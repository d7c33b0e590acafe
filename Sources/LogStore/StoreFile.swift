// Which file a path means, settled before anything is opened.
//
// Two names of one file (a link, a relative path) must lead to one lock, so everything goes by the
// resolved path. It is found without opening the file: closing a descriptor of it would drop the
// POSIX locks that SQLite holds on that file anywhere in this process, and another program could
// then take the store for unused.

import Glibc

struct StoreFile {
  /// The absolute path without links; the lock, the WAL and its index lie beside it.
  let path: String
  let exists: Bool

  /// SQLite's own bound on a path and the suffix it adds (512 bytes and "-journal").
  private static let pathBytesMax = 504

  init(_ given: String) throws(StoreError) {
    guard !given.isEmpty, !given.utf8.contains(0) else {
      throw StoreError(
        .invalid, "an empty path, or one with a zero byte, cannot name a store",
        remedy: "Name a file")
    }
    var status = stat()
    exists = try Self.find(given, &status)
    if exists {
      guard status.st_mode & S_IFMT == S_IFREG else {
        let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
        throw StoreError(
          .notAStore, "\(given) is \(kind), and a store is one file",
          remedy: "Name a file, such as \(given)/moaa.store")
      }
      path = try Self.resolve(given, for: given)
    } else {
      path = try Self.resolveFolder(of: given)
    }
    guard path.utf8.count <= Self.pathBytesMax else {
      throw StoreError(
        .invalid, "the path \(path) has more than \(Self.pathBytesMax) bytes",
        remedy: "SQLite opens no longer ones: move the store nearer to the root")
    }
  }

  /// Whether there is something at the path, links followed, and what.
  private static func find(_ given: String, _ status: inout stat) throws(StoreError) -> Bool {
    if stat(given, &status) == 0 { return true }
    guard errno == ENOENT else { throw unreachable(given) }
    if lstat(given, &status) != 0 { return false }
    // Not a link: another process has made the file since the first look.
    guard status.st_mode & S_IFMT == S_IFLNK else { return true }
    throw StoreError(
      .notFound, "\(given) is a link to a file that does not exist",
      remedy: "Remove the link, or make the folder that it points into and name the file itself")
  }

  private static func resolveFolder(of given: String) throws(StoreError) -> String {
    let bytes = Array(given.utf8)
    let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
    let name = String(decoding: bytes[(slash.map { $0 + 1 } ?? 0)...], as: UTF8.self)
    guard !name.isEmpty else {
      throw StoreError(
        .notFound, "\(given) is a folder that does not exist", remedy: "Name a file")
    }
    var folder = slash.map { String(decoding: bytes[..<$0], as: UTF8.self) } ?? "."
    if folder.isEmpty { folder = "/" }
    var status = stat()
    if stat(folder, &status) != 0, errno == ENOENT {
      throw StoreError(
        .notFound, "\(given): the folder \(folder) does not exist", remedy: "Make the folder first")
    }
    let resolved = try resolve(folder, for: given)
    return resolved == "/" ? "/" + name : resolved + "/" + name
  }

  private static func resolve(_ path: String, for given: String) throws(StoreError) -> String {
    guard let resolved = realpath(path, nil) else { throw unreachable(given) }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func unreachable(_ given: String) -> StoreError {
    StoreError(
      .io, "\(given) cannot be reached: \(String(cString: strerror(errno)))",
      remedy: "Check the path and the rights of its folders")
  }

  /// SQLite would only say that it cannot open the file, not why.
  func checkRights(writing: Bool) throws(StoreError) {
    guard exists else { return }
    if access(path, R_OK) != 0 {
      throw StoreError(
        .io, "\(path) may not be read: \(String(cString: strerror(errno)))",
        remedy: "Check the rights of the file")
    }
    if writing, access(path, W_OK) != 0 {
      throw StoreError(
        .io, "\(path) may be read but not written: \(String(cString: strerror(errno)))",
        remedy: "Check the rights of the file, or open the store for reading only")
    }
  }

  /// Whether the store lies where SQLite cannot keep its files beside it, on a read-only medium or in
  /// somebody else's folder, and nobody is using it: who does has a WAL index there, and what is not
  /// in the file yet stands in a WAL.
  var isAtRest: Bool {
    var status = stat()
    let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex) + "/"
    return access(path, W_OK) != 0 && access(String(folder), W_OK) != 0
      && stat(path + "-shm", &status) != 0
      && (stat(path + "-wal", &status) != 0 || status.st_size == 0)
  }
}
