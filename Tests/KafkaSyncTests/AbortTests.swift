// What a reader of committed records sees behind aborted transactions, through the proxy that corrects
// the tests' broker.

import TestSupport
import Testing

@testable import KafkaSync

@Suite(.serialized, .enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
struct AbortTests {
  /// From every offset on, the same committed records.
  @Test(arguments: [false, true]) func committedRecordsAreReadFromEveryOffset(
    _ isKilled: Bool
  ) throws {
    let broker = try PrivateBroker()
    let proxy = try FaultProxy(broker)
    defer { proxy.stop() }
    let cluster = try TestCluster(proxy.address)
    let topic = try cluster.makeTopic()
    var producer = try KafkaProducer(cluster.settings, transactionalID: "t")
    try producer.initTransactions()
    var expected: [Int64: TestMessage] = [:]
    for round in 0..<6 {
      try producer.beginTransaction()
      try cluster.produce(
        (0..<3).map { TestMessage("\(round)", "\($0)") }, to: topic, with: producer)
      if round % 2 == 0 {
        try producer.commitTransaction()
        continue
      }
      try producer.flush()
      if isKilled {
        producer = try KafkaProducer(cluster.settings, transactionalID: "t")
        try producer.initTransactions()
      } else {
        try producer.abortTransaction()
      }
    }
    for (offset, message) in try cluster.read(topic)[0] ?? [] { expected[offset] = message }
    #expect(expected.count == 9)
    let consumer = try KafkaConsumer(cluster.settings, group: "r")
    let partition = TopicPartition(topic, 0)
    let end = try consumer.watermarks(of: partition).high
    for start in 0..<end {
      try consumer.assign([partition: start])
      var found: [Int64: TestMessage] = [:]
      let patience = ContinuousClock.now + .seconds(10)
      while ContinuousClock.now < patience {
        let batch = consumer.poll(countMax: 100, timeout: .milliseconds(100))
        batch.forEach { found[$0.offset] = TestMessage($0) }
        if batch.ends[partition] != nil { break }
      }
      #expect(found == expected.filter { $0.key >= start }, "from \(start)")
    }
  }
}
