// A MariaDB server of the tests' own: on a unix socket and a port of 127.0.0.1, with its data in a
// folder that goes with it. Another process watches over it, so that nothing is left behind even
// when the tests are killed.

import Foundation
import Glibc

public final class PrivateMariaDB: Sendable {
  public struct Failed: Error, CustomStringConvertible {
    public let description: String
  }

  /// The users that every server has, all with the same password; and root, on the socket alone and
  /// without a password.
  public static let user = "moaa"
  /// One that may connect, and do nothing else.
  public static let powerlessUser = "powerless"
  public static let password = "quite/secret #1"
  public static let database = "moaa"

  /// Tests that need one are disabled, and reported as skipped, where there is none.
  public static let isAtHand =
    find("mariadbd") != nil && find("mariadb-install-db") != nil && find("openssl") != nil

  public let folder: String
  public let port: UInt16
  public var socketPath: String { folder + "/socket" }
  /// PEM: who signed the server's certificate, which is for `localhost` and not for 127.0.0.1.
  public var authorityFile: String { folder + "/authority.pem" }

  private let options: [String]
  private let process: WatchedServer

  /// Makes a server and starts it.
  ///
  /// - Parameters:
  ///   - hasTLS: whether it has a certificate.
  ///   - options: further ones of mariadbd, as `--read-only`.
  public init(hasTLS: Bool = true, options: [String] = []) throws {
    // A socket's path has room for 107 bytes.
    let folder = "/tmp/moaa-mariadb-\(getpid())-\(UUID().uuidString.prefix(8))"
    self.folder = folder
    port = try Loopback.freePort()
    process = WatchedServer(folder: folder)
    let certificate = [
      "--ssl-ca=\(folder)/authority.pem", "--ssl-cert=\(folder)/server.pem",
      "--ssl-key=\(folder)/server.key",
    ]
    self.options = (hasTLS ? certificate : ["--skip-ssl"]) + options
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    if hasTLS { try makeCertificates() }
    try makeData()
    try start()
  }

  /// Starts it on the data that it has, and waits until it answers.
  public func start() throws {
    let user = getuid() == 0 ? ["--user=root"] : []
    let server =
      [try Self.required("mariadbd"), "--no-defaults"] + user + [
        "--datadir=\(folder)/data", "--socket=\(socketPath)", "--port=\(port)",
        "--bind-address=127.0.0.1", "--tmpdir=\(folder)", "--init-file=\(folder)/users.sql",
        "--pid-file=\(folder)/own-pid", "--skip-name-resolve", "--innodb-buffer-pool-size=64M",
      ] + options
    try? FileManager.default.removeItem(atPath: socketPath)
    try process.start(server)
    // It greets only after it has run its init file.
    try process.wait(until: greets)
  }

  /// The server's process.
  public var pid: pid_t { process.pid }

  /// Sends the server a signal, as SIGSTOP and SIGCONT.
  public func signal(_ number: Int32) { process.signal(number) }

  /// Kills the server by SIGKILL, as a power cut would end it, and keeps its data for `start`.
  public func killServer() { process.stop(keepingData: true) }

  // MARK: Making it

  private func makeData() throws {
    // Options of ~/.my.cnf and /etc/mysql are none of its business.
    try run(
      "mariadb-install-db",
      [
        "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db",
        "--datadir=\(folder)/data", "--tmpdir=\(folder)", "--skip-name-resolve",
      ] + (getuid() == 0 ? ["--user=root"] : []))
    // Run at every start. A line a statement, as mariadbd wants it.
    let sql = """
      CREATE DATABASE IF NOT EXISTS \(Self.database) CHARACTER SET utf8mb4;
      CREATE USER IF NOT EXISTS '\(Self.user)'@'%' IDENTIFIED BY '\(Self.password)';
      CREATE USER IF NOT EXISTS '\(Self.powerlessUser)'@'%' IDENTIFIED BY '\(Self.password)';
      GRANT ALL ON \(Self.database).* TO '\(Self.user)'@'%';
      GRANT CREATE TEMPORARY TABLES ON \(Self.database).* TO '\(Self.powerlessUser)'@'%';

      """
    try Data(sql.utf8).write(to: URL(fileURLWithPath: folder + "/users.sql"))
  }

  private func makeCertificates() throws {
    let key = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-days", "2",
    ]
    try run(
      "openssl",
      key + [
        "-subj", "/CN=Authority of moaa's tests", "-keyout", "\(folder)/authority.key",
        "-out", authorityFile,
      ])
    try run(
      "openssl",
      key + [
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-addext", "basicConstraints=critical,CA:FALSE", "-CA", authorityFile,
        "-CAkey", "\(folder)/authority.key", "-keyout", "\(folder)/server.key",
        "-out", "\(folder)/server.pem",
      ])
  }

  private func run(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try Self.required(program))
    process.arguments = arguments
    let log = folder + "/making.log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      throw Failed(description: "\(program) failed: \(text)")
    }
  }

  private func greets() -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    var isReadable = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard connected == 0, poll(&isReadable, 1, 2000) == 1 else { return false }
    var greeting = [UInt8](repeating: 0, count: 5)
    // The protocol's version, after a packet's head of four bytes.
    return read(descriptor, &greeting, 5) == 5 && greeting[4] == 10
  }

  // MARK: Programs

  private static func required(_ program: String) throws -> String {
    guard let path = find(program) else { throw Failed(description: "no \(program)") }
    return path
  }

  /// Debian has servers in /usr/sbin, which not every user has in PATH.
  private static func find(_ program: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin"])
      .map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }
}
