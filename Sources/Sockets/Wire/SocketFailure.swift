// What can go wrong with a socket.

import Glibc

/// Why a socket cannot be used.
public struct SocketFailure: Error, CustomStringConvertible {
  public enum Code: Sendable, Hashable {
    /// The path cannot be that of a socket, or its folder is not safe.
    case path
    /// Another process listens there.
    case inUse
    /// Nobody listens there, or the connection was lost: it may come back.
    case away
    /// The other side refuses, and will again.
    case refused
    /// The operating system.
    case system
  }

  public let code: Code
  public let message: String
  /// What to do about it; may be empty.
  public let remedy: String

  public init(_ code: Code, _ message: String, remedy: String = "") {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  /// - Parameter number: `errno` as it was after the call that failed.
  static func system(_ what: String, _ number: Int32) -> SocketFailure {
    let code: Code =
      [ECONNREFUSED, ENOENT, ECONNRESET, EPIPE, EAGAIN].contains(number) ? .away : .system
    return SocketFailure(code, "\(what): \(String(cString: strerror(number)))")
  }

  public var description: String { remedy.isEmpty ? message : "\(message). \(remedy)" }
}
