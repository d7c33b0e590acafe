// What tests of Kafka have in common: brokers, topics of their own, and messages as plain values.

import CRdKafka
import Foundation
import TestSupport

@testable import KafkaSync

/// A message that has been read, or shall be written.
struct TestMessage: Hashable, CustomStringConvertible {
  var key: [UInt8]?
  var value: [UInt8]?
  var timestamp: Int64 = 1_656_000_000_000
  var headers: [Header] = []

  struct Header: Hashable {
    let name: String
    let value: [UInt8]?
  }

  init(_ key: String?, _ value: String?) {
    self.key = key.map { Array($0.utf8) }
    self.value = value.map { Array($0.utf8) }
  }

  init(_ message: KafkaMessage) {
    key = message.key.map(Array.init)
    value = message.value.map(Array.init)
    timestamp = message.timestamp
    headers = message.headers.map { Header(name: $0.name, value: $0.value) }
  }

  var description: String {
    func text(_ bytes: [UInt8]?) -> String {
      bytes.map { String(decoding: $0, as: UTF8.self) } ?? "nil"
    }
    return "\(text(key)):\(text(value))"
  }
}

/// A cluster to read from and write to.
struct TestCluster {
  let settings: KafkaSettings

  init(_ address: String, properties: [String: String] = [:]) throws {
    settings = try KafkaSettings(brokers: address).with(properties)
  }

  static func uniqueName(_ prefix: String = "topic") -> String {
    "\(prefix)-\(UUID().uuidString.prefix(8).lowercased())"
  }

  /// Makes a topic that keeps messages for good, unless the settings say otherwise: those of tests
  /// carry times long past, and brokers delete by these.
  func makeTopic(partitions: Int = 1, settings: [String: String] = [:]) throws -> String {
    let settings = ["retention.ms": "-1"].merging(settings) { $1 }
    let name = Self.uniqueName()
    try KafkaCluster(self.settings).createTopic(
      name, partitions: partitions, replication: 1, settings: settings)
    return name
  }

  func produce(
    _ messages: [TestMessage], to topic: String, partition: Int32? = nil,
    with producer: KafkaProducer
  ) throws {
    for message in messages {
      try Self.withBytes(message.key) { key in
        try Self.withBytes(message.value) { value in
          try producer.produce(
            topic: topic, partition: partition, key: key, value: value,
            timestamp: message.timestamp,
            headers: message.headers.map { ($0.name, $0.value) })
        }
      }
    }
  }

  func produce(_ messages: [TestMessage], to topic: String, partition: Int32? = nil) throws {
    let producer = try KafkaProducer(settings, transactionalID: nil)
    try produce(messages, to: topic, partition: partition, with: producer)
    try producer.flush()
  }

  /// All committed messages of a topic, by partition, with their offsets.
  func read(_ topic: String) throws -> [Int32: [(offset: Int64, message: TestMessage)]] {
    let consumer = try KafkaConsumer(settings, group: "reader")
    guard let count = try KafkaCluster(settings).metadata().topics[topic] else {
      throw KafkaFailure.own("there is no topic \(topic)", remedy: "")
    }
    var left = Set((0..<count).map { TopicPartition(topic, Int32($0)) })
    try consumer.assign(
      Dictionary(uniqueKeysWithValues: left.map { ($0, KafkaOffset.beginning) }))
    var messages: [Int32: [(offset: Int64, message: TestMessage)]] = [:]
    let start = ContinuousClock.now
    while !left.isEmpty {
      guard ContinuousClock.now - start < .seconds(60) else { throw KafkaFailure.passing("no end") }
      let batch = consumer.poll(countMax: 1000, timeout: .milliseconds(200))
      for run in batch.runs {
        batch.forEach(in: run) {
          messages[run.partition.partition, default: []].append(($0.offset, TestMessage($0)))
        }
      }
      left.subtract(batch.ends.keys)
    }
    return messages
  }

  /// Minutes from now, in milliseconds since 1970 UTC, to the second.
  static func recentTime(_ minutes: Int) -> Int64 {
    (Int64(startTime.timeIntervalSince1970) + Int64(minutes) * 60) * 1000
  }

  private static let startTime = Date()

  // MARK: What the client has no need of

  func deleteTopic(_ name: String) throws {
    try admin { producer, queue in
      var topic = rd_kafka_DeleteTopic_new(name)
      defer { rd_kafka_DeleteTopic_destroy(topic) }
      rd_kafka_DeleteTopics(producer, &topic, 1, nil, queue)
    }
  }

  func addPartitions(_ name: String, to count: Int) throws {
    try admin { producer, queue in
      var partitions = rd_kafka_NewPartitions_new(name, count, nil, 0)
      defer { rd_kafka_NewPartitions_destroy(partitions) }
      rd_kafka_CreatePartitions(producer, &partitions, 1, nil, queue)
    }
  }

  func deleteRecords(_ topic: String, partition: Int32, before offset: Int64) throws {
    try admin { producer, queue in
      let list = PartitionList([TopicPartition(topic, partition): offset])
      var request = rd_kafka_DeleteRecords_new(list.list)
      defer { rd_kafka_DeleteRecords_destroy(request) }
      rd_kafka_DeleteRecords(producer, &request, 1, nil, queue)
    }
    let consumer = try KafkaConsumer(settings, group: "reader")
    let low = try consumer.watermarks(of: TopicPartition(topic, partition)).low
    guard low == offset else { throw KafkaFailure.passing("records are still there: \(low)") }
  }

  private func admin(_ send: (_ producer: OpaquePointer, _ queue: OpaquePointer?) -> Void) throws {
    let handle = try KafkaHandle(.producer, settings, [:])
    let queue = rd_kafka_queue_new(handle.pointer)
    defer { rd_kafka_queue_destroy(queue) }
    send(handle.pointer, queue)
    guard let event = rd_kafka_queue_poll(queue, 20_000) else {
      throw KafkaFailure.passing("no answer")
    }
    defer { rd_kafka_event_destroy(event) }
    try handle.check(rd_kafka_event_error(event), while: "administering")
  }

  private static func withBytes<R>(
    _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws -> R
  ) rethrows -> R {
    guard let bytes else { return try body(nil) }
    return try bytes.withUnsafeBytes { try body($0) }
  }
}

/// librdkafka's own mock cluster: brokers in this process, which can be told to fail.
final class MockCluster {
  private let owner: OpaquePointer
  let cluster: OpaquePointer
  let address: String

  init(brokers: Int = 1) throws {
    let conf = rd_kafka_conf_new()
    var words = Words()
    guard
      let owner = rd_kafka_new(
        RD_KAFKA_PRODUCER, conf, &words.characters, words.characters.count),
      let cluster = rd_kafka_mock_cluster_new(owner, Int32(brokers))
    else { throw KafkaFailure.passing("no mock cluster") }
    self.owner = owner
    self.cluster = cluster
    address = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
  }

  deinit {
    rd_kafka_mock_cluster_destroy(cluster)
    rd_kafka_destroy(owner)
  }

  func makeTopic(_ name: String, partitions: Int) {
    rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1)
  }

  /// The next requests of a kind fail so. Only what is sure to be met is for `FaultTally`, which the caller
  /// tells.
  func fail(_ apiKey: Int16, _ codes: [rd_kafka_resp_err_t]) {
    codes.withUnsafeBufferPointer {
      rd_kafka_mock_push_request_errors_array(cluster, apiKey, $0.count, $0.baseAddress)
    }
  }
}
