// A feed's connection to a listener.

import Glibc
import Pipeline

/// Sends lines and takes answers, neither waiting for the other. Used by one thread.
final class FeedLink {
  private let handle: SocketHandle
  private let path: SocketPath
  private var outgoing: [UInt8] = []
  private var sentByteCount = 0
  private var splitter = LineSplitter(byteCountMax: 64 << 10)
  private(set) var storedLineNumber: Int64 = 0

  /// Enough to keep a listener busy while it commits.
  private static let outgoingByteCountMax = 256 << 10

  init(_ path: SocketPath) throws(SocketFailure) {
    self.path = path
    handle = try .connected(to: path)
  }

  /// Listeners answer at once, after a commit.
  private static let greetingSecondsMax = 10.0

  /// Says who is sending, and waits for how far that source has come.
  /// - Returns: nil when it was asked to stop.
  func greet(
    _ source: SourceLabel, patienceSeconds: Double?, shouldStop: () -> Bool
  ) throws -> SourceReach? {
    outgoing.append(contentsOf: Greeting.line(source).utf8)
    let end =
      MonotonicClock.seconds() + min(Self.greetingSecondsMax, patienceSeconds ?? .infinity)
    while !shouldStop() {
      guard MonotonicClock.seconds() < end else {
        throw SocketFailure(.away, "the listener at \(path) does not answer")
      }
      try wait(seconds: 0.1)
      for case .at(let reach) in try takeAnswers() {
        storedLineNumber = reach.lineCount
        return reach
      }
    }
    return nil
  }

  /// Whether a line should be put.
  var hasRoom: Bool { outgoing.count - sentByteCount < Self.outgoingByteCountMax }

  func put(_ line: UnsafeRawBufferPointer) {
    outgoing.append(contentsOf: line)
    outgoing.append(10)
  }

  /// Sends what can be sent, and waits at most so long for answers, or for room.
  func wait(seconds: Double) throws {
    try send()
    var events = Int32(POLLIN)
    if outgoing.count > sentByteCount { events |= POLLOUT }
    var polled = pollfd(fd: handle.descriptor, events: Int16(events), revents: 0)
    // Rounded up, so that a wait of less than a millisecond is one.
    let milliseconds = Int32(max(0, min(seconds, 0.1)) * 1000 + 0.999)
    _ = poll(&polled, 1, milliseconds)
    if polled.revents & Int16(POLLOUT) != 0 { try send() }
  }

  private func send() throws {
    while sentByteCount < outgoing.count {
      let transfer = outgoing.withUnsafeBytes {
        handle.write(UnsafeRawBufferPointer(rebasing: $0[sentByteCount...]))
      }
      switch transfer {
      case .bytes(let count): sentByteCount += count
      case .later:
        if sentByteCount > Self.outgoingByteCountMax {
          outgoing.removeFirst(sentByteCount)
          sentByteCount = 0
        }
        return
      case .ended:
        // What it has said before is still there to be read, and says why.
        _ = try takeAnswers()
        throw lost
      }
    }
    outgoing.removeAll(keepingCapacity: true)
    sentByteCount = 0
  }

  /// What has come from the listener.
  /// - Throws: `SocketFailure` when it refuses, or has gone.
  func takeAnswers() throws -> [Answer] {
    var answers: [Answer] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      switch buffer.withUnsafeMutableBytes({ handle.read(into: $0) }) {
      case .later: return answers
      case .ended:
        if answers.isEmpty { throw lost }
        return answers
      case .bytes(let count):
        try buffer.withUnsafeBytes { bytes in
          try splitter.take(UnsafeRawBufferPointer(rebasing: bytes[..<count])) {
            answers.append(try read($0))
          }
        }
      }
    }
  }

  private func read(_ line: LineSplitter.Line) throws -> Answer {
    let text = String(decoding: line.bytes, as: UTF8.self)
    guard !line.isCut, let answer = Answer(text) else {
      throw SocketFailure(
        .refused, "what listens at \(path) does not speak as moaa does: \(text.prefix(100))")
    }
    switch answer {
    case .error(let reason):
      // What is only busy, or has a full disk, may be better later.
      let passes = reason.hasPrefix("busy: ") || reason.hasPrefix("the store failed")
      throw SocketFailure(passes ? .away : .refused, "\(path): \(reason)")
    case .stored(let number): storedLineNumber = number
    case .at, .bad: break
    }
    return answer
  }

  private var lost: SocketFailure {
    SocketFailure(.away, "the listener at \(path) has gone")
  }
}
