// Observations of files → a socket, as if they were happening now.
//
// How far a feed has come is known by the listener, in the transaction that holds the lines. After a break
// the feed asks, passes over what is stored, makes sure that it is the same, and goes on.

import Connections
import Glibc
import Observations
import Pipeline

public struct FeedOptions: Sendable {
  public var pace = Pace.max
  /// Only observations of this event time are sent, in seconds since 1970 UTC.
  public var eventTimes: Range<Int64> = Int64.min..<Int64.max
  /// Who is sending; nil to name the feed by its content.
  public var source: SourceLabel?
  /// How long a listener that is away is waited for, in seconds; nil: without end.
  public var patienceSeconds: Double? = 300
  /// Told at most ten times a second.
  public var onProgress: (@Sendable (FeedProgress) -> Void)?
  /// Told what somebody should know: a listener that is away, a line that it refuses.
  public var tell: @Sendable (String) -> Void = { _ in }
  public var shouldStop: @Sendable () -> Bool = { false }
  /// Asked many times a second; true holds the feed.
  public var shouldPause: @Sendable () -> Bool = { false }

  public init() {}
}

public struct FeedProgress: Sendable, Equatable {
  /// Lines that this run has sent, and that the listener has stored of them.
  public var sentCount: Int64 = 0
  public var storedCount: Int64 = 0
  /// Lines that were stored before this run.
  public var earlierCount: Int64 = 0
  /// Lines that the listener refused.
  public var refusedCount: Int64 = 0
  /// Event time of the last line that was sent, in seconds since 1970 UTC.
  public var eventSeconds: Int64?
  public var isPaused = false

  public init() {}
}

/// What a feed did.
public struct FeedSummary: Sendable {
  public var progress = FeedProgress()
  public var faults = SequenceFaults()
  public var wasInterrupted = false

  public init(
    progress: FeedProgress = FeedProgress(), faults: SequenceFaults = SequenceFaults(),
    wasInterrupted: Bool = false
  ) {
    self.progress = progress
    self.faults = faults
    self.wasInterrupted = wasInterrupted
  }
}

/// Feeds one listener from files.
public final class Feed {
  private let files: ObservationFiles
  private let path: SocketPath
  private let options: FeedOptions
  private let source: SourceLabel
  private var pacer: Pacer
  private var progress = FeedProgress()
  private var backoff: Backoff
  /// Since when the listener has been away.
  private var awaySince: Double?
  private var lastProgress = 0.0

  /// - Throws: `FeedInterrupted`; reads all files once when they have to name the feed.
  public init(_ files: ObservationFiles, to path: SocketPath, _ options: FeedOptions) throws {
    self.files = files
    self.path = path
    self.options = options
    pacer = Pacer(options.pace)
    let shouldStop = options.shouldStop
    backoff = Backoff(
      firstSeconds: 0.05, longestSeconds: 2, sleep: { Pause.seconds($0, shouldStop: shouldStop) })
    source = try options.source ?? Self.contentLabel(files, options)
  }

  /// The name that the listener knows the feed by.
  public var name: String { source.text }

  /// `feed-` and the hash of everything that will be sent.
  private static func contentLabel(
    _ files: ObservationFiles, _ options: FeedOptions
  ) throws -> SourceLabel {
    var chain = LineChain()
    let lines = FeedLines(files.sequence(), options.eventTimes)
    while lines.next() { lines.withLine { chain.add($0) } }
    guard lines.isAtEnd, let label = SourceLabel(content: chain) else { throw FeedInterrupted() }
    // Mended, it would be another feed, and what could be read now would be stored twice.
    if let failure = lines.faults.failures.first {
      throw SocketFailure(
        .refused,
        "not everything can be read, and a feed is named by all that it sends: \(failure)",
        remedy: "Mend that, leave it out, or give this feed a --name")
    }
    return label
  }

  /// Sends until all is stored, or it is asked to stop.
  /// - Throws: `SocketFailure`.
  public func run() throws -> FeedSummary {
    var summary = FeedSummary()
    while !options.shouldStop() {
      do {
        if let faults = try runSession() {
          summary.faults = faults
          summary.progress = progress
          return summary
        }
      } catch let failure as SocketFailure where failure.code == .away {
        guard waitForListener(failure) else {
          if options.shouldStop() { break }
          throw failure
        }
      }
    }
    summary.progress = progress
    summary.wasInterrupted = true
    return summary
  }

