// A Kafka broker of the tests' own: noida-db on a port of 127.0.0.1, with its data in a folder that goes
// with it.
//
// What is known of noida-db 0.2.3: groups, transactions and the fencing of producers by epoch are right. It does not
// look at a member's generation when offsets come in a transaction, answers for a group's offsets while a
// transaction with others is open, ends no transaction by its timeout, and sends all that a partition has in one
// answer, whatever the client asks for: `receive.message.max.bytes` must be as large as a topic.
//
// It tells a reader of committed records of aborted transactions that ended before the records it sends, so that the
// client drops committed ones: after an abort, a fetch that begins behind its marker gets nothing more of that
// producer. What leaves aborted records behind can therefore not be tested with it.

import Foundation
import Glibc

public final class PrivateBroker {
  public struct Failed: Error, CustomStringConvertible {
    public let description: String
  }

  /// Tests that need one are disabled, and reported as skipped, where there is none.
  public static let isAtHand = program != nil

  /// Whether the broker named by `MOAA_TEST_BROKER` is one that keeps committed records after an aborted
  /// transaction: `MOAA_TEST_BROKER_ABORTS=1` says so.
  public static let keepsRecordsAfterAborts =
    isAtHand && ProcessInfo.processInfo.environment["MOAA_TEST_BROKER_ABORTS"] == "1"

  /// `MOAA_TEST_BROKER`, else the one that tools/test installs.
  private static let program: String? = {
    let files = FileManager.default
    // Not the script in `bin`: it starts the broker as a child, which would outlive it.
    let library = files.currentDirectoryPath + "/.venv/broker/lib"
    let installed = ((try? files.contentsOfDirectory(atPath: library)) ?? []).map {
      "\(library)/\($0)/site-packages/noida_db/noida-db"
    }
    let named = ProcessInfo.processInfo.environment["MOAA_TEST_BROKER"].map { [$0] }
    return (named ?? installed).first { files.isExecutableFile(atPath: $0) }
  }()

  public let port: UInt16
  public var address: String { "127.0.0.1:\(port)" }
  private let folder: String
  private var process: Process?

  public init() throws {
    folder = NSTemporaryDirectory() + "/moaa-broker-\(UUID().uuidString.prefix(8))"
    port = try Self.freePort()
    try FileManager.default.createDirectory(
      atPath: folder + "/data", withIntermediateDirectories: true)
    try start()
  }

  deinit {
    stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Starts it on the data that it has, and waits until it answers.
  public func start() throws {
    guard let program = Self.program else { throw Failed(description: "there is no noida-db") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [
      "start", "--data-dir", folder + "/data", "--only", "kafka", "--kafka-port", "\(port)",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
    for _ in 0..<500 {
      if Self.answers(port) { return }
      usleep(20_000)
    }
    stop()
    throw Failed(description: "noida-db does not answer on port \(port)")
  }

  /// Asks it to end, so that it keeps its data, and waits for that.
  public func stop() {
    guard let process else { return }
    process.interrupt()
    for _ in 0..<500 where process.isRunning { usleep(20_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    self.process = nil
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }

  private static func answers(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard isBound else { throw Failed(description: "there is no free port") }
    return UInt16(bigEndian: address.sin_port)
  }
}
