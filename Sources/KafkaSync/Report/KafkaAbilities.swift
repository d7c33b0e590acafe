// What a cluster can do of that which moaa needs, and how the topics are that it uses.

import Connections
import CRdKafka

extension KafkaReport {
  /// Tries each ability; one that a broker refuses does not hide the others.
  mutating func addAbilities(_ settings: KafkaSettings, _ metadata: KafkaCluster.Metadata) {
    let timeout = timeout
    attempt("transactions", "the producer is idempotent too") { () throws(KafkaFailure) in
      try KafkaProducer(settings, transactionalID: Self.ownName).initTransactions(timeout: timeout)
    }
    attempt("groups", "offsets of a group can be asked for") { () throws(KafkaFailure) in
      let topic = metadata.topics.keys.min() ?? Self.ownName
      _ = try KafkaConsumer(settings, group: Self.ownName).committed(
        [TopicPartition(topic, 0)], timeout: timeout)
    }
    attempt("making topics", "allowed") { () throws(KafkaFailure) in
      try KafkaCluster(settings).createTopic(
        Self.ownName, partitions: 1, settings: ["cleanup.policy": "compact"], onlyAsks: true,
        timeout: timeout)
    }
    guard let topic = metadata.topics.keys.min() else {
      add("telling settings", .note, "not tried: there is no topic to ask about")
      return
    }
    attempt("telling settings", "those of topics are told") { () throws(KafkaFailure) in
      _ = try KafkaCluster(settings).settings(ofTopic: topic, timeout: timeout)
    }
  }

  private mutating func attempt(
    _ subject: String, _ success: String, _ body: () throws(KafkaFailure) -> Void
  ) {
    do throws(KafkaFailure) {
      try body()
      add(subject, .ok, success)
    } catch {
      add(subject, .wrong, error.description)
    }
  }

  // MARK: Topics

  /// Topics whose records must not go by age: positions, and what workers know.
  private static func holdsState(_ topic: String) -> Bool {
    topic == PositionTopic.name
      || topic.hasPrefix("moaa_") && (topic.hasSuffix("_state") || topic.hasSuffix("_parts"))
  }

  /// Whether a topic of such settings keeps the newest message of each key for good.
  public static func keepsNewest(_ settings: [String: String]) -> Bool {
    let policy = settings["cleanup.policy"] ?? "delete"
    let isKept = !policy.contains("delete") || settings["retention.ms"] == "-1"
    return isKept && policy.contains("compact")
  }

  private static let shownSettings = [
    "cleanup.policy", "retention.ms", "retention.bytes", "message.timestamp.type",
    "max.message.bytes", "min.insync.replicas",
  ]

  mutating func addTopics(
    _ settings: KafkaSettings, _ metadata: KafkaCluster.Metadata, _ names: [String]
  ) {
    let states = metadata.topics.keys.filter(Self.holdsState)
    for name in names + states.sorted() {
      guard let count = metadata.topics[name] else {
        add("topic \(name)", .ok, "is not there, or this user may not see it")
        continue
      }
      let partitions = count == 1 ? "1 partition" : "\(count) partitions"
      do throws(KafkaFailure) {
        let found = try KafkaCluster(settings).settings(ofTopic: name, timeout: timeout)
        let shown = Self.shownSettings.compactMap { key in found[key].map { "\(key)=\($0)" } }
        let (state, fault) = Self.verdict(on: name, found)
        add("topic \(name)", state, ([partitions] + shown).joined(separator: ", ") + fault)
      } catch {
        add("topic \(name)", .note, "\(partitions); its settings are not told: \(error)")
      }
    }
  }

  /// - Returns: also what to say of it, after the settings.
  static func verdict(
    on topic: String, _ settings: [String: String]
  ) -> (state: Finding.State, words: String) {
    if holdsState(topic) {
      return keepsNewest(settings)
        ? (.ok, "")
        : (.wrong, ": what moaa relies on would be deleted by age: set cleanup.policy=compact")
    }
    if settings["message.timestamp.type"] == "LogAppendTime" {
      return (.note, ": messages carry the time of their arrival, not of the observation")
    }
    return (.ok, "")
  }
}
