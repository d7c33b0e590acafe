// A proxy before a real Kafka broker, which can be told to fail at chosen requests.

import Foundation
import Glibc

/// Passes Kafka's protocol on, frame by frame, and rewrites the broker's port in its answers, so that
/// all traffic goes through it. What it does to a request is decided by `setFault`. It corrects faults of
/// the tests' brokers, too. Of noida-db: see `AbortedTransactions`, `EmptyFetches`, and `GroupCoordinator`, which answers in
/// its place. Of Tansu: see `PlainVersions`.
public final class FaultProxy: @unchecked Sendable {
  // Sendable by hand: what changes is guarded by `lock`.

  /// Kinds of requests. Source: Kafka's protocol guide, "API Keys".
  public enum Request: Int16, CaseIterable, Sendable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case offsetCommit = 8
    case offsetFetch = 9
    case findCoordinator = 10
    case joinGroup = 11
    case heartbeat = 12
    case leaveGroup = 13
    case syncGroup = 14
    case apiVersions = 18
    case createTopics = 19
    case initProducerID = 22
    case addPartitions = 24
    case addOffsets = 25
    case endTransaction = 26
    case offsetCommitInTransaction = 28
    case describeConfigs = 32

    /// Answered by the proxy's own coordinator.
    var isOfMember: Bool {
      [.joinGroup, .syncGroup, .heartbeat, .leaveGroup].contains(self)
    }
  }

  public enum Fault: Sendable {
    case none
    /// The connection ends, and the broker never sees the request.
    case cutBefore
    /// The broker gets and answers it, and the connection ends before the client has the answer.
    case cutAfter
    /// The request waits so long before it reaches the broker.
    case delay(seconds: Double)
    /// The answer waits so long, and all that come after it on its connection.
    case hold(seconds: Double)
    /// Answered with an error's code, as by a coordinator that has moved. Of members' requests only.
    case refuse(code: Int)
    /// Called, and then as `cutBefore`: for a client that dies of it.
    case callInstead(@Sendable () -> Void)
    /// Called before the broker has the request.
    case callBefore(@Sendable () -> Void)
    /// Called when the broker has answered, before the client knows.
    case callAfter(@Sendable () -> Void)

    /// For `FaultTally`; what a test calls it tells itself.
    fileprivate var kind: String? {
      switch self {
      case .none, .callInstead, .callBefore, .callAfter: nil
      case .cutBefore: "connections cut before the request"
      case .cutAfter: "connections cut before the answer"
      case .delay, .hold: "slow answers"
      case .refuse: "coordinators moved"
      }
    }
  }

  public let port: UInt16
  public var address: String { "127.0.0.1:\(port)" }
  private let brokerPort: UInt16
  private let kind: PrivateBroker.Kind
  private let listener: Int32
  private let lock = NSLock()
  private var decide: @Sendable (Request, String) -> Fault = { _, _ in .none }
  private var isGone = false
  private var connections: [ObjectIdentifier: Connection] = [:]
  private var counts: [Request: Int] = [:]
  public let coordinator = GroupCoordinator()

  public init(_ broker: PrivateBroker) throws {
    brokerPort = broker.port
    kind = broker.kind
    (listener, port) = try Loopback.listening()
    Thread { [self] in serve() }.start()
  }

  /// Sets what happens to requests from now on. Called on the proxy's threads, one at a time.
  public func setFault(_ decide: @escaping @Sendable (Request) -> Fault) {
    setFault { request, _ in decide(request) }
  }

  /// - Parameter decide: is also told the client's `client.id`.
  public func setFault(_ decide: @escaping @Sendable (Request, _ client: String) -> Fault) {
    lock.withLock { self.decide = decide }
  }

  /// Passes everything on again.
  public func clearFault() { setFault { _, _ in .none } }

  /// Requests of a kind that have come so far.
  public func count(of request: Request) -> Int { lock.withLock { counts[request] ?? 0 } }

  /// As if the broker went away: all connections end, and new ones do at once.
  public func goAway() {
    FaultTally.note("brokers away")
    endConnections()
  }

  private func endConnections() {
    let open = lock.withLock {
      isGone = true
      return Array(connections.values)
    }
    for connection in open { connection.cut() }
  }

  public func comeBack() { lock.withLock { isGone = false } }

  /// Ends it, with all connections.
  public func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    coordinator.stop()
    endConnections()
  }

  private func serve() {
    while case let client = accept(listener, nil, nil), client >= 0 {
      guard !lock.withLock({ isGone }), let server = Loopback.connected(to: brokerPort) else {
        close(client)
        continue
      }
      let connection = Connection(client: client, server: server)
      lock.withLock { connections[ObjectIdentifier(connection)] = connection }
      Thread { [self] in passRequests(connection) }.start()
      Thread { [self] in passAnswers(connection) }.start()
    }
  }

  // MARK: Frames

  private func passRequests(_ connection: Connection) {
    defer { end(connection) }
    while let bytes = connection.read(connection.client) {
      let frame = RequestFrame(bytes)
      let request = Request(rawValue: frame.key)
      let fault = lock.withLock { () -> Fault in
        guard let request else { return .none }
        counts[request, default: 0] += 1
        return decide(request, frame.client)
      }
      if let kind = fault.kind { FaultTally.note(kind) }
      switch fault {
      case .cutBefore: return
      case .delay(let seconds): usleep(UInt32(seconds * 1_000_000))
      case .callInstead(let call):
        call()
        return
      case .callBefore(let call): call()
      default: break
      }
      if let answer = ownAnswer(frame, fault) {
        guard finish(answer, fault, connection) else { return }
        continue
      }
      connection.expect(frame.correlation, request, frame.version, fault)
      let passed = kind == .tansu ? PlainVersions.plain(frame) : bytes
      guard connection.write(passed, to: connection.server) else { return }
    }
  }

  /// What concerns groups. A member's next request waits meanwhile, as it does at a broker.
  private func ownAnswer(_ frame: RequestFrame, _ fault: Fault) -> [UInt8]? {
    guard kind == .noida else { return nil }
    guard GroupRequests.isOne(frame) else {
      return GroupRequests.refusedOffsets(frame, coordinator)
    }
    if case .refuse(let code) = fault { return GroupRequests.refusal(frame, code: code) }
    return GroupRequests.answer(frame, coordinator)
  }

  private func passAnswers(_ connection: Connection) {
    defer { end(connection) }
    while var frame = connection.read(connection.server) {
      let (request, version, fault) = connection.expected(Array(frame[4..<8]))
      // Only where brokers are named: records could hold the same bytes.
      if request == .metadata || request == .findCoordinator { rewritePort(&frame) }
      if kind == .noida, request == .fetch {
        frame = AbortedTransactions.corrected(frame, version: version)
        if EmptyFetches.isOne(frame, version: version) {
          usleep(UInt32(EmptyFetches.pauseSeconds * 1_000_000))
        }
      }
      if kind == .tansu, request == .apiVersions {
        frame = PlainVersions.answer(frame, version: version)
      }
      guard finish(frame, fault, connection) else { return }
    }
  }

  /// Hands an answer over, unless the fault is against it.
  private func finish(_ answer: [UInt8], _ fault: Fault, _ connection: Connection) -> Bool {
    switch fault {
    case .cutAfter: return false
    case .hold(let seconds): usleep(UInt32(seconds * 1_000_000))
    case .callAfter(let call): call()
    default: break
    }
    return connection.write(answer, to: connection.client)
  }

  private func rewritePort(_ frame: inout [UInt8]) {
    func bytes(_ port: UInt16) -> [UInt8] { [0, 0, UInt8(port >> 8), UInt8(port & 0xFF)] }
    let host = Array("127.0.0.1".utf8)
    let wanted = host + bytes(brokerPort)
    guard frame.count >= wanted.count else { return }
    for start in 0...(frame.count - wanted.count)
    where frame[start..<(start + wanted.count)].elementsEqual(wanted) {
      frame.replaceSubrange(
        (start + host.count)..<(start + wanted.count), with: bytes(port))
    }
  }

  private func end(_ connection: Connection) {
    connection.cut()
    guard connection.hasEnded() else { return }
    lock.withLock { connections[ObjectIdentifier(connection)] = nil }
  }
}

