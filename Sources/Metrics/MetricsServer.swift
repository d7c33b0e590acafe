// Metrics over HTTP, for this machine only.

import CMicroHTTPD
import Glibc

/// Serves `/metrics` at 127.0.0.1. The text is made for each request, by the server's own thread.
public final class MetricsServer: @unchecked Sendable {
  // Sendable by hand: `daemon` is set once in the initialiser, and libmicrohttpd's calls are thread-safe.
  private var daemon: OpaquePointer?
  private let makeText: @Sendable () -> String?

  /// Why the server does not start.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private static let connectionCountMax: UInt32 = 16

  /// - Parameters:
  ///   - port: 0 for one that is free.
  ///   - makeText: nil when the figures cannot be had now.
  public init(port: UInt16, makeText: @escaping @Sendable () -> String?) throws {
    self.makeText = makeText
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    let opaque = Unmanaged.passUnretained(self).toOpaque()
    errno = 0
    daemon = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        moaa_start_http($0, Self.connectionCountMax, answer, opaque)
      }
    }
    guard daemon != nil else {
      let reason = errno == 0 ? "" : ": \(String(cString: strerror(errno)))"
      throw Failure(description: "cannot serve metrics at 127.0.0.1:\(port)\(reason)")
    }
  }

  deinit { if let daemon { MHD_stop_daemon(daemon) } }

  public var port: UInt16 { daemon.map { moaa_http_port($0) } ?? 0 }

  fileprivate func respond(
    to path: String, _ method: String, on connection: OpaquePointer?
  ) -> MHD_Result {
    let isRead = method == "GET" || method == "HEAD"
    let (status, text): (UInt32, String) =
      if !isRead {
        (405, "only GET and HEAD\n")
      } else if path == "/metrics" {
        makeText().map { (200, $0) } ?? (503, "the figures cannot be had now\n")
      } else {
        (404, "only /metrics is here\n")
      }
    let bytes = Array(text.utf8)
    return moaa_http_respond(
      connection, status, bytes, bytes.count, "text/plain; version=0.0.4; charset=utf-8")
  }
}

private let answer: MHD_AccessHandlerCallback = { opaque, connection, url, method, _, _, _, _ in
  guard let opaque, let url, let method else { return .NO }
  let server = Unmanaged<MetricsServer>.fromOpaque(opaque).takeUnretainedValue()
  return server.respond(to: String(cString: url), String(cString: method), on: connection)
}
