// Processes that tests start, watch and kill.

import Glibc
import Testing

/// A running process. Its standard output goes to a file: a pipe would stop it once full, and would
/// be inherited by the processes that other tests start.
final class ChildProcess {
  let pid: pid_t
  private let folder = TemporaryStore()
  private var outputPath: String { folder.folder + "/output" }

  init(_ path: String, _ arguments: [String]) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let outputPath = folder.folder + "/output"
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT, 0o600)
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, path, &actions, nil, &words, environ)
    try #require(code == 0, "cannot start \(path): \(String(cString: strerror(code)))")
    self.pid = pid
  }

  func kill() { _ = Glibc.kill(pid, SIGKILL) }

  /// Waits for the end.
  /// - Returns: what it wrote, and its exit code; negative for a signal.
  func finish() throws -> (output: String, status: Int32) {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return (
      String(decoding: try readFile(outputPath), as: UTF8.self),
      signal == 0 ? status >> 8 & 0xFF : -signal
    )
  }
}

func run(_ path: String, _ arguments: [String]) throws -> (output: String, status: Int32) {
  try ChildProcess(path, arguments).finish()
}

/// The executable that is built beside the tests' bundle, which is named on the command line.
let probePath: String = {
  guard let bundle = CommandLine.arguments.first(where: { $0.contains(".xctest") }) else {
    fatalError("the tests' bundle is not on the command line")
  }
  let folder = bundle.split(separator: "/", omittingEmptySubsequences: false)
    .prefix { !$0.hasSuffix(".xctest") }.joined(separator: "/")
  return folder + "/LogStoreProbe"
}()
