// A store, a socket and a listener on a thread of its own; and a client that is no part of moaa.

import Dispatch
import Foundation
import Glibc
import LogStore
import Synchronization
import Testing

@testable import Pipeline
@testable import Sockets

/// One test's folder, with a store and perhaps a listener in it.
final class Stage {
  let folder: String
  let store: LogStore
  var socket: String { folder + "/run/raw.sock" }

  init() throws {
    // A socket's path must be short.
    folder = NSTemporaryDirectory() + "moaa-s-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    store = try LogStore.open(folder + "/test.store")
  }

  deinit {
    store.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  func options() throws -> ListenOptions {
    var options = ListenOptions()
    options.stream = try SocketPath(socket)
    options.lingerMilliseconds = 2
    return options
  }

  /// The values of a topic's data records.
  func values(_ topic: String) throws -> [String] {
    try records(topic).filter { $0.kind == .data }.map {
      String(decoding: $0.value ?? [], as: UTF8.self)
    }
  }

  func records(_ topic: String) throws -> [KeptRecord] {
    let cursor = RecordCursor(try store.reader(of: topic, from: .zero))
    var records: [KeptRecord] = []
    while let record = try cursor.next() { records.append(record) }
    return records
  }
}

/// A listener that runs until it is stopped.
final class RunningListener: Sendable {
  private let isStopping = Atomic(false)
  private let done = DispatchSemaphore(value: 0)
  private let outcome = Mutex<Result<ListenCounts, any Error>?>(nil)

  init(_ store: LogStore, _ base: ListenOptions) throws {
    var options = base
    options.shouldStop = { [self] in isStopping.load(ordering: .relaxed) }
    let listener = Handover(try Listener(store: store, options: options))
    DispatchQueue(label: "listener").async { [self] in
      let result = Result { try listener.value.run() }
      outcome.withLock { $0 = result }
      done.signal()
    }
  }

  /// Only one thread has it at a time.
  private struct Handover: @unchecked Sendable {
    let value: Listener
    init(_ value: Listener) { self.value = value }
  }

  /// Whether it has ended by itself.
  var hasEnded: Bool { outcome.withLock { $0 != nil } }

  @discardableResult
  func stop() throws -> ListenCounts {
    isStopping.store(true, ordering: .relaxed)
    done.wait()
    return try outcome.withLock { try $0!.get() }
  }
}

/// A connection that says what it is told to, and reads lines.
final class Client: @unchecked Sendable {
  // Sendable by hand: one thread says, one reads.
  private let descriptor: Int32
  private var text: [UInt8] = []

  init(_ path: String, datagrams: Bool = false) throws {
    descriptor = socket(AF_UNIX, Int32((datagrams ? SOCK_DGRAM : SOCK_STREAM).rawValue), 0)
    let answer = try SocketPath(path).withAddress { connect(descriptor, $0, $1) }
    try #require(answer == 0, "cannot connect: \(String(cString: strerror(errno)))")
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func say(_ text: String) { say(Array(text.utf8)) }

  func say(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Says that nothing more will come.
  func end() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// The next line; nil at the end.
  func line() -> String? {
    while true {
      if let end = text.firstIndex(of: 10) {
        defer { text.removeFirst(end + 1) }
        return String(decoding: text[..<end], as: UTF8.self)
      }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      text += buffer[..<count]
    }
  }

  /// All lines up to the end.
  func lines() -> [String] {
    var lines: [String] = []
    while let line = line() { lines.append(line) }
    return lines
  }
}

enum Observed {
  /// An observation as a feeder sends it, without its newline.
  static func line(_ station: String, _ time: String, _ tenths: Int = 100) -> String {
    #"{"STATION":"\#(station)","DATE":"\#(time)","TMP":"+0\#(tenths),1"}"#
  }
}
