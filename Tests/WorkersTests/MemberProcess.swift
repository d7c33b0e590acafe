// `moaa worker` as a process of its own, to be killed, stopped and started again on its store.

import Foundation
import Glibc
import TestSupport
import Workers

/// One member; each of its lives is a process, and has a name of its own towards the brokers.
final class MemberProcess {
  private let group: BrokerGroup
  private let properties: String
  private var store: String
  private var run: MoaaRun?
  private var lives = 0
  let name: String

  init(_ group: BrokerGroup, _ name: String) {
    self.group = group
    self.name = name
    properties = group.folder.appendingPathComponent("\(name).properties").path
    store = group.folder.appendingPathComponent("\(name).store").path
  }

  deinit { end() }

  var isRunning: Bool { run?.isRunning ?? false }
  var pid: pid_t { run?.pid ?? 0 }
  /// What it has told.
  var errors: String { run?.errors ?? "" }
  /// `client.id` of this life.
  var client: String { "\(name)-\(lives)" }
  var nextClient: String { "\(name)-\(lives + 1)" }

  func start(_ words: [String] = []) throws {
    lives += 1
    let lines =
      group.settingsOfMembers.merging(["client.id": client]) { $1 }.map { "\($0)=\($1)\n" }
    try Data(lines.sorted().joined().utf8).write(to: URL(fileURLWithPath: properties))
    run = try MoaaRun(
      [
        "worker", "--brokers", group.proxy.address, "--kafka-config", properties, "--group",
        group.topics.group, "--store", store, "--trigger", "1s", "--commit-records", "100",
      ] + words, in: group.folder.path)
  }

  /// Its machine is gone; the next life begins without a copy of the state.
  func loseStore() {
    end()
    store = group.folder.appendingPathComponent("\(name)-\(lives + 1).store").path
  }

  func signal(_ number: Int32) {
    guard let run, run.isRunning else { return }
    kill(run.pid, number)
  }

  /// Kills it, if it runs.
  func end() {
    guard let run, run.isRunning else { return }
    kill(run.pid, SIGKILL)
    _ = run.finish()
  }

  /// Waits for its end.
  /// - Returns: the exit code; negative for the signal that ended it.
  func finish() -> Int32 { run?.finish() ?? -1 }
}
