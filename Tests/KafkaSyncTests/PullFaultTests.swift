// Pulls from brokers that fail in all the ways that the mock cluster knows.

import CRdKafka
import Foundation
import LogStore
import Synchronization
import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized) struct PullFaultTests {
  /// librdkafka's own waits, short.
  private static let impatient = [
    "retry.backoff.ms": "10", "reconnect.backoff.ms": "10", "reconnect.backoff.max.ms": "50",
    "fetch.error.backoff.ms": "10", "topic.metadata.refresh.fast.interval.ms": "10",
  ]

  private struct Place {
    let apiKey: Int16
    let codes: [rd_kafka_resp_err_t]
  }

  /// Requests by number (Kafka's protocol guide, "API Keys"), and what may come in answer.
  private static let places = [
    Place(
      apiKey: 1,
      codes: [
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
        RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR_INVALID_MSG,
        RD_KAFKA_RESP_ERR__TRANSPORT,
      ]),
    Place(
      apiKey: 2,
      codes: [
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR__TRANSPORT,
      ]),
    Place(
      apiKey: 3,
      codes: [
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RD_KAFKA_RESP_ERR__TRANSPORT,
      ]),
    Place(
      apiKey: 8,
      codes: [
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR__TRANSPORT,
      ]),
    Place(
      apiKey: 10,
      codes: [
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      ]),
  ]

  @Test func noFaultCostsOrDoublesARecord() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let mock = try MockCluster(brokers: 2)
    let topic = "records"
    mock.makeTopic(topic, partitions: 4)
    let cluster = try TestCluster(mock.address, properties: Self.impatient)
    let local = try PullStore()
    var (errorCount, outageCount, slowCount, retryCount) = (0, 0, 0, 0)
    var produced = 0
    for round in 0..<25 {
      let count = Int.random(in: 1...300, using: &generator)
      try cluster.produce(
        (produced..<produced + count).map { TestMessage("k\($0 % 11)", "value \($0)") }, to: topic)
      produced += count
      for _ in 0..<Int.random(in: 4...7, using: &generator) {
        let place = Self.places[Int.random(in: 0..<Self.places.count, using: &generator)]
        let code = place.codes[Int.random(in: 0..<place.codes.count, using: &generator)]
        mock.fail(place.apiKey, [code])
        errorCount += 1
      }
      let broker = Int32.random(in: 1...2, using: &generator)
      let isSlow = generator.oneIn(4)
      if isSlow {
        rd_kafka_mock_broker_set_rtt(
          mock.cluster, broker, Int32.random(in: 20...200, using: &generator))
        slowCount += 1
      }
      let isAway = generator.oneIn(4)
      if isAway {
        rd_kafka_mock_broker_set_down(mock.cluster, broker)
        outageCount += 1
      }
      if isAway {
        // Down for a while, then back.
        nonisolated(unsafe) let handle = mock.cluster
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) {
          rd_kafka_mock_broker_set_up(handle, broker)
        }
      }
      let commitCount = Int.random(in: 1...400, using: &generator)
      let summary = try local.pull(cluster, topic) { $0.recordsPerCommit = commitCount }
      retryCount += summary.retryCount
      if isAway {
        usleep(350_000)
      }
      if isSlow { rd_kafka_mock_broker_set_rtt(mock.cluster, broker, 0) }
      for place in Self.places { rd_kafka_mock_clear_request_errors(mock.cluster, place.apiKey) }
      #expect(summary.lag == 0, "seed \(seed), round \(round)")
    }
    try local.expectSame(topic, cluster, "seed \(seed)")
    #expect(try local.store.read { try $0.topic(topic).recordCount } == Int64(produced))
    #expect(errorCount + outageCount + slowCount >= 100, "seed \(seed)")
    FaultTally.note("errors answered", errorCount)
    FaultTally.note("brokers away", outageCount)
    FaultTally.note("slow answers", slowCount)
    #expect(outageCount >= 1 && slowCount >= 1 && retryCount >= 1, "seed \(seed)")
  }

  /// Each failure of each kind of request, one after the other.
  @Test func eachErrorOfEachRequestIsSurvived() throws {
    let mock = try MockCluster()
    mock.makeTopic("records", partitions: 2)
    let cluster = try TestCluster(mock.address, properties: Self.impatient)
    let local = try PullStore()
    var (produced, faultCount) = (0, 0)
    for place in Self.places {
      for code in place.codes {
        for times in [2, 4] {
          try cluster.produce(
            (produced..<produced + 20).map { TestMessage("k\($0)", "value \($0)") }, to: "records")
          produced += 20
          mock.fail(place.apiKey, Array(repeating: code, count: times))
          faultCount += times
          let summary = try local.pull(cluster, "records")
          rd_kafka_mock_clear_request_errors(mock.cluster, place.apiKey)
          #expect(
            summary.recordCount == 20, "request \(place.apiKey), error \(code.rawValue)")
        }
      }
    }
    #expect(faultCount >= 120)
    FaultTally.note("errors answered", faultCount)
    try local.expectSame("records", cluster)
  }

  @Test func whatSomebodyHasToMendEndsThePull() throws {
    let mock = try MockCluster()
    mock.makeTopic("records", partitions: 1)
    let cluster = try TestCluster(mock.address, properties: Self.impatient)
    let local = try PullStore()
    try cluster.produce([TestMessage("a", "1")], to: "records")
    _ = try local.pull(cluster, "records")
    try cluster.produce([TestMessage("a", "2")], to: "records")
    mock.fail(1, Array(repeating: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, count: 20))
    do {
      _ = try local.pull(cluster, "records")
      Issue.record("it went on")
    } catch let failure as KafkaFailure {
      #expect(failure.kind == .setup)
      #expect(failure.description.contains("TOPIC_AUTHORIZATION_FAILED"))
    }
    rd_kafka_mock_clear_request_errors(mock.cluster, 1)
    #expect(try local.pull(cluster, "records").recordCount == 1)
    // The same name at another cluster is another topic.
    let other = try MockCluster()
    other.makeTopic("records", partitions: 1)
    let elsewhere = try TestCluster(other.address, properties: Self.impatient)
    try elsewhere.produce([TestMessage("a", "1"), TestMessage("a", "2")], to: "records")
    #expect {
      _ = try local.pull(elsewhere, "records")
    } throws: {
      ($0 as? PullRefused)?.reason == .otherHistory
    }
  }

  @Test func aRecordThatTheLogCannotHoldIsNamedAndStopsThePull() throws {
    let mock = try MockCluster()
    mock.makeTopic("records", partitions: 1)
    let cluster = try TestCluster(mock.address, properties: Self.impatient)
    let local = try PullStore()
    var large = TestMessage("a", "")
    large.value = [UInt8](repeating: 7, count: 1000)
    try cluster.produce([TestMessage("a", "1")], to: "records")
    #expect(try local.pull(cluster, "records").recordCount == 1)
    try cluster.produce([TestMessage("a", "2"), large, TestMessage("a", "3")], to: "records")
    do {
      _ = try local.pull(cluster, "records") { $0.recordBytesMax = 1000 }
      Issue.record("it went on")
    } catch let refused as PullRefused {
      #expect(refused.reason == .record)
      #expect(refused.description.hasPrefix("records[0], offset 2: a record of 1001 bytes"))
    }
    #expect(try local.store.read { try $0.topic("records").recordCount } == 1)
    #expect(try local.pull(cluster, "records").recordCount == 3)
    try local.expectSame("records", cluster)
  }
}

