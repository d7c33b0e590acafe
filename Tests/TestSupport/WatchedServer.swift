// A server that tests start: a process of its own, which ends when the tests do, however they end.

import Foundation
import Glibc
import Synchronization

/// Runs a program, and can kill, stop and start it again. Its folder is removed at the end.
public final class WatchedServer: Sendable {
  public struct Failed: Error, CustomStringConvertible {
    public let description: String
  }

  /// Everything it has; short enough for the path of a socket in it.
  public let folder: String
  private let keeper = Mutex<Keeper?>(nil)

  /// The watching process.
  private struct Keeper {
    let pid: pid_t
    /// Held open as long as the server shall live.
    let input: Int32
  }

  public init(folder: String) { self.folder = folder }

  deinit { stop(keepingData: false) }

  /// Starts the program; what it prints goes to `log`.
  public func start(_ command: [String]) throws {
    try? FileManager.default.removeItem(atPath: folder + "/pid")
    try keeper.withLock { keeper in
      precondition(keeper == nil, "the server is running already")
      keeper = try Self.watch(command, folder: folder)
    }
  }

  /// Waits until it answers.
  public func wait(seconds: Int = 60, until answers: () -> Bool) throws {
    for _ in 0..<(seconds * 50) {
      if answers() { return }
      if pid > 1, kill(pid, 0) != 0 { break }
      usleep(20_000)
    }
    let text = log
    stop(keepingData: true)
    throw Failed(description: "the server does not answer: \(text)")
  }

  public var log: String {
    (try? String(contentsOfFile: folder + "/server.log", encoding: .utf8)) ?? ""
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

  /// Kills it by SIGKILL.
  /// - Parameter keepingData: for another `start`.
  public func stop(keepingData: Bool) {
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
}
