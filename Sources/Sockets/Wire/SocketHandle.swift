// An open socket.

import Glibc

/// Owns a descriptor, and closes it when it goes.
final class SocketHandle {
  let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// A socket at which others connect, or to which they send datagrams.
  /// - Parameters:
  ///   - mode: who may connect: the rights of the socket's file.
  static func listening(
    at path: SocketPath, type: __socket_type, mode: mode_t
  ) throws(SocketFailure) -> SocketHandle {
    try path.prepareFolder()
    try path.removeStale(type: type)
    let handle = try make(type)
    // Between bind and chmod nobody else may connect.
    let before = umask(0o177)
    let bound = path.withAddress { bind(handle.descriptor, $0, $1) }
    let number = errno
    umask(before)
    guard bound == 0 else {
      if number == EADDRINUSE {
        throw SocketFailure(.inUse, "another process has just begun to listen at \(path)")
      }
      throw .system("cannot listen at \(path)", number)
    }
    guard chmod(path.text, mode) == 0 else {
      throw .system("cannot set the rights of \(path)", errno)
    }
    if type == SOCK_STREAM {
      guard listen(handle.descriptor, 64) == 0 else {
        throw .system("cannot listen at \(path)", errno)
      }
    }
    return handle
  }

  static func connected(to path: SocketPath) throws(SocketFailure) -> SocketHandle {
    let handle = try make(SOCK_STREAM)
    guard path.withAddress({ connect(handle.descriptor, $0, $1) }) == 0 else {
      throw .system("nobody takes observations at \(path)", errno)
    }
    return handle
  }

  private static func make(_ type: __socket_type) throws(SocketFailure) -> SocketHandle {
    let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, Int32(type.rawValue) | flags, 0)
    guard descriptor >= 0 else { throw .system("cannot make a socket", errno) }
    return SocketHandle(descriptor: descriptor)
  }

  /// The next connection; nil when there is none now.
  func accept() -> SocketHandle? {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { return nil }
    let handle = SocketHandle(descriptor: accepted)
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
    return handle
  }

  /// What became of a read or a write that does not wait.
  enum Transfer: Equatable {
    case bytes(Int)
    /// Nothing can be read or written now.
    case later
    /// The other side has gone.
    case ended
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Transfer {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 { return .bytes(count) }
      if count == 0 { return .ended }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .later : .ended
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
    while true {
      let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return .bytes(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN || errno == EWOULDBLOCK ? .later : .ended
    }
  }
}