/// What a session keeps when it ends.
@Suite(.serialized) struct PullSessionTests {
  private let mock: MockCluster
  private let cluster: TestCluster
  private let local: PullStore

  init() throws {
    mock = try MockCluster()
    mock.makeTopic("records", partitions: 2)
    cluster = try TestCluster(mock.address)
    local = try PullStore()
  }

  /// Whether a body came to its end; what hangs is left behind.
  private static func ends(_ body: @escaping @Sendable () throws -> Void) throws -> Bool {
    let isDone = DispatchSemaphore(value: 0)
    let failure = Mutex<(any Error)?>(nil)
    Thread {
      do { try body() } catch { failure.withLock { $0 = error } }
      isDone.signal()
    }.start()
    guard isDone.wait(timeout: .now() + 30) == .success else { return false }
    if let failure = failure.withLock({ $0 }) { throw failure }
    return true
  }

  @Test func aFailureWithRecordsPendingEndsTheSession() throws {
    try cluster.produce((0..<50).map { TestMessage("k\($0)", "v") }, to: "records")
    nonisolated(unsafe) let test = self
    let hasEnded = try Self.ends {
      var options = PullOptions(topics: ["records"])
      options.follows = true
      var session: PullSession? = try PullSession(
        test.cluster.settings, store: test.local.store, options: options, isFirst: true,
        tell: { _ in })
      while session?.pendingCount == 0 { _ = try session?.poll(countMax: 10) }
      test.mock.fail(
        1, Array(repeating: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, count: 1000))
      #expect(throws: KafkaFailure.self) {
        while true { _ = try session?.poll(countMax: 10) }
      }
      #expect((session?.pendingCount ?? 0) > 0)
      session?.close()
      session = nil
    }
    #expect(hasEnded, "the session did not end")
  }

  @Test func messagesMayOutliveTheirConsumer() throws {
    try cluster.produce([TestMessage("k", "v")], to: "records", partition: 0)
    nonisolated(unsafe) let test = self
    let hasEnded = try Self.ends {
      var consumer: KafkaConsumer? = try KafkaConsumer(test.cluster.settings, group: "g")
      try consumer?.assign([TopicPartition("records", 0): 0])
      var batch = MessageBatch()
      while batch.messageCount == 0 {
        batch = consumer?.poll(countMax: 10, timeout: .milliseconds(100)) ?? batch
      }
      consumer = nil
      batch.forEach { #expect(TestMessage($0) == TestMessage("k", "v")) }
    }
    #expect(hasEnded, "the consumer did not end")
  }

  /// Also where nothing is new, and the answer with the last record is slow to come.
  @Test func theLastRecordIsComparedBeforeAPullEnds() throws {
    try cluster.produce([TestMessage("k", "v")], to: "records", partition: 0)
    #expect(try local.pull(cluster, "records").recordCount == 1)
    let position = try #require(
      try local.store.read { try PullPosition.all(of: "records", $0) }.first)
    var other = position
    other.last = LastRecord(offset: 0, timestamp: 1, hash: "00")
    try local.store.write { [other] in
      try $0.save(other.row, expected: position.nextOffset)
    }
    rd_kafka_mock_broker_set_rtt(mock.cluster, 1, 400)
    let refused = #expect(throws: PullRefused.self) { try local.pull(cluster, "records") }
    #expect(refused?.reason == .otherHistory)
  }
}

@Suite struct OriginRunTests {
  @Test func holesAreKept() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var offset = Int64.random(in: 0...1_000_000, using: &generator)
      var run = OriginRun(partition: 3, firstOffset: offset)
      var offsets: [Int64] = []
      for _ in 0..<Int.random(in: 1...50, using: &generator) {
        run.add(offset)
        offsets.append(offset)
        offset += generator.oneIn(3) ? Int64.random(in: 1...9, using: &generator) : 1
      }
      let again = try #require(OriginRun(Substring(run.text)), "seed \(seed)")
      #expect(again == run, "seed \(seed)")
      let found = (0..<Int64(offsets.count)).map { again.offset(at: $0) }
      #expect(found == offsets, "seed \(seed)")
      #expect(again.offset(at: Int64(offsets.count)) == nil, "seed \(seed)")
    }
    for text in ["", "1", "1 2", "1 2 3 4", "1 2 x", "-1 2 3"] {
      #expect(OriginRun(Substring(text)) == nil)
    }
  }
}