  private func waitForListener(_ failure: SocketFailure) -> Bool {
    let now = MonotonicClock.seconds()
    pacer.see(now)
    if awaySince == nil {
      options.tell("\(failure); trying again")
      awaySince = now
    }
    if let patience = options.patienceSeconds, let awaySince, now - awaySince > patience {
      return false
    }
    _ = backoff.wait()
    // The time that the listener was away has passed in the feed, too.
    pacer.see(MonotonicClock.seconds())
    return !options.shouldStop()
  }

  // MARK: One connection

  /// - Returns: what the files could not give, when all is stored; nil when it was asked to stop.
  private func runSession() throws -> SequenceFaults? {
    let link = try FeedLink(path)
    guard
      let reach = try link.greet(
        source, patienceSeconds: options.patienceSeconds, shouldStop: options.shouldStop)
    else { return nil }
    let lines = FeedLines(files.sequence(), options.eventTimes)
    guard try passOver(reach, in: lines) else { return nil }
    backoff.reset()
    awaySince = nil
    if progress.sentCount == 0 { progress.earlierCount = reach.lineCount }
    var nextNumber = reach.lineCount + 1
    var hasLine = lines.next()
    while hasLine {
      let now = MonotonicClock.seconds()
      hold(now)
      let due = pacer.dueTime(eventSeconds: lines.eventSeconds, now: now)
      if options.shouldStop() { return nil }
      if pacer.isPaused || due > now || !link.hasRoom {
        tellProgress(now)
        let wait = link.hasRoom && !pacer.isPaused ? due - now : 0.1
        try link.wait(seconds: wait)
        try takeAnswers(link)
        continue
      }
      lines.withLine { link.put($0) }
      progress.eventSeconds = lines.eventSeconds
      progress.sentCount = max(
        progress.sentCount, nextNumber - progress.earlierCount)
      nextNumber += 1
      hasLine = lines.next()
    }
    guard lines.isAtEnd else { return nil }
    while link.storedLineNumber < nextNumber - 1 {
      if options.shouldStop() { return nil }
      try link.wait(seconds: 0.1)
      try takeAnswers(link)
      tellProgress(MonotonicClock.seconds())
    }
    return lines.faults
  }

  private func hold(_ now: Double) {
    pacer.hold(options.shouldPause(), now)
    progress.isPaused = pacer.isPaused
  }

  /// Goes to where the source stands, and makes sure that what is stored is what these files hold.
  private func passOver(_ reach: SourceReach, in lines: FeedLines) throws -> Bool {
    var passed = SourceReach()
    while passed.lineCount < reach.lineCount, lines.next() {
      if passed.lineCount.isMultiple(of: 65_536) {
        // No stop of the process: it is at work.
        pacer.see(MonotonicClock.seconds())
        if options.shouldStop() { return false }
      }
      lines.withLine { passed.chain.add($0) }
      passed.lineCount += 1
    }
    guard passed.lineCount == reach.lineCount || lines.isAtEnd else { return false }
    guard passed == reach else {
      throw SocketFailure(
        .refused,
        "source \(source.text) has stored \(reach.lineCount) observations that are not the first ones "
          + "of these files",
        remedy: "Feed the same files with the same bounds, or give this feed another --name")
    }
    return true
  }

  private func takeAnswers(_ link: FeedLink) throws {
    for answer in try link.takeAnswers() {
      switch answer {
      case .stored: progress.storedCount = link.storedLineNumber - progress.earlierCount
      case .bad(let number, let text):
        progress.refusedCount += 1
        options.tell("line \(number) was refused: \(text)")
      case .at, .error: break
      }
    }
  }

  private func tellProgress(_ now: Double) {
    guard let onProgress = options.onProgress, now - lastProgress >= 0.1 else { return }
    lastProgress = now
    onProgress(progress)
  }
}

/// The feed was asked to stop before it had begun.
public struct FeedInterrupted: Error {}
