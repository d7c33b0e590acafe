// Sockets on 127.0.0.1, for servers and proxies of the tests' own.

import Foundation
import Glibc

public enum Loopback {
  /// A socket that takes connections, and the free port that it was given.
  static func listening() throws -> (listener: Int32, port: UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var bound = address(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &bound) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard bind(listener, address, size) == 0, listen(listener, 64) == 0,
          getsockname(listener, address, &size) == 0
        else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      }
    }
    return (listener, UInt16(bigEndian: bound.sin_port))
  }

  /// - Returns: nil when nobody takes connections there.
  public static func connected(to port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(port)
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  /// What a server on a port answers to a request of HTTP 1.0, head and body; nil when nobody is there.
  public static func answer(_ port: UInt16, to request: String) -> String? {
    guard let descriptor = connected(to: port) else { return nil }
    defer { close(descriptor) }
    let bytes = Array("\(request) HTTP/1.0\r\n\r\n".utf8)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      return nil
    }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
      text += buffer[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// A port that is free now. Somebody may take it before a server does, which then does not start.
  public static func freePort() throws -> UInt16 {
    let (listener, port) = try listening()
    close(listener)
    return port
  }

  private static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    return address
  }
}
