// A feed to standard output.

import Glibc
import Pipeline
import Sockets

/// Writes lines when they are due. Nobody acknowledges them.
struct FeedPrinter {
  private let files: ObservationFiles
  private let options: FeedOptions
  private var pacer: Pacer
  private var progress = FeedProgress()

  /// Written at once, so that a pipe is not asked for every line.
  private static let byteCountMax = 64 << 10

  init(_ files: ObservationFiles, _ options: FeedOptions) {
    self.files = files
    self.options = options
    pacer = Pacer(options.pace)
  }

  mutating func run() throws -> FeedSummary {
    let lines = FeedLines(files.sequence(), options.eventTimes)
    var text: [UInt8] = []
    // Who has gone away, as in `moaa feed … | head`, wants no more.
    while StandardOutput.hasReader, !options.shouldStop(), lines.next() {
      if try !waitUntilDue(lines.eventSeconds, &text) { break }
      lines.withLine { text.append(contentsOf: $0) }
      text.append(10)
      progress.sentCount += 1
      progress.storedCount += 1
      if text.count >= Self.byteCountMax { try write(&text) }
    }
    try write(&text)
    return FeedSummary(
      progress: progress, faults: lines.faults,
      wasInterrupted: !lines.isAtEnd && StandardOutput.hasReader)
  }

  /// - Returns: false when it was asked to stop.
  private mutating func waitUntilDue(_ eventSeconds: Int64, _ text: inout [UInt8]) throws -> Bool {
    while StandardOutput.hasReader, !options.shouldStop() {
      let now = MonotonicClock.seconds()
      pacer.hold(options.shouldPause(), now)
      progress.isPaused = pacer.isPaused
      let due = pacer.dueTime(eventSeconds: eventSeconds, now: now)
      if due <= now, !pacer.isPaused { return true }
      try write(&text)
      progress.eventSeconds = eventSeconds
      options.onProgress?(progress)
      usleep(UInt32(max(0.001, min(0.1, due - now)) * 1e6))
    }
    return false
  }

  private func write(_ text: inout [UInt8]) throws {
    guard !text.isEmpty else { return }
    try StandardOutput.write(text)
    text.removeAll(keepingCapacity: true)
  }
}
