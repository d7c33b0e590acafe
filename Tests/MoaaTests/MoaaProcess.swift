// The real program as a process: started, watched, signalled, and measured at its end.

import Glibc
import Testing

/// How a process ended.
struct Outcome {
  let output: String
  let errors: String
  /// Its exit code; negative for the signal that ended it.
  let status: Int32
  /// The most memory that it held at once.
  let peakBytes: Int64

  var lines: [Substring] { output.split(separator: "\n") }
}

/// A running `moaa`. Its output goes to files: a pipe would stop it once full, and would be inherited
/// by the processes that other tests start.
final class MoaaProcess {
  let pid: pid_t
  private let folder = TemporaryFolder()
  private var isEnded = false
  private var peakBytes: Int64 = 0
  private static let patienceMicroseconds: UInt32 = 60_000_000

  /// - Parameters:
  ///   - input: the file that is its standard input.
  ///   - folder: where it runs; nil for where the tests run.
  ///   - environment: what is set besides the tests' own environment.
  init(
    _ words: [String], input: String = "/dev/null", in workingFolder: String? = nil,
    environment: [String: String] = [:], program: String = moaaPath
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, folder / "output", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, folder / "errors", O_WRONLY | O_CREAT, 0o600)
    // Tests run on threads that block signals; a program that is started by a shell does not.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    // `env` changes the folder, and becomes the program.
    let command = workingFolder.map { ["/usr/bin/env", "-C", $0, program] } ?? [program]
    // A store that the user works with must not be met by the tests.
    let settings = ["MOAA_STORE": ""].merging(environment) { $1 }
    let inherited = Self.inheritedEnvironment.filter { entry in
      !settings.keys.contains { entry.hasPrefix("\($0)=") }
    }
    let pid = try withCStrings(command + words) { arguments in
      try withCStrings(inherited + settings.map { "\($0)=\($1)" }) { environment in
        var pid: pid_t = 0
        let code = posix_spawn(&pid, command[0], &actions, &attributes, arguments, environment)
        try #require(code == 0, "cannot start \(program): \(String(cString: strerror(code)))")
        return pid
      }
    }
    self.pid = pid
  }

  deinit {
    guard !isEnded else { return }
    signal(SIGKILL)
    _ = wait()
  }

  func signal(_ number: Int32) { _ = kill(pid, number) }

  /// Whether it has not ended yet.
  var isRunning: Bool {
    var information = siginfo_t()
    // Only looks: `finish` still gets its end.
    waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT)
    return information._sifields._sigchld.si_pid == 0
  }

  /// What it has written to standard output so far.
  var outputSoFar: String { folder.text("output") }
  /// What it has told so far.
  var errorsSoFar: String { folder.text("errors") }

  /// Waits until it ends by itself; one that hangs is killed, so that the tests end.
  func finish() -> Outcome {
    let status = wait()
    let signal = status & 0x7F
    return Outcome(
      output: outputSoFar, errors: errorsSoFar,
      status: signal == 0 ? status >> 8 & 0xFF : -signal,
      peakBytes: peakBytes)
  }

  private func wait() -> Int32 {
    var status: Int32 = 0
    var waitedMicroseconds: UInt32 = 0
    while waitpid(pid, &status, WNOHANG) == 0 {
      notePeak()
      usleep(1000)
      waitedMicroseconds += 1000
      if waitedMicroseconds == Self.patienceMicroseconds { signal(SIGKILL) }
    }
    isEnded = true
    return status
  }

  /// Not from `ru_maxrss`: Linux counts the memory of the process that started this one in it.
  private func notePeak() {
    guard let file = fopen("/proc/\(pid)/status", "r") else { return }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let words = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }.split {
        $0 == " " || $0 == "\t"
      }
      if words.first == "VmHWM:", let kibibytes = Int64(words[1]) {
        peakBytes = max(peakBytes, kibibytes * 1024)
      }
    }
  }

  private static let inheritedEnvironment: [String] = {
    var entries: [String] = []
    var next = environ
    while let entry = next.pointee {
      entries.append(String(cString: entry))
      next += 1
    }
    return entries
  }()
}

/// Runs the program to its end.
func moaa(
  _ words: String..., input: String = "/dev/null", in folder: String? = nil,
  environment: [String: String] = [:]
) throws -> Outcome {
  try MoaaProcess(words, input: input, in: folder, environment: environment).finish()
}

private func withCStrings<R>(
  _ words: [String], _ body: ([UnsafeMutablePointer<CChar>?]) throws -> R
) rethrows -> R {
  let pointers = words.map { strdup($0) } + [nil]
  defer { pointers.forEach { free($0) } }
  return try body(pointers)
}

/// The executable that is built beside the tests' bundle, which is named on the command line.
let moaaPath: String = {
  guard let bundle = CommandLine.arguments.first(where: { $0.contains(".xctest") }) else {
    fatalError("the tests' bundle is not on the command line")
  }
  let folder = bundle.split(separator: "/", omittingEmptySubsequences: false)
    .prefix { !$0.hasSuffix(".xctest") }.joined(separator: "/")
  return folder + "/moaa"
}()
