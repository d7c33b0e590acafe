// Where a unix socket is: its address, the folder that keeps it private, and what was left there.

import Glibc

/// The path of a unix socket.
public struct SocketPath: Hashable, Sendable, CustomStringConvertible {
  public let text: String

  /// What fits into the kernel's address, with the zero byte behind it (unix(7)).
  static let byteCountMax = 107

  /// - Throws: `SocketFailure.path`.
  public init(_ text: String) throws(SocketFailure) {
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw SocketFailure(.path, "a socket needs a path")
    }
    guard text.utf8.count <= Self.byteCountMax else {
      throw SocketFailure(
        .path, "\(text): a socket's path has at most \(Self.byteCountMax) bytes",
        remedy: "Choose a shorter one, or change to its folder first")
    }
    self.text = text
  }

  public var description: String { text }

  /// What tells a socket's file from another one of the same name.
  struct FileIdentity: Equatable {
    let device: UInt64
    let inode: UInt64
  }

  /// nil when there is nothing.
  var identity: FileIdentity? {
    var status = stat()
    guard lstat(text, &status) == 0 else { return nil }
    return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Removes the socket, if it is still the one that was bound.
  func remove(_ bound: FileIdentity?) {
    guard let bound, let opened = try? prepareFolder() else { return }
    Self.locked(opened) {
      if identity == bound { unlink(text) }
    }
  }

  /// Keeps others out who begin to listen in the folder, or end.
  static func locked<R>(_ folder: SocketHandle, _ body: () throws -> R) rethrows -> R {
    while flock(folder.descriptor, LOCK_EX) != 0, errno == EINTR {}
    defer { flock(folder.descriptor, LOCK_UN) }
    return try body()
  }

  private var folder: String {
    guard let slash = text.lastIndex(of: "/") else { return "." }
    return slash == text.startIndex ? "/" : String(text[..<slash])
  }

  /// Calls `body` with the address in the kernel's form.
  func withAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// Makes the folder, for the user alone, if it is not there, and looks whether somebody else could
  /// put a socket of his own in this one's place.
  /// - Returns: the folder, opened.
  func prepareFolder() throws(SocketFailure) -> SocketHandle {
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw SocketFailure(
        .path, "cannot make the folder \(folder): \(String(cString: strerror(errno)))")
    }
    let opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    var status = stat()
    guard opened >= 0, fstat(opened, &status) == 0 else {
      throw SocketFailure(
        .path, "cannot look into the folder \(folder): \(String(cString: strerror(errno)))")
    }
    let handle = SocketHandle(descriptor: opened)
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw SocketFailure(
        .path,
        "the folder \(folder) is somebody else's, who could put a socket of his in place of this one",
        remedy: "Choose a folder of your own")
    }
    let othersMayReplace =
      status.st_mode & (S_IWGRP | S_IWOTH) != 0 && status.st_mode & S_ISVTX == 0
    guard !othersMayReplace else {
      throw SocketFailure(
        .path,
        "others may write into \(folder), and so put a socket of theirs in place of this one",
        remedy: "Run: chmod go-w \(folder), or choose a folder of your own")
    }
    return handle
  }

  /// Removes a socket that nobody listens at any more, as `kill -9` leaves it.
  /// - Parameter type: `SOCK_STREAM` or `SOCK_DGRAM`.
  func removeStale(type: __socket_type) throws(SocketFailure) {
    var status = stat()
    guard lstat(text, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw SocketFailure(
        .path, "\(text) is there and is not a socket", remedy: "Choose another path")
    }
    let probe = socket(AF_UNIX, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw .system("cannot make a socket", errno) }
    defer { close(probe) }
    let isAnswered = withAddress { connect(probe, $0, $1) } == 0
    if isAnswered || errno == EAGAIN {
      throw SocketFailure(
        .inUse, "another process listens at \(text)", remedy: "Stop it, or choose another path")
    }
    switch errno {
    case ECONNREFUSED: break
    case ENOENT: return
    case EPROTOTYPE:
      throw SocketFailure(
        .inUse, "\(text) is a socket of another kind", remedy: "Choose another path")
    default: throw .system("cannot look at the old socket \(text)", errno)
    }
    guard unlink(text) == 0 || errno == ENOENT else {
      throw .system("cannot remove the old socket \(text)", errno)
    }
  }
}
