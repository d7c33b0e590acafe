// A MariaDB server of the tests' own: on a unix socket and a port of 127.0.0.1, with its data in a
// folder that goes with it. Another process watches over it, so that nothing is left behind even
// when the tests are killed.

import Foundation
import Glibc
import Synchronization

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
  private let keeper: Mutex<Keeper?>

  /// The watching process.
  private struct Keeper {
    let pid: pid_t
    /// Held open as long as the server shall live.
    let input: Int32
  }

  /// Makes a server and starts it.
  ///
  /// - Parameters:
  ///   - hasTLS: whether it has a certificate.
  ///   - options: further ones of mariadbd, as `--read-only`.
  public init(hasTLS: Bool = true, options: [String] = []) throws {
    // A socket's path has room for 107 bytes.
    let folder = "/tmp/moaa-mariadb-\(getpid())-\(UUID().uuidString.prefix(8))"
    self.folder = folder
    port = try Self.freePort()
    keeper = Mutex(nil)
    let certificate = [
      "--ssl-ca=\(folder)/authority.pem", "--ssl-cert=\(folder)/server.pem",
      "--ssl-key=\(folder)/server.key",
    ]
    self.options = (hasTLS ? certificate : ["--skip-ssl"]) + options
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    do {
      if hasTLS { try makeCertificates() }
      try makeData()
      try start()
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      throw error
    }
  }

  deinit { stop(keepingData: false) }

  /// Starts it on the data that it has, and waits until it answers.
  public func start() throws {
    let user = getuid() == 0 ? ["--user=root"] : []
    let server =
      [try Self.required("mariadbd"), "--no-defaults"] + user + [
        "--datadir=\(folder)/data", "--socket=\(socketPath)", "--port=\(port)",
        "--bind-address=127.0.0.1", "--tmpdir=\(folder)", "--init-file=\(folder)/users.sql",
        "--pid-file=\(folder)/own-pid", "--skip-name-resolve", "--innodb-buffer-pool-size=64M",
      ] + options
    try? FileManager.default.removeItem(atPath: folder + "/pid")
    try? FileManager.default.removeItem(atPath: socketPath)
    try keeper.withLock { keeper in
      precondition(keeper == nil, "the server is running already")
      keeper = try Self.watch(server, folder: folder)
    }
    try waitUntilItAnswers()
  }

  /// The server's process.
  public var pid: pid_t {
    let text = (try? String(contentsOfFile: folder + "/pid", encoding: .utf8)) ?? ""
    return pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
  }

  /// Sends the server a signal, as SIGSTOP and SIGCONT.
  public func signal(_ number: Int32) {
    precondition(pid > 1, "the server is not running")
    _ = kill(pid, number)
    guard number == SIGSTOP else { return }
    // Its threads stop one after the other, and one that still runs would answer.
    for _ in 0..<5000 where !hasStopped { usleep(1000) }
  }

  private var hasStopped: Bool {
    let folder = "/proc/\(pid)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return threads.allSatisfy { thread in
      let text = (try? String(contentsOfFile: "\(folder)/\(thread)/status", encoding: .utf8)) ?? ""
      return text.isEmpty || text.contains("State:\tT")
    }
  }

  /// Kills the server by SIGKILL, as a power cut would end it, and keeps its data for `start`.
  public func killServer() { stop(keepingData: true) }

  private func stop(keepingData: Bool) {
    keeper.withLock { keeper in
      if let running = keeper {
        if keepingData { _ = write(running.input, "keep\n", 5) }
        close(running.input)
        var status: Int32 = 0
        while waitpid(running.pid, &status, 0) < 0, errno == EINTR {}
      } else if !keepingData {
        try? FileManager.default.removeItem(atPath: folder)
      }
      keeper = nil
    }
  }

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

  // MARK: Running it

  /// Starts a shell that runs the server until its own input ends: when the tests close it, or end
  /// themselves, however.
  private static func watch(_ server: [String], folder: String) throws -> Keeper {
    let script = """
      folder=$1; shift
      "$@" >>"$folder/server.log" 2>&1 </dev/null &
      pid=$!
      echo $pid >"$folder/pid.new"; mv "$folder/pid.new" "$folder/pid"
      read -r word
      kill -KILL $pid
      wait $pid
      [ "$word" = keep ] || rm -rf "$folder"
      """
    var ends: [Int32] = [0, 0]
    // Other processes that tests start must not inherit the end that is held open; a pipe cannot be
    // made so in one step from Swift.
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw Failed(description: "no pair of sockets")
    }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // Interrupting the tests from a terminal must not reach the shell before it has cleaned up; and
    // the tests' threads block signals, which the server must not inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    var words: [UnsafeMutablePointer<CChar>?] =
      (["/bin/sh", "-c", script, "sh", folder] + server).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, "/bin/sh", &actions, &attributes, &words, environ)
    guard code == 0 else {
      close(ends[1])
      throw Failed(description: "cannot start a shell: \(String(cString: strerror(code)))")
    }
    return Keeper(pid: pid, input: ends[1])
  }

  /// The server greets only after it has run its init file.
  private func waitUntilItAnswers() throws {
    let patienceSeconds = 60
    for _ in 0..<(patienceSeconds * 50) {
      if greets() { return }
      if pid > 1, kill(pid, 0) != 0 { break }
      usleep(20_000)
    }
    let log = (try? String(contentsOfFile: folder + "/server.log", encoding: .utf8)) ?? ""
    stop(keepingData: true)
    throw Failed(description: "mariadbd does not answer: \(log)")
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

  /// A port that is free now. Somebody may take it before the server does, which then does not start.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
      }
    }
    guard isBound else { throw Failed(description: "no free port") }
    return UInt16(bigEndian: address.sin_port)
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
