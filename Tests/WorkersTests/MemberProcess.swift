// `moaa worker` as a process of its own, to be killed, stopped and started again on its store.

import Foundation
import Glibc
import TestSupport

@testable import KafkaSync
@testable import Workers

final class MemberProcess {
  private let group: BrokerGroup
  private let store: String
  private var process: Process?

  init(_ group: BrokerGroup, store: String) {
    self.group = group
    self.store = group.folder.appendingPathComponent(store).path
  }

  deinit { signal(SIGKILL) }

  var isRunning: Bool { process?.isRunning ?? false }

  func start(_ words: [String] = []) throws {
    let properties = group.folder.appendingPathComponent("properties")
    // noida-db does not miss a member by its session's time, but by the time that a rebalance may take,
    // which is this interval.
    try Data(
      "session.timeout.ms=6000\nmax.poll.interval.ms=6000\nheartbeat.interval.ms=300\n".utf8
    ).write(to: properties)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments =
      [
        "worker", "--brokers", group.proxy.address, "--kafka-config", properties.path, "--group",
        group.topics.group, "--store", store, "--trigger", "1s", "--commit-records", "300",
      ] + words
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
  }

  func signal(_ number: Int32) {
    guard let process, process.isRunning else { return }
    kill(process.processIdentifier, number)
    if number == SIGKILL { process.waitUntilExit() }
  }

  /// Waits for its end.
  /// - Returns: the exit code.
  func finish() -> Int32 {
    process?.waitUntilExit()
    return process?.terminationStatus ?? -1
  }

  /// The executable that is built beside the tests' bundle, which is named on the command line.
  private static let program: String = {
    guard let bundle = CommandLine.arguments.first(where: { $0.contains(".xctest") }) else {
      fatalError("the tests' bundle is not on the command line")
    }
    let folder = bundle.split(separator: "/", omittingEmptySubsequences: false)
      .prefix { !$0.hasSuffix(".xctest") }.joined(separator: "/")
    return folder + "/moaa"
  }()
}
