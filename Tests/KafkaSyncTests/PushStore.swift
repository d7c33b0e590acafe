// A store with records that a test makes up, and what must come of them in Kafka.

import Foundation
import LogStore
import TestSupport
import Testing

@testable import KafkaSync

/// Records of few keys, whose values say in which order they were made.
final class PushStore: @unchecked Sendable {
  // Sendable by hand: the store is, and a test appends on one thread at a time.
  let store: LogStore
  private(set) var expected: [TestMessage] = []
  private let folder: URL
  private var generator: SeededGenerator
  static let topic = "records"

  /// - Parameter original: whose file to begin with a copy of; nobody writes to it meanwhile.
  init(seed: UInt64, copyOf original: PushStore? = nil) throws {
    generator = SeededGenerator(seed: seed)
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "moaa-push-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("test.store").path
    if let original {
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(
          atPath: original.store.path + suffix, toPath: path + suffix)
      }
      expected = original.expected
    }
    store = try LogStore.open(path, StoreOptions(durability: .relaxed))
    try store.write { _ = try $0.createTopic(Self.topic) }
  }

  deinit {
    store.close()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Appends so many records, in batches of random sizes, with control records among them.
  func append(_ count: Int, batchMax: Int = 80) throws {
    var left = count
    while left > 0 {
      let batchCount = min(left, Int.random(in: 1...batchMax, using: &generator))
      left -= batchCount
      let builder = RecordBatchBuilder()
      var added: [TestMessage] = []
      for _ in 0..<batchCount {
        if generator.oneIn(10) {
          builder.append(kind: .control, eventTime: 7, key: Array("tick".utf8), value: nil)
        }
        added.append(record(added.count))
        builder.append(
          eventTime: added[added.count - 1].timestamp, key: added[added.count - 1].key,
          value: added[added.count - 1].value,
          headers: added[added.count - 1].headers.map {
            RecordHeader($0.name, bytes: $0.value)
          })
      }
      let time = try store.write { transaction in
        if let batch = builder.take() { try transaction.append(batch, to: Self.topic) }
        return transaction.time
      }
      for message in added {
        eventTimes.append(message.timestamp)
        var message = message
        message.timestamp = time
        expected.append(message)
      }
    }
  }

  /// Of `expected`, by index.
  private(set) var eventTimes: [Int64] = []

  private func record(_ index: Int) -> TestMessage {
    let number = expected.count + index
    var message = TestMessage("key-\(Int.random(in: 0..<9, using: &generator))", "\(number)")
    message.value =
      Array("\(number) ".utf8) + (0..<8).map { _ in UInt8.random(in: 0...255, using: &generator) }
    message.timestamp = 1_000_000_000_000 + Int64(number)
    if generator.oneIn(5) {
      message.headers = [
        TestMessage.Header(name: "n", value: Array("\(number)".utf8)),
        TestMessage.Header(name: "", value: []), TestMessage.Header(name: "n", value: nil),
      ]
    }
    return message
  }

  /// What a reader of committed messages must find: each record once, in order per key.
  func expectAll(in cluster: TestCluster, _ comment: Comment? = nil) throws {
    let found = try cluster.read(Self.topic)
    var byKey: [[UInt8]?: [TestMessage]] = [:]
    for partition in found.sorted(by: { $0.key < $1.key }) {
      for entry in partition.value { byKey[entry.message.key, default: []].append(entry.message) }
    }
    let wanted = Dictionary(grouping: expected, by: \.key)
    #expect(byKey.mapValues(\.count) == wanted.mapValues(\.count), comment)
    #expect(byKey == wanted, comment)
  }
}

extension TestCluster {
  func push(_ made: PushStore, _ options: PushOptions = PushOptions()) -> KafkaPush {
    KafkaPush(store: made.store, topic: PushStore.topic, settings: settings, options: options)
  }
}