/// A client's connection and the one to the broker that belongs to it.
private final class Connection: @unchecked Sendable {
  // Sendable by hand: what changes is guarded by `lock`.
  let client: Int32
  let server: Int32
  private let lock = NSLock()
  /// Two threads write to the client; only one to the broker, which a client that hangs must not hold up.
  private let writing = NSLock()
  private var waiting: [[UInt8]: (FaultProxy.Request?, Int16, FaultProxy.Fault)] = [:]
  private var endCount = 0

  init(client: Int32, server: Int32) {
    self.client = client
    self.server = server
  }

  func expect(
    _ correlation: [UInt8], _ request: FaultProxy.Request?, _ version: Int16,
    _ fault: FaultProxy.Fault
  ) {
    lock.withLock { waiting[correlation] = (request, version, fault) }
  }

  func expected(_ correlation: [UInt8]) -> (FaultProxy.Request?, Int16, FaultProxy.Fault) {
    lock.withLock { waiting.removeValue(forKey: correlation) } ?? (nil, 0, .none)
  }

  /// Both ends see that it is over; the descriptors live until both threads are done.
  func cut() {
    lock.withLock {
      guard endCount < 2 else { return }
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(server, Int32(SHUT_RDWR))
    }
  }

  /// Called once by each of the two threads. True for the second, which closes.
  func hasEnded() -> Bool {
    lock.withLock {
      endCount += 1
      guard endCount == 2 else { return false }
      close(client)
      close(server)
      return true
    }
  }

  /// A frame with its length before it; nil at the end.
  func read(_ descriptor: Int32) -> [UInt8]? {
    var frame = [UInt8](repeating: 0, count: 4)
    guard fill(&frame, from: 0, descriptor) else { return nil }
    let count = frame.reduce(0) { $0 << 8 | Int($1) }
    guard count >= 8, count < 1 << 30 else { return nil }
    frame += [UInt8](repeating: 0, count: count)
    return fill(&frame, from: 4, descriptor) ? frame : nil
  }

  private func fill(_ bytes: inout [UInt8], from start: Int, _ descriptor: Int32) -> Bool {
    var position = start
    return bytes.withUnsafeMutableBytes { bytes in
      while position < bytes.count {
        let count = recv(
          descriptor, bytes.baseAddress! + position, bytes.count - position, 0)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        position += count
      }
      return true
    }
  }

  func write(_ frame: [UInt8], to descriptor: Int32) -> Bool {
    let isShared = descriptor == client
    if isShared { writing.lock() }
    defer { if isShared { writing.unlock() } }
    return frame.withUnsafeBytes { bytes in
      var position = 0
      while position < bytes.count {
        let count = send(
          descriptor, bytes.baseAddress! + position, bytes.count - position,
          Int32(MSG_NOSIGNAL))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        position += count
      }
      return true
    }
  }
}
