// Observations from unix sockets → raw topic.
//
// One thread reads from all connections and commits what has come together; a line is acknowledged after
// the commit that holds it. The protocol is in Wire/FeedProtocol.swift.

import Aggregation
import Glibc
import LogStore
import Observations
import Pipeline

/// Takes observations, one a line, from any number of feeders.
public final class Listener {
  private let options: ListenOptions
  private let store: LogStore
  private var receipt: Receipt
  private let stream: SocketHandle?
  private let datagram: SocketHandle?
  private var peers: [Peer] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 256 << 10, alignment: 64)
  private var datagramCount: Int64 = 0
  /// The files of the sockets.
  private let bound: [(path: SocketPath, identity: SocketPath.FileIdentity?)]
  private var hasTurnedAway = false
  /// When it was looked last whether the sockets' files are still there.
  private var lookedTime = MonotonicClock.milliseconds()
  /// Until when no connection is taken, because there was no descriptor for one.
  private var restsUntil: Int64 = 0

  /// No poll waits longer, so that a stop is noticed.
  private static let waitMillisecondsMax: Int64 = 100

  /// Opens the sockets.
  /// - Throws: `SocketFailure`, or `StoreError`.
  public init(store: LogStore, options: ListenOptions) throws {
    precondition(options.stream != nil || options.datagram != nil, "a listener has a socket")
    self.options = options
    self.store = store
    receipt = try Receipt(store: store, options)
    stream = try options.stream.map {
      try SocketHandle.listening(at: $0, type: SOCK_STREAM, mode: options.mode)
    }
    datagram = try options.datagram.map {
      try SocketHandle.listening(at: $0, type: SOCK_DGRAM, mode: options.mode)
    }
    bound = [options.stream, options.datagram].compactMap { $0 }.map { ($0, $0.identity) }
  }

  deinit { buffer.deallocate() }

  /// Takes lines until it is asked to stop; then commits what has come and says so to its senders.
  /// - Throws: `StoreError` when a commit fails: its lines are not acknowledged, and come again.
  public func run() throws -> ListenCounts {
    defer { removeSockets() }
    options.onReady()
    do {
      while !options.shouldStop() {
        wait()
        try readPeers()
        readDatagrams()
        acceptPeers()
        try lookForSockets()
        if isCommitDue(MonotonicClock.milliseconds()) { try commit() }
        sendAnswers()
      }
      // What the kernel has taken from feeders is read too: it may be all that they had to send.
      try readPeers()
      readDatagrams()
      try commit(last: .flush)
    } catch {
      let reason = error is SocketFailure ? "busy: the listener begins again" : "the store failed"
      for peer in peers {
        peer.tell(.error("\(reason); send again what was not acknowledged"))
        peer.end()
      }
      sendAnswers()
      throw error
    }
    sendAnswers()
    return receipt.counts
  }

  /// A socket whose file was removed, as cleaners of /tmp do, is one that nobody finds any more.
  private func lookForSockets() throws {
    let now = MonotonicClock.milliseconds()
    guard now - lookedTime >= 2000 else { return }
    lookedTime = now
    for (path, identity) in bound where path.identity != identity {
      throw SocketFailure(
        .away, "the socket \(path) was removed, or replaced by another", remedy: "Listen again")
    }
  }

  private func removeSockets() {
    for (path, identity) in bound { path.remove(identity) }
  }

  // MARK: Waiting

  private func wait() {
    var polled: [pollfd] = []
    if let stream, restsUntil <= MonotonicClock.milliseconds() {
      polled.append(pollfd(fd: stream.descriptor, events: Int16(POLLIN), revents: 0))
    }
    if let datagram {
      polled.append(pollfd(fd: datagram.descriptor, events: Int16(POLLIN), revents: 0))
    }
    for peer in peers {
      var events: Int32 = 0
      if peer.isReadable { events |= POLLIN }
      if peer.hasAnswers { events |= POLLOUT }
      // One that waits for a commit only would be reported as hung up again and again.
      if events != 0 {
        polled.append(pollfd(fd: peer.handle.descriptor, events: Int16(events), revents: 0))
      }
    }
    let now = MonotonicClock.milliseconds()
    var until = now + Self.waitMillisecondsMax
    if let first = receipt.firstTime { until = min(until, first + options.lingerMilliseconds) }
    if let due = receipt.schedule.nextTime() { until = min(until, due) }
    _ = poll(&polled, nfds_t(polled.count), Int32(max(0, until - now)))
  }

  private func isCommitDue(_ now: Int64) -> Bool {
    if let due = receipt.schedule.nextTime(), due <= now { return true }
    guard let first = receipt.firstTime else { return false }
    return now - first >= options.lingerMilliseconds || isFull
  }

  /// Whether no more should be taken before the next commit.
  private var isFull: Bool {
    receipt.lineCount >= options.linesPerCommit || receipt.byteCount >= 16 << 20
  }

  // MARK: Reading

  private func readPeers() throws {
    for peer in peers where peer.isReadable {
      if isFull { try commit() }
      switch peer.handle.read(into: buffer) {
      case .later: break
      case .bytes(let count):
        try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), from: peer)
      case .ended:
        try finish(peer)
      }
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer, from peer: Peer) throws {
    var splitter = peer.splitter
    try splitter.take(bytes) { line in
      if !peer.isEnding { try take(line, from: peer) }
    }
    peer.splitter = splitter
  }

  private func take(_ line: LineSplitter.Line, from peer: Peer) throws {
    if !peer.hasBegun {
      peer.hasBegun = true
      if Greeting.isMeant(line.bytes) { return try greet(peer, line) }
    }
    peer.lineNumber += 1
    // An empty line holds nothing that could be refused; of a named source it counts all the same.
    if line.bytes.isEmpty, peer.source == nil {
      return receipt.noteEmptyLine(now: MonotonicClock.milliseconds())
    }
    let reason = receipt.take(
      line, number: peer.lineNumber, from: peer.source, now: MonotonicClock.milliseconds())
    guard let reason, peer.badAnswerCount < ListenOptions.badAnswerCountMax else { return }
    peer.badAnswerCount += 1
    peer.tell(
      .bad(lineNumber: peer.lineNumber, "\(reason.rawValue) \(reason.explanation)"))
  }

  private func greet(_ peer: Peer, _ line: LineSplitter.Line) throws {
    guard let source = Greeting.source(line.bytes) else {
      return refuse(
        peer, "a source's name is 1 to 120 letters, digits or ._:/- of ASCII")
    }
    guard !peers.contains(where: { $0.source == source && !$0.isDone }) else {
      return refuse(peer, "busy: source \(source.text) is being sent by another connection")
    }
    // What an earlier connection of the source has sent counts, too.
    try commit()
    let reach = try receipt.reach(of: source)
    if reach.lineCount == 0, let other = try receipt.otherFeed(than: source) {
      receipt.forget(source)
      return refuse(
        peer,
        "\(other) is stored here, and \(source.text) is another feed: what stands in both would count twice. "
          + "If it is the same, grown or with other files, feed it into a new store; if not, give it a --name"
      )
    }
    peer.source = source
    peer.lineNumber = reach.lineCount
    peer.toldLineNumber = reach.lineCount
    peer.tell(.at(reach))
  }

  private func refuse(_ peer: Peer, _ text: String) {
    peer.tell(.error(text))
    peer.end()
  }

  /// The peer will send nothing more.
  private func finish(_ peer: Peer) throws {
    // A named source sends a line again whose end has not come; else it is all that there will be.
    if peer.source == nil, !peer.isEnding {
      try peer.splitter.finish { try take($0, from: peer) }
    }
    peer.end()
  }

  private func readDatagrams() {
    guard let datagram else { return }
    var readCount = 0
    // Others want to be read as well.
    while readCount < 1000, !isFull,
      case let count = recv(
        datagram.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC)),
      count >= 0
    {
      readCount += 1
      datagramCount += 1
      let now = MonotonicClock.milliseconds()
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<min(count, buffer.count)])
      var splitter = LineSplitter(byteCountMax: ListenOptions.lineByteCountMax)
      let take = { (line: LineSplitter.Line) in
        guard !line.bytes.isEmpty else { return }
        _ = self.receipt.take(line, number: self.datagramCount, from: nil, now: now)
      }
      splitter.take(bytes, take)
      splitter.finish(take)
    }
  }

  /// Who finds no place is told so, and may come again.
  private func turnAway(_ handle: SocketHandle) {
    if !hasTurnedAway {
      options.tell(
        "all \(options.connectionCountMax) connections are taken; others are told to come again")
    }
    hasTurnedAway = true
    let peer = Peer(handle)
    peer.tell(.error("busy: all \(options.connectionCountMax) connections are taken"))
    peer.sendAnswers()
  }

  private func acceptPeers() {
    guard let stream else { return }
    do {
      while restsUntil <= MonotonicClock.milliseconds(), let handle = try stream.accept() {
        if peers.count < options.connectionCountMax {
          peers.append(Peer(handle))
        } else {
          turnAway(handle)
        }
      }
      restsUntil = 0
    } catch {
      if restsUntil == 0 { options.tell("\(error); others wait until there is room") }
      restsUntil = MonotonicClock.milliseconds() + 1000
    }
  }

  // MARK: Commit and answers

  private func commit(last: ControlRecord? = nil) throws {
    do {
      try receipt.commit(now: MonotonicClock.milliseconds(), last: last)
    } catch let error as StoreError where error.code == .fenced {
      return try beginAgain()
    }
    for peer in peers {
      peer.badAnswerCount = 0
      guard peer.lineNumber > peer.toldLineNumber else { continue }
      peer.toldLineNumber = peer.lineNumber
      peer.tell(.stored(lineNumber: peer.lineNumber))
    }
    var counts = receipt.counts
    counts.connectionCount = peers.count
    options.onCommit?(counts)
  }

  /// Another listener of the store has taken lines of one of the sources meanwhile: then what this one
  /// has of it may be there already. Everybody sends again what was not acknowledged.
  private func beginAgain() throws {
    let counts = receipt.counts
    receipt = try Receipt(store: store, options, counts: counts)
    for peer in peers {
      peer.toldLineNumber = peer.lineNumber
      refuse(peer, "busy: a source is being sent to another listener of this store as well")
    }
  }

  private func sendAnswers() {
    for peer in peers { peer.sendAnswers() }
    // One that has ended stays until what it has sent is committed, and it was told.
    let isLeaving = { (peer: Peer) in peer.isDone && peer.toldLineNumber == peer.lineNumber }
    let leaving = peers.filter(isLeaving)
    guard !leaving.isEmpty else { return }
    peers.removeAll(where: isLeaving)
    for source in leaving.compactMap(\.source) where !peers.contains(where: { $0.source == source })
    {
      receipt.forget(source)
    }
  }
}
