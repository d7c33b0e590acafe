// Errors of brokers as our client tells them, on librdkafka's mock cluster, which fails when told to.

import Connections
import CRdKafka
import Glibc
import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized) struct MockFaultTests {
  private let mock: MockCluster
  private let settings: KafkaSettings
  private static let topic = "topic"

  init() throws {
    mock = try MockCluster()
    mock.makeTopic(Self.topic, partitions: 1)
    settings = try KafkaSettings(brokers: mock.address)
  }

  /// Numbers of requests; Kafka's protocol guide, "API Keys".
  private enum Request {
    static let produce: Int16 = 0
    static let fetch: Int16 = 1
    static let metadata: Int16 = 3
    static let findCoordinator: Int16 = 10
    static let initProducerID: Int16 = 22
    static let addPartitions: Int16 = 24
    static let endTransaction: Int16 = 26
  }

  private func failure(_ body: () throws -> Void) throws -> KafkaFailure {
    do {
      try body()
    } catch let failure as KafkaFailure {
      return failure
    }
    throw KafkaFailure.passing("nothing failed")
  }

  private func producer(_ properties: [String: String] = [:]) throws -> KafkaProducer {
    try KafkaProducer(settings, transactionalID: nil, properties: properties)
  }

  private func produce(
    _ text: String, with producer: KafkaProducer, partition: Int32? = nil, tag: Int = 0
  ) throws {
    try Array(text.utf8).withUnsafeBytes {
      try producer.produce(
        topic: Self.topic, partition: partition, key: nil, value: $0, timestamp: 1, tag: tag)
    }
  }

  private func values() throws -> [String] {
    try TestCluster(mock.address).read(Self.topic)[0, default: []].map {
      String(decoding: $0.message.value ?? [], as: UTF8.self)
    }
  }

  // MARK: Producing

  @Test(arguments: [
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
    RD_KAFKA_RESP_ERR_INVALID_RECORD,
  ])
  func aRefusedMessageIsNamedByItsTag(_ code: rd_kafka_resp_err_t) throws {
    mock.fail(Request.produce, [code])
    let producer = try producer()
    try produce("a", with: producer, tag: 7)
    let found = try failure { try producer.flush() }
    #expect(found.kind == .setup)
    #expect(found.isCode(code), "\(found)")
    #expect(found.tag == 7)
  }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
  ])
  func whatPassesDoesNotShowAndDoublesNothing(_ code: rd_kafka_resp_err_t) throws {
    mock.fail(Request.produce, [code, code])
    let producer = try producer()
    for text in ["a", "b", "c"] { try produce(text, with: producer) }
    try producer.flush()
    #expect(try values() == ["a", "b", "c"])
  }

  @Test func aPartitionThatIsNotThereIsAFaultOfTheSetUp() throws {
    let producer = try producer()
    let found = try failure {
      try produce("a", with: producer, partition: 5)
      try producer.flush()
    }
    #expect(found.kind == .setup)
    #expect(found.name == "_UNKNOWN_PARTITION")
  }

  @Test func aTopicThatIsNotThereIsAFaultOfTheSetUp() throws {
    rd_kafka_mock_topic_set_error(
      mock.cluster, Self.topic, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    let producer = try producer(["topic.metadata.propagation.max.ms": "100"])
    let found = try failure {
      try produce("a", with: producer)
      try producer.flush()
    }
    #expect(found.kind == .setup)
    #expect(found.name == "_UNKNOWN_TOPIC" || found.name == "UNKNOWN_TOPIC_OR_PART")
    #expect(found.remedy.contains("create it"))
  }

  @Test func messagesForABrokerThatWentAwayFailWithTheReason() throws {
    let producer = try producer([
      "message.timeout.ms": "2000", "reconnect.backoff.max.ms": "100",
    ])
    try produce("a", with: producer)
    try producer.flush()
    rd_kafka_mock_broker_set_down(mock.cluster, 1)
    try produce("b", with: producer, tag: 2)
    let found = try failure { try producer.flush(timeout: .seconds(30)) }
    #expect(found.kind == .transient)
    #expect(found.tag == 2)
    rd_kafka_mock_broker_set_up(mock.cluster, 1)
    try produce("c", with: producer)
    try producer.flush()
    #expect(try values() == ["a", "c"])
  }

  @Test func whoIsAskedToStopDoesNotWaitForRoom() throws {
    let producer = try producer(["queue.buffering.max.messages": "3"])
    rd_kafka_mock_broker_set_down(mock.cluster, 1)
    var askedCount = 0
    producer.shouldStop = {
      askedCount += 1
      return askedCount == 2
    }
    let found = try failure { for _ in 0..<100 { try produce("a", with: producer) } }
    #expect(found.kind == .transient)
    #expect(found.words.contains("asked to stop"))
    #expect(askedCount == 2)
  }

  // MARK: The cluster

  @Test func aClusterThatIsAwaySaysWhyItCouldNotBeReached() throws {
    let closed = "127.0.0.1:\(try Loopback.freePort())"
    let found = try failure {
      _ = try KafkaCluster(KafkaSettings(brokers: closed)).metadata(timeout: .seconds(1))
    }
    #expect(found.kind == .transient)
    #expect(found.name == "_TRANSPORT")
    #expect(found.description.contains("Connection refused"), "\(found)")
    #expect(found.description.contains(closed), "\(found)")
  }

  // A broker that ends the connection, as Kafka's own does, may also be one that is about to stop.
  @Test func aBrokerThatEndsTheHandshakeIsToldFromOneThatIsAway() throws {
    let found = try failure {
      _ = try KafkaCluster(settings.with(["security.protocol": "ssl"])).metadata(
        timeout: .seconds(2))
    }
    #expect(found.kind == .transient)
    #expect(found.description.contains("SSL_HANDSHAKE"), "\(found)")
    let report = KafkaReport(
      settings.with(["security.protocol": "ssl"]), topics: [], timeout: .seconds(2))
    let broker = report.findings.first { $0.subject == "broker" }
    #expect(broker?.state == .wrong)
    #expect(broker?.detail.contains("is there, but ends the connection") == true)
  }

  @Test func aClusterThatIsThereIsDescribed() throws {
    let metadata = try KafkaCluster(settings).metadata()
    #expect(metadata.topics == [Self.topic: 1])
    #expect(metadata.brokers.map(\.id) == [1])
  }

  // MARK: Groups and transactions

  @Test func aGroupThatIsNotAllowedIsAFaultOfTheSetUp() throws {
    mock.fail(
      Request.findCoordinator,
      Array(repeating: RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, count: 20))
    let consumer = try KafkaConsumer(settings, group: "group")
    try consumer.subscribe([Self.topic])
    var found: KafkaFailure?
    let patience = ContinuousClock.now + .seconds(30)
    while found == nil, ContinuousClock.now < patience {
      _ = consumer.poll(countMax: 10, timeout: .milliseconds(100))
      do { try consumer.checkClient() } catch { found = error }
    }
    #expect(found?.kind == .setup)
    #expect(found?.name == "GROUP_AUTHORIZATION_FAILED")
  }

  @Test func aTransactionalIDThatIsNotAllowedIsAFaultOfTheSetUp() throws {
    mock.fail(
      Request.findCoordinator,
      Array(repeating: RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, count: 20))
    let producer = try KafkaProducer(settings, transactionalID: "id")
    let found = try failure { try producer.initTransactions(timeout: .seconds(10)) }
    #expect(found.kind == .setup, "\(found)")
    #expect(found.name == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "\(found)")
  }

  @Test func whatPassesWhileBeginningDoesNotShow() throws {
    mock.fail(
      Request.initProducerID,
      [RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR])
    try KafkaProducer(settings, transactionalID: "id").initTransactions()
  }

  @Test func aFencedProducerIsOfNoUseAnyMore() throws {
    let producer = try KafkaProducer(settings, transactionalID: "id")
    try producer.initTransactions()
    try producer.beginTransaction()
    try produce("a", with: producer)
    mock.fail(Request.endTransaction, [RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH])
    let found = try failure { try producer.commitTransaction() }
    #expect(found.kind == .fatal, "\(found)")
    #expect(try failure { try producer.beginTransaction() }.kind == .fatal)
  }

  @Test func aTransactionOnATopicThatIsNotAllowedCanBeGivenUp() throws {
    let producer = try KafkaProducer(settings, transactionalID: "id")
    try producer.initTransactions()
    try producer.beginTransaction()
    mock.fail(Request.addPartitions, [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED])
    try produce("a", with: producer)
    let found = try failure { try producer.commitTransaction() }
    #expect(found.kind == .setup, "\(found)")
    #expect(found.name == "TOPIC_AUTHORIZATION_FAILED", "\(found)")
    try producer.abortTransaction()
    try producer.beginTransaction()
    try produce("b", with: producer)
    try producer.commitTransaction()
    #expect(try values() == ["b"])
  }

  /// librdkafka says no more of the next message than that the transaction has failed.
  @Test(arguments: [Request.produce, Request.addPartitions])
  func whatFailsATransactionIsToldWithTheNextMessage(_ request: Int16) throws {
    let code = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
    let producer = try KafkaProducer(settings, transactionalID: "id")
    try producer.initTransactions()
    mock.fail(request, [code])
    try producer.beginTransaction()
    let found = try failureWhileProducing(producer)
    #expect(found.isCode(code), "\(found)")
    #expect(found.kind == .setup, "\(found)")
    try producer.abortTransaction()
  }

  @Test(arguments: [RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD])
  func aMessageThatFailsATransactionIsNamedWithTheNext(_ code: rd_kafka_resp_err_t) throws {
    let producer = try KafkaProducer(settings, transactionalID: "id")
    try producer.initTransactions()
    mock.fail(Request.produce, [code])
    try producer.beginTransaction()
    let found = try failureWhileProducing(producer)
    #expect(found.isCode(code), "\(found)")
    #expect(found.isAboutMessage && found.tag == 1, "\(found)")
    try producer.abortTransaction()
  }

  /// Of messages that come slowly, all with the tag 1.
  private func failureWhileProducing(_ producer: KafkaProducer) throws -> KafkaFailure {
    try failure {
      for _ in 0..<900 {
        try produce("x", with: producer, tag: 1)
        usleep(5000)
      }
    }
  }

  @Test func aPartitionThatMayNotBeReadIsNamed() throws {
    mock.fail(
      Request.fetch, Array(repeating: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, count: 5))
    let consumer = try KafkaConsumer(settings, group: "group")
    let partition = TopicPartition(Self.topic, 0)
    try consumer.assign([partition: KafkaOffset.beginning])
    var found: KafkaFailure?
    let patience = ContinuousClock.now + .seconds(30)
    while found == nil, ContinuousClock.now < patience {
      found = consumer.poll(countMax: 10, timeout: .milliseconds(100)).failures[partition]
    }
    #expect(found?.kind == .setup)
    #expect(found?.name == "TOPIC_AUTHORIZATION_FAILED")
  }
}
