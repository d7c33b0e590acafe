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
    (listener, port) = try Loopback.listening()
    Thread { [self] in serve() }.start()
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
    guard let server = Loopback.connected(to: serverPort) else { return }
    defer { close(server) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let greeting = read(server, &bytes, bytes.count)
    guard greeting > 0, write(client, bytes, greeting) == greeting else { return }
    // The request for TLS is a packet of 4 + 32 bytes.
    guard read(client, &bytes, 36) == 36 else { return }
    if moment == .afterHello { _ = read(client, &bytes, 1) }
  }
}
