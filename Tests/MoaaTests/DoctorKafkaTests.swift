// `moaa doctor kafka` as its users run it, beside a real broker and where there is none.

import Foundation
import KafkaSync
import TestSupport
import Testing

@Suite struct DoctorKafkaTests {
  private let folder = TemporaryFolder()

  /// What the program says of one subject: state and detail, in order.
  private struct Findings {
    let outcome: Outcome
    private let rows: [[Substring]]

    init(_ words: [String], environment: [String: String] = [:]) throws {
      let own = ["MOAA_KAFKA": "", "MOAA_KAFKA_PASSWORD": "", "MOAA_KAFKA_KEY_PASSWORD": ""]
      outcome = try MoaaProcess(
        ["doctor", "kafka", "--format", "csv"] + words,
        environment: own.merging(environment) { $1 }
      ).finish()
      rows = outcome.lines.map { $0.split(separator: ",", maxSplits: 2) }
    }

    func states(_ subject: String) -> [Substring] {
      rows.filter { $0[0] == subject }.map { $0[1] }
    }

    func detail(_ subject: String) -> String {
      rows.filter { $0[0] == subject }.map { String($0[2]) }.joined(separator: "\n")
    }
  }

  private func write(_ text: String) throws -> String {
    let path = folder / "kafka.properties"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  // MARK: With a broker

  @Test(.enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
  func aBrokerThatCanDoAllIsFoundFitAndLeftAsItWas() throws {
    let broker = try PrivateBroker()
    let cluster = try KafkaCluster(KafkaSettings(brokers: broker.address))
    try cluster.createTopic(
      "raw_probes_results", partitions: 3, replication: 1, settings: ["retention.ms": "604800000"])
    try cluster.createTopic(
      "moaa_sync", partitions: 1, replication: 1, settings: ["cleanup.policy": "compact"])
    let topics = try cluster.metadata().topics
    // Twice: what is tried must not be in its own way.
    for _ in 0..<2 {
      let found = try Findings([], environment: ["MOAA_KAFKA": broker.address])
      #expect(found.outcome.status == 0, "\(found.outcome.output)\(found.outcome.errors)")
      for subject in [
        "broker", "cluster", "controller", "transactions", "groups", "making topics",
        "telling settings", "topic moaa_sync", "topic raw_probes_results",
      ] {
        #expect(found.states(subject) == ["ok"], "\(subject)")
      }
      #expect(found.detail("broker").contains(broker.address))
      #expect(found.detail("topic raw_probes_results").contains("3 partitions"))
      #expect(found.detail("topic raw_probes_results").contains("retention.ms=604800000"))
      #expect(found.detail("topic moaa_sync").contains("cleanup.policy=compact"))
      #expect(found.detail("topic agg_probes_results").contains("is not there"))
    }
    #expect(try cluster.metadata().topics == topics)
  }

  @Test(.enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
  func positionsThatExpireAreWrong() throws {
    let broker = try PrivateBroker()
    try KafkaCluster(KafkaSettings(brokers: broker.address)).createTopic(
      "moaa_sync", partitions: 1, replication: 1, settings: ["cleanup.policy": "delete"])
    let found = try Findings(["--brokers", broker.address])
    #expect(found.outcome.status == 3)
    #expect(found.states("topic moaa_sync") == ["wrong"])
    #expect(found.detail("topic moaa_sync").contains("set cleanup.policy=compact"))
  }

  @Test(.enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
  func aBrokerThatIsAwayIsNamedBesideOneThatAnswers() throws {
    let broker = try PrivateBroker()
    let closed = "127.0.0.1:\(try Loopback.freePort())"
    let found = try Findings(["--brokers", "\(closed),\(broker.address)"])
    #expect(found.outcome.status == 3)
    #expect(found.states("broker") == ["wrong", "ok"])
    #expect(found.detail("broker").contains("\(closed): does not answer"))
    #expect(found.states("transactions") == ["ok"])
  }

  @Test(.enabled(if: PrivateBroker.isAtHand, "noida-db is not installed"))
  func aBrokerWithoutTLSIsToldFromOneThatIsAway() throws {
    let broker = try PrivateBroker()
    let file = try write("security.protocol = SSL\n")
    let found = try Findings(["--brokers", broker.address, "--kafka-config", file])
    #expect(found.outcome.status == 3)
    #expect(found.detail("broker").contains("is there, and refuses"))
    #expect(found.detail("broker").contains("security.protocol"))
  }

  // MARK: Without

  @Test func aClosedPortIsWrongAndEndsTheQuestions() throws {
    let closed = "127.0.0.1:\(try Loopback.freePort())"
    let found = try Findings(["--brokers", closed])
    #expect(found.outcome.status == 3)
    #expect(found.states("librdkafka") == ["ok"])
    #expect(found.states("broker") == ["wrong"])
    #expect(found.detail("broker").contains("\(closed): does not answer"))
    #expect(found.detail("broker").contains("Connection refused"))
    #expect(found.states("cluster") == [])
  }

  @Test func aPasswordInTheClearIsWrong() throws {
    let file = try write(
      "security.protocol=SASL_PLAINTEXT\nsasl.mechanisms=PLAIN\nsasl.username=u\n")
    let found = try Findings(
      ["--brokers", "nowhere.invalid:9092", "--kafka-config", file],
      environment: ["MOAA_KAFKA_PASSWORD": "hunter2"])
    #expect(found.outcome.status == 3)
    #expect(found.states("TLS") == ["wrong"])
    #expect(found.detail("login").contains("PLAIN"))
    #expect(!"\(found.outcome.output)\(found.outcome.errors)".contains("hunter2"))
  }

  @Test func whatCannotBeUnderstoodIsNamed() throws {
    let none = try Findings([]).outcome
    #expect(none.status == 2 && none.errors.contains("--brokers"))
    let list = try Findings(["--brokers", "a:1,,b:2"]).outcome
    #expect(list.status == 2 && list.errors.contains("'a:1,,b:2' is no list of brokers"))
    let file = try write("# comment\nno.such.property=1\n")
    let outcome = try Findings(["--brokers", "a:1", "--kafka-config", file]).outcome
    #expect(outcome.status == 2 && outcome.errors.contains("\(file), line 2: "))
  }
}
