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
    let folder = try path.prepareFolder()
    do {
      // Of two that begin at once, the later must find the earlier one listening.
      return try SocketPath.locked(folder) { try listeningAlone(at: path, type, mode) }
    } catch let failure as SocketFailure {
      throw failure
    } catch {
      preconditionFailure("nothing else is thrown")
    }
  }

  private static func listeningAlone(
    at path: SocketPath, _ type: __socket_type, _ mode: mode_t
  ) throws(SocketFailure) -> SocketHandle {
    try path.removeStale(type: type)
    let handle = try make(type)
    // The file gets the socket's own rights, from its first moment on; the umask can only take more away.
    guard fchmod(handle.descriptor, mode) == 0 else {
      throw .system("cannot set the rights of \(path)", errno)
    }
    guard path.withAddress({ bind(handle.descriptor, $0, $1) }) == 0 else {
      if errno == EADDRINUSE {
        throw SocketFailure(.inUse, "another process has just begun to listen at \(path)")
      }
      throw .system("cannot listen at \(path)", errno)
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
  /// - Throws: `SocketFailure.system` when this process, or the machine, has no descriptor for one.
  func accept() throws(SocketFailure) -> SocketHandle? {
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else {
      if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) {
        throw .system("cannot take another connection", errno)
      }
      return nil
    }
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
