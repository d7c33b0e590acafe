// A server that goes away in the middle of a TLS handshake.

import Foundation
import Glibc

/// Stands before a real server of MySQL's protocol: passes its greeting on, and then closes the
/// connection while the client is about to encrypt it.
public final class CutHandshake: @unchecked Sendable {
  // Sendable by hand: set before the thread starts, and only read then.
  public enum Moment: CaseIterable, Sendable {
    /// The client has asked for TLS.
    case afterRequest
    /// The client has sent its first TLS record.
    case afterHello
  }

  public let port: UInt16
  private let listener: Int32
  private let serverPort: UInt16
  private let moment: Moment

  public init(serverPort: UInt16, moment: Moment) throws {
    self.serverPort = serverPort
    self.moment = moment
    (listener, port) = try Self.listening()
    Thread { [self] in serve() }.start()
  }

  private static func listening() throws -> (listener: Int32, port: UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard bind(listener, address, size) == 0, listen(listener, 8) == 0,
          getsockname(listener, address, &size) == 0
        else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      }
    }
    return (listener, UInt16(bigEndian: address.sin_port))
  }

  /// Connections that were cut off so far.
  public var cutCount: Int { lock.withLock { count } }
  private let lock = NSLock()
  private var count = 0

  public func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve() {
    while case let client = accept(listener, nil, nil), client >= 0 {
      lock.withLock { count += 1 }
      greetAndCut(client)
      close(client)
    }
  }

  private func greetAndCut(_ client: Int32) {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(server) }
    var address = Self.loopback(serverPort)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, size) == 0 }
    }
    guard isConnected else { return }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let greeting = read(server, &bytes, bytes.count)
    guard greeting > 0, write(client, bytes, greeting) == greeting else { return }
    // The request for TLS is a packet of 4 + 32 bytes.
    guard read(client, &bytes, 36) == 36 else { return }
    if moment == .afterHello { _ = read(client, &bytes, 1) }
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
