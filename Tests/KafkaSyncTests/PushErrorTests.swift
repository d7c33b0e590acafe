// What brokers answer, and what becomes of it: on librdkafka's mock cluster.

import CRdKafka
import Foundation
import LogStore
import Synchronization
import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized) struct PushErrorTests {
  private let mock: MockCluster
  private let cluster: TestCluster
  private let made: PushStore
  private var options = PushOptions()

  private static let produce: Int16 = 0
  private static let initProducerID: Int16 = 22
  private static let endTransaction: Int16 = 26

  init() throws {
    mock = try MockCluster()
    mock.makeTopic(PushStore.topic, partitions: 1)
    mock.makeTopic(PositionTopic.name, partitions: 1)
    cluster = try TestCluster(mock.address)
    made = try PushStore(seed: 31)
    try made.append(30)
    options.patience = .seconds(20)
  }

  /// The mock cluster has no controller to ask for topics.
  private func push(_ options: PushOptions? = nil) -> KafkaPush {
    let push = cluster.push(made, options ?? self.options)
    push.bytesMax = 1_000_000
    return push
  }

  private func failure() -> KafkaFailure? {
    #expect(throws: KafkaFailure.self) { try push().run() }
  }

  @Test func aBrokerWithoutTransactionsIsRefusedWithTheWayOn() throws {
    mock.fail(
      Self.initProducerID,
      [rd_kafka_resp_err_t](repeating: RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, count: 20))
    let failure = failure()
    #expect(failure?.kind == .setup)
    #expect(failure?.remedy.contains("--at-least-once") == true)
  }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue,
    RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED.rawValue,
  ])
  func missingRightsAreNotTriedAgain(code: Int32) throws {
    mock.fail(Self.produce, [rd_kafka_resp_err_t(code)])
    let push = push()
    let failure = #expect(throws: KafkaFailure.self) { try push.run() }
    #expect(failure?.kind == .setup)
    #expect(push.summary.retryCount == 0)
    #expect(push.summary.commitCount == 0)
  }

  /// In the middle of a transaction, whose later messages are only told that it has failed.
  @Test(arguments: [
    RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
  ])
  func aRefusalInTheMiddleOfALargeTransactionIsNotTriedAgain(code: rd_kafka_resp_err_t) throws {
    try made.append(20_000, batchMax: 20_000)
    // Each record alone is refused too; some batches were under way together.
    mock.fail(Self.produce, Array(repeating: code, count: 20))
    let failures = Mutex<[String]>([])
    let push = KafkaPush(
      store: made.store, topic: PushStore.topic, settings: cluster.settings, options: options,
      tell: {
        guard case .retries(let failure) = $0 else { return }
        failures.withLock { $0.append("\(failure)") }
      })
    push.bytesMax = 1_000_000
    let found = #expect(throws: (any Error).self) { try push.run() }
    #expect(failures.withLock { $0 } == [])
    let words = found.map { "\($0)" } ?? ""
    #expect(words.contains(String(cString: rd_kafka_err2name(code))), "\(words)")
  }

  @Test func limitsOfTheFileStandAboveTheTopics() throws {
    let builder = RecordBatchBuilder()
    builder.append(eventTime: 1, key: nil, value: [UInt8](repeating: 7, count: 3000))
    let batch = try #require(builder.take())
    let offset = try made.store.write { try $0.append(batch, to: PushStore.topic) }
    func push(_ limit: String) -> KafkaPush {
      let push = KafkaPush(
        store: made.store, topic: PushStore.topic,
        settings: cluster.settings.with(["message.max.bytes": limit]), options: options)
      push.bytesMax = 2500
      return push
    }
    let refused = #expect(throws: RecordRefused.self) { try push("2000").run() }
    #expect(refused?.offset == offset)
    #expect(refused?.words.contains("takes 2000 at once") == true)
    #expect(try push("10000").run().recordCount == 31)
  }

  @Test func aQuarantineIsNotPushedIntoItself() throws {
    let made = try MoaaRun(
      [
        "sync", "kafka", "push", "--topic", "quarantine", "--on-bad-record", "quarantine",
        "--brokers", mock.address, "--store", made.store.path,
      ], in: NSTemporaryDirectory())
    #expect(made.finish() == 2)
    #expect(made.errors.contains("--on-bad-record quarantine"))
  }

  @Test func rightsOnTheTransactionalIDAreNamed() throws {
    mock.fail(
      Self.initProducerID,
      [rd_kafka_resp_err_t](
        repeating: RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, count: 20))
    #expect(failure()?.remedy.contains("transactional id") == true)
  }

  @Test(arguments: [produce, endTransaction, initProducerID])
  func whatPassesIsTriedAgain(request: Int16) throws {
    let code =
      request == Self.produce
      ? RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
      : RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS
    mock.fail(request, [code, code])
    let summary = try push().run()
    #expect(summary.recordCount == 30)
  }

  @Test func anotherPushIsToldFromFaults() throws {
    mock.fail(Self.endTransaction, [RD_KAFKA_RESP_ERR_PRODUCER_FENCED])
    #expect(failure()?.words.contains("another push") == true)
  }

  @Test func timesThatKafkaDoesNotHaveAreNamed() throws {
    let builder = RecordBatchBuilder()
    builder.append(eventTime: -1000, key: nil, value: Array("of 1969".utf8))
    let batch = try #require(builder.take())
    let offset = try made.store.write { try $0.append(batch, to: PushStore.topic) }
    var events = options
    events.timestamps = .event
    let refused = #expect(throws: RecordRefused.self) { try push(events).run() }
    #expect(refused?.offset == offset)
    #expect(refused?.words.contains("--timestamps append") == true)
  }
}
