// The topics of a group: looked at before each session, and made where they are missing.

import KafkaSync

struct TopicSetup {
  let topics: WorkerTopics
  let onEvent: (WorkerEvent) -> Void

  /// Where no broker answers, who asks the worker to stop waits so long.
  static let timeout = Duration.seconds(5)
  private static let weekMilliseconds = "604800000"

  /// - Returns: how many partitions the input has.
  /// - Throws: `WorkerFailure` when the topics do not fit together.
  func prepare(_ cluster: KafkaCluster) throws -> Int32 {
    let found = try cluster.metadata(timeout: Self.timeout).topics
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
    for (name, partitionCount, settings) in wanted(count) where found[name] == nil {
      try cluster.createTopic(name, partitions: Int(partitionCount), settings: settings)
      onEvent(.createdTopic(name: name, partitionCount: partitionCount))
    }
    return count
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
