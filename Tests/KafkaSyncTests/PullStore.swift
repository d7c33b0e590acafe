// A store that pulls, and its comparison with the topic, record by record.

import Connections
import Foundation
import LogStore
import TestSupport
import Testing

@testable import KafkaSync

final class PullStore {
  let store: LogStore
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "moaa-pull-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    store = try LogStore.open(folder + "/test.store")
  }

  deinit {
    store.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  static func pull(
    _ store: LogStore, _ cluster: TestCluster, _ topics: [String],
    rules: PullRules = PullRules(), change: (inout PullOptions) -> Void = { _ in },
    shouldStop: @escaping () -> Bool = { false },
    tell: @escaping (PullEvent) -> Void = { _ in }
  ) throws -> PullSummary {
    var options = PullOptions(topics: topics)
    options.patience = .seconds(60)
    change(&options)
    return try Pull(
      store: store, settings: cluster.settings, options: options, rules: rules,
      backoff: Backoff(firstSeconds: 0.01, longestSeconds: 0.05), shouldStop: shouldStop,
      tell: tell
    ).run()
  }

  func pull(
    _ cluster: TestCluster, _ topics: String..., rules: PullRules = PullRules(),
    change: (inout PullOptions) -> Void = { _ in },
    shouldStop: @escaping () -> Bool = { false },
    tell: @escaping (PullEvent) -> Void = { _ in }
  ) throws -> PullSummary {
    try Self.pull(
      store, cluster, topics, rules: rules, change: change, shouldStop: shouldStop, tell: tell)
  }

  /// The records of a topic by the partition that they came from, with their Kafka offsets.
  static func records(
    of topic: String, in store: LogStore
  ) throws -> [Int32: [(offset: Int64, message: TestMessage)]] {
    var records: [Int32: [(offset: Int64, message: TestMessage)]] = [:]
    let reader = try store.reader(of: topic, from: .zero)
    while let batch = try reader.next() {
      var found: [(Offset, TestMessage)] = []
      try batch.forEach { record in
        guard record.kind == .data else { return }
        var message = TestMessage(nil, nil)
        message.key = record.key.map(Array.init)
        message.value = record.value.map(Array.init)
        message.timestamp = record.eventTime
        message.headers = record.headers.map {
          TestMessage.Header(name: $0.name, value: $0.value)
        }
        found.append((record.offset, message))
      }
      for (offset, message) in found {
        let origin = try #require(try store.read { try KafkaOrigins.find(topic, offset, $0) })
        records[origin.partition, default: []].append((origin.offset, message))
      }
    }
    return records
  }

  /// Whether the log holds what the topic holds, in its order, and knows where it is from.
  func expectSame(
    _ topic: String, _ cluster: TestCluster, _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try Self.expectSame(topic, store, cluster, comment, sourceLocation: sourceLocation)
  }

  static func expectSame(
    _ topic: String, _ store: LogStore, _ cluster: TestCluster, _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let there = try cluster.read(topic)
    let here = try records(of: topic, in: store)
    #expect(
      Set(there.keys) == Set(here.keys), Comment(rawValue: comment), sourceLocation: sourceLocation)
    for (partition, messages) in there {
      let found = here[partition] ?? []
      #expect(
        found.map(\.offset) == messages.map(\.offset),
        Comment(rawValue: "\(comment) partition \(partition)"), sourceLocation: sourceLocation)
      #expect(
        found.map(\.message) == messages.map(\.message),
        Comment(rawValue: "\(comment) partition \(partition)"), sourceLocation: sourceLocation)
    }
  }
}
