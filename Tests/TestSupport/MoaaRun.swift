// The program as a process of its own, which can be killed.

import Foundation
import Glibc
import Synchronization

public final class MoaaRun: Sendable {
  /// The program stands beside the tests' bundle.
  public static let program: String = {
    guard let bundle = CommandLine.arguments.first(where: { $0.contains(".xctest") }) else {
      fatalError("the tests' bundle is not on the command line")
    }
    return bundle.split(separator: "/", omittingEmptySubsequences: false)
      .prefix { !$0.hasSuffix(".xctest") }.joined(separator: "/") + "/moaa"
  }()

  private let process: Mutex<Process>
  private let errorsPath: String
  private let outputPath: String

  public init(_ words: [String], in folder: String, program: String = MoaaRun.program) throws {
    let name = folder + "/run-" + UUID().uuidString.prefix(8)
    (outputPath, errorsPath) = (name + ".out", name + ".err")
    for path in [outputPath, errorsPath] {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    let process = Process()
    // Tests run on threads that block signals, and a process inherits that; Python undoes it, and
    // becomes the program.
    let unblock =
      "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execv(sys.argv[1], sys.argv[1:])"
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", unblock, program] + words
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorsPath)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    pid = process.processIdentifier
    self.process = Mutex(process)
  }

  public let pid: pid_t

  public var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }
  public var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  public var isRunning: Bool { process.withLock { $0.isRunning } }

  /// Waits for its end; one that hangs is killed.
  /// - Returns: the exit code; negative for the signal that ended it.
  public func finish(seconds: Int = 90) -> Int32 {
    for _ in 0..<(seconds * 100) {
      if process.withLock({ !$0.isRunning }) { break }
      usleep(10_000)
    }
    return process.withLock { process in
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
      return process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus
    }
  }
}
