// A group of workers on a broker of its own: the input, members in this process or as processes, and what
// they have published.

import Foundation
import LogStore
import Synchronization
import TestSupport
import Testing

@testable import KafkaSync
@testable import Workers

final class BrokerGroup {
  let broker: PrivateBroker
  /// Before the broker, since it corrects what that says of aborted transactions, and is the coordinator
  /// of the group.
  let proxy: FaultProxy
  let topics: WorkerTopics
  let settings: KafkaSettings
  let sample: RawSample
  let folder: URL
  /// A member that is dead is missed soon, and so are brokers.
  let settingsOfMembers = [
    "session.timeout.ms": "1200", "heartbeat.interval.ms": "100", "max.poll.interval.ms": "10000",
    "reconnect.backoff.ms": "10", "reconnect.backoff.max.ms": "100", "retry.backoff.ms": "20",
  ]
  private let producer: KafkaProducer
  private(set) var loadedCount = 0

  init(
    _ sample: RawSample, partitionCount: Int32, _ kind: PrivateBroker.Kind = .noida
  ) throws {
    self.sample = sample
    broker = try PrivateBroker(kind)
    proxy = try FaultProxy(broker)
    topics = try WorkerTopics(group: "test")
    settings = try KafkaSettings(brokers: proxy.address)
      .with(settingsOfMembers)
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "moaa-workers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try KafkaCluster(settings).createTopic(
      topics.raw, partitions: Int(partitionCount), settings: ["retention.ms": "-1"])
    // Tansu tells wrong ends of partitions whose records came without a transaction.
    producer = try KafkaProducer(settings, transactionalID: kind == .tansu ? "input" : nil)
    if producer.isTransactional { try producer.initTransactions() }
  }

  deinit {
    proxy.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  /// Produces the next records of the sample; librdkafka chooses the partitions.
  func load(_ count: Int = .max) throws {
    if producer.isTransactional { try producer.beginTransaction() }
    for record in sample.records.dropFirst(loadedCount).prefix(count) {
      try record.station.withUnsafeBytes { key in
        try record.value.withUnsafeBytes {
          try producer.produce(
            topic: topics.raw, partition: nil, key: key, value: $0, timestamp: ModelMember.timestamp
          )
        }
      }
      loadedCount += 1
    }
    try producer.flush(timeout: .seconds(30))
    if producer.isTransactional { try producer.commitTransaction() }
  }

  var isLoaded: Bool { loadedCount == sample.records.count }

  /// A member in this process, on a store of that name, until all is quiet.
  @discardableResult
  func runMember(
    _ name: String, commitRecords: Int = 500,
    onStep: (@Sendable (WorkerStep) throws -> Void)? = nil,
    onEvent: @escaping @Sendable (WorkerEvent) -> Void = { _ in },
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> WorkerSummary {
    var options = try WorkerOptions()
    options.secondsPerCommit = 0.3
    options.recordsPerCommit = commitRecords
    options.quietSecondsMax = 2
    options.longestPauseSeconds = 0.3
    options.onStep = onStep
    options.onEvent = onEvent
    options.shouldStop = shouldStop
    let store = try LogStore.open(
      folder.appendingPathComponent(name).path, StoreOptions(durability: .relaxed))
    defer { store.close() }
    return try Worker(settings, topics, options, store: store).run()
  }

  /// Several members at once.
  func runMembers(
    _ names: [String], onStep: (@Sendable (WorkerStep) throws -> Void)? = nil
  ) throws {
    let failure = Mutex<(any Error)?>(nil)
    nonisolated(unsafe) let group = self
    DispatchQueue.concurrentPerform(iterations: names.count) { index in
      do {
        try group.runMember(names[index], onStep: onStep)
      } catch { failure.withLock { $0 = error } }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  /// - Parameter orNone: whether there may be no such topic yet.
  func published(_ topic: String, orNone: Bool = false) throws -> PublishedHours {
    var hours = PublishedHours()
    if orNone, try KafkaCluster(settings).metadata(timeout: .seconds(10)).topics[topic] == nil {
      return hours
    }
    let reader = try ConsumerReader(settings) {}
    defer { reader.close() }
    let count = try #require(
      try KafkaCluster(settings).metadata(timeout: .seconds(10)).topics[topic])
    for partition in 0..<Int32(count) {
      _ = try reader.read(topic, partition, from: nil) { _, key, value in
        hours.take(key: Array(key), value: Array(value))
      }
    }
    return hours
  }

  func expectHoursOfOneProcess(_ comment: String) throws {
    #expect(isLoaded)
    let hours = try published(topics.hours)
    let stationHours = try published(topics.stationHours)
    for (found, byStation) in [(hours, false), (stationHours, true)] {
      let expected = try sample.hoursOfOneProcess(byStation: byStation)
      let lines = found.csv(byStation: byStation)
      // A comparison of two long texts would tell nothing.
      let differing = Set(lines.split(separator: "\n")).symmetricDifference(
        expected.split(separator: "\n"))
      #expect(
        differing.isEmpty, "\(comment): \(differing.sorted().prefix(6)) of \(differing.count)")
      #expect(lines == expected, "\(comment)")
    }
    #expect(hours.fallenRevisions.isEmpty, "\(comment)")
    #expect(stationHours.fallenRevisions.isEmpty, "\(comment)")
  }
}
