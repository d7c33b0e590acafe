// The topics of a group: looked at before each session, and made where they are missing.

import Connections
import KafkaSync

struct TopicSetup {
  let topics: WorkerTopics
  /// Of topics that are made.
  var replication: Int?
  let onEvent: (WorkerEvent) -> Void

  /// Where no broker answers, who asks the worker to stop waits so long.
  static let timeout = Duration.seconds(5)
  private static let weekMilliseconds = "604800000"

  /// - Returns: how many partitions the input has.
  /// - Throws: `WorkerFailure` when the topics do not fit together, or forget what they must keep; a
  ///   transient failure while brokers cannot tell.
  func prepare(_ cluster: KafkaCluster) throws -> Int32 {
    let metadata = try cluster.metadata(timeout: Self.timeout)
    let found = metadata.topics
    for name in [topics.raw, topics.parts, topics.state] {
      if let failure = metadata.failures[name], !failure.saysNotThere { throw failure }
    }
    guard let rawCount = found[topics.raw], rawCount > 0 else {
      throw WorkerFailure(
        .setup, "the cluster has no topic \(topics.raw)",
        remedy:
          "Make it with as many partitions as the group shall ever share: more of them later would move "
          + "stations")
    }
    let count = Int32(rawCount)
    for (name, what) in [(topics.parts, "hours"), (topics.state, "state")] {
      if let other = found[name], other != rawCount {
        throw WorkerFailure(
          .setup,
          "\(name), the \(what) of this group, has \(other) partitions, and \(topics.raw) has \(count): both must "
            + "have as many, and neither may get more",
          remedy:
            "Begin anew with another --group, from an input that was not changed after records were written"
        )
      }
    }
    for name in [topics.parts, topics.state] where found[name] != nil {
      try refuseForgetful(name, cluster)
    }
    var made: Set<String> = []
    for (name, partitionCount, settings) in wanted(count) where found[name] == nil {
      let isNew = try cluster.createTopic(
        name, partitions: Int(partitionCount), replication: replication, settings: settings)
      made.insert(name)
      if isNew { onEvent(.createdTopic(name: name, partitionCount: partitionCount)) }
    }
    try wait(for: made, cluster)
    return count
  }

  /// Until the brokers know of them, nothing can be produced to them, and none of their partitions is
  /// given to a member.
  private func wait(for made: Set<String>, _ cluster: KafkaCluster) throws {
    guard !made.isEmpty else { return }
    let start = ContinuousClock.now
    while case let missing = try made.subtracting(
      cluster.metadata(timeout: Self.timeout).topics.keys), let name = missing.min()
    {
      guard ContinuousClock.now - start < Self.timeout else {
        throw KafkaFailure.passing("topic \(name) was made and is not there yet")
      }
      _ = Backoff.sleep(seconds: 0.05)
    }
  }

  /// What a topic deletes by age would be missing from the hours.
  private func refuseForgetful(_ name: String, _ cluster: KafkaCluster) throws {
    let settings: [String: String]
    do throws(KafkaFailure) {
      settings = try cluster.settings(ofTopic: name, timeout: Self.timeout)
    } catch {
      guard error.kind == .setup else { throw error }
      return onEvent(.settingsUnknown(topic: name, reason: "\(error)"))
    }
    guard let policy = settings["cleanup.policy"] else {
      return onEvent(.settingsUnknown(topic: name, reason: "they leave cleanup.policy out"))
    }
    guard !KafkaReport.keepsNewest(settings) else { return }
    let age = settings["retention.ms"].map { ", retention.ms=\($0)" } ?? ""
    throw WorkerFailure(
      .setup,
      "\(name) has cleanup.policy=\(policy)\(age): the group's rows would go by age, and their hours with them",
      remedy:
        "Set cleanup.policy=compact (kafka-configs). If rows may have gone already, begin anew with "
        + "another --group")
  }

  private func wanted(_ count: Int32) -> [(String, Int32, [String: String])] {
    let compacted = [
      "cleanup.policy": "compact",
      // A member that has to read a topic from its beginning has so long before a row that it has not
      // reached may go in favour of one that was not there yet.
      "min.compaction.lag.ms": "3600000",
    ]
    return [
      (topics.parts, count, compacted), (topics.state, count, compacted),
      (topics.stationHours, count, ["retention.ms": Self.weekMilliseconds]),
      // All hours together are few.
      (topics.hours, 1, ["retention.ms": Self.weekMilliseconds]),
      (topics.quarantine, 1, ["retention.ms": "-1"]),
    ]
  }
}
