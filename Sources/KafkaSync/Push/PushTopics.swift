// The topics that a push needs: made where they are missing, looked at where they are there.

import Connections
import LogStore

struct PushTopics {
  let cluster: KafkaCluster
  let options: PushOptions
  let tell: (PushEvent) -> Void

  /// Kafka's defaults, and what moaa asks for.
  static let settings = [
    "cleanup.policy": "delete", "max.message.bytes": "1048588",
    "retention.ms": "\(Limits.retentionMilliseconds)",
  ]

  /// - Returns: the largest batch that the topic takes, in bytes.
  func prepare(_ topic: String) throws(KafkaFailure) -> Int {
    let known = try cluster.metadata().topics
    try preparePositions(known[PositionTopic.name])
    guard let count = known[topic] else {
      let asked = ["retention.ms": "\(Limits.retentionMilliseconds)"]
      try create(topic, options.partitions ?? 1, asked)
      return Self.bytesMax(try found(topic) ?? [:])
    }
    if let wanted = options.partitions, wanted != count {
      tell(
        .differs(
          topic: topic, setting: "partitions", found: "\(count)", expected: "\(wanted)"))
    }
    let found = try found(topic) ?? [:]
    report(topic, found, Self.settings)
    return Self.bytesMax(found)
  }

  private func preparePositions(_ partitions: Int?) throws(KafkaFailure) {
    guard let partitions else {
      return try create(PositionTopic.name, 1, PositionTopic.settings)
    }
    guard partitions == 1 else {
      throw .own(
        "topic \(PositionTopic.name) has \(partitions) partitions, where it must have 1",
        remedy: "Somebody else has made it: remove it, if it is of no use, and moaa makes its own.")
    }
    // A topic that forgets positions is told each time: the copy in the store notices the loss.
    if let found = try found(PositionTopic.name) {
      report(
        PositionTopic.name, found, ["cleanup.policy": PositionTopic.settings["cleanup.policy"]!])
    }
  }

  private func create(
    _ topic: String, _ partitions: Int, _ settings: [String: String]
  ) throws(KafkaFailure) {
    let isNew = try cluster.createTopic(
      topic, partitions: partitions, replication: options.replication, settings: settings)
    if isNew { tell(.created(topic: topic, partitions: partitions, settings: settings)) }
    // Until all brokers know it, producing to it would be refused.
    let start = ContinuousClock.now
    while try cluster.metadata().topics[topic] == nil {
      guard ContinuousClock.now - start < .seconds(10) else {
        throw .passing("topic \(topic) was made and is not there yet")
      }
      _ = Pause.seconds(0.05)
    }
  }

  /// nil where the brokers do not tell, which is told.
  private func found(_ topic: String) throws(KafkaFailure) -> [String: String]? {
    do throws(KafkaFailure) {
      return try cluster.settings(ofTopic: topic)
    } catch {
      guard error.kind == .setup else { throw error }
      tell(.settingsUnknown(topic: topic, error))
      return nil
    }
  }

  private func report(_ topic: String, _ found: [String: String], _ expected: [String: String]) {
    for (setting, value) in expected.sorted(by: { $0.key < $1.key }) {
      if let other = found[setting], other != value {
        tell(.differs(topic: topic, setting: setting, found: other, expected: value))
      }
    }
  }

  private static func bytesMax(_ settings: [String: String]) -> Int {
    // What librdkafka takes as message.max.bytes.
    min(max(Int(settings["max.message.bytes"] ?? "") ?? 1_000_000, 1000), 1_000_000_000)
  }
}
