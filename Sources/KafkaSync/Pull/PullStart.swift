// Where a pull goes on, once Kafka and the store have been compared.

import LogStore

/// A partition that is being pulled.
struct PulledPartition {
  var position: PullPosition
  /// As the store has it; nil: it has none yet.
  var stored: Int64?
  /// The record with which reading begins again, to prove that the topic is the one of before.
  var proof: LastRecord?
  /// Where a pull that does not follow ends.
  var target: Int64
  /// Whether it was read to its end since the session began.
  var hasReachedEnd = false
  /// A gap that was accepted and is not recorded yet.
  var gap: KafkaGap?

  /// Not before the topic has proved to be the one of before, also when nothing was added.
  var isDone: Bool { proof == nil && (hasReachedEnd || position.nextOffset >= target) }
  /// Where the consumer begins.
  var readFrom: Int64 { proof?.offset ?? position.nextOffset }
}

/// Compares what the store knows with what the brokers have.
struct PullStart {
  let store: LogStore
  let options: PullOptions
  let cluster: KafkaCluster
  let consumer: KafkaConsumer
  /// Whether this is the beginning, and not a session after a failure: then `options.start` counts.
  let isFirst: Bool

  static let timeout = Duration.seconds(5)

  /// - Throws: `PullRefused`, `KafkaFailure`, `StoreError`.
  func partitions() throws -> [TopicPartition: PulledPartition] {
    let metadata = try cluster.metadata(timeout: Self.timeout)
    let now = store.options.clock.nowMilliseconds()
    var all: [TopicPartition: PulledPartition] = [:]
    for topic in options.topics {
      let stored = try storedPositions(topic)
      if let failure = metadata.failures[topic] { throw failure }
      guard let count = metadata.topics[topic], count > 0 else {
        throw KafkaFailure.own(
          "the brokers have no topic \(topic)", remedy: "Check the name, or create it.")
      }
      try compareClusters(stored, metadata.clusterID, topic)
      if let beyond = stored.keys.first(where: { Int($0.partition) >= count }) {
        throw otherHistory(
          "\(beyond) was pulled before, and topic \(topic) has only \(count) partitions")
      }
      let fresh = (0..<Int32(count)).map { TopicPartition(topic, $0) }.filter {
        stored[$0] == nil
      }
      let starts = try freshStarts(fresh, isNewTopic: stored.isEmpty)
      for number in 0..<Int32(count) {
        let partition = TopicPartition(topic, number)
        let (low, high) = try consumer.watermarks(of: partition, timeout: Self.timeout)
        var pulled: PulledPartition
        if let position = stored[partition] {
          pulled = try resumed(position, low: low, high: high)
        } else {
          let start = min(max(starts[partition] ?? low, low), high)
          pulled = PulledPartition(
            position: PullPosition(partition, nextOffset: start), target: high)
          pulled.position.caughtUpTime = now
          // Added since the topic was pulled first, and so wanted whole.
          if !stored.isEmpty, low > 0 { pulled.gap = try gap(partition, 0..<low) }
        }
        pulled.position.clusterID = metadata.clusterID ?? pulled.position.clusterID
        pulled.position.end = max(high, pulled.position.nextOffset)
        all[partition] = pulled
      }
    }
    return all
  }

  private func storedPositions(_ topic: String) throws -> [TopicPartition: PullPosition] {
    let (positions, isOwn) = try store.read { view in
      (
        try PullPosition.all(of: topic, view),
        try view.checkpoints().contains { $0.topic == topic && $0.group.hasPrefix("kafka.") }
      )
    }
    if isOwn {
      throw PullRefused(
        .ownTopic, "this store sends \(topic) to Kafka itself: pulled, its records would double",
        remedy: "Pull it into another store")
    }
    if isFirst {
      switch options.start {
      case nil: break
      case .stored:
        if positions.isEmpty {
          throw PullRefused(
            .start, "--from stored: no position of \(topic) is stored",
            remedy: "Leave --from out to begin at the beginning")
        }
      case .beginning, .time:
        if let first = positions.first {
          throw PullRefused(
            .start,
            "--from: \(topic) has been pulled before, \(first.partition) up to offset "
              + "\(first.nextOffset); from elsewhere, records would come twice or not at all",
            remedy: "Leave --from out to go on there, or pull into another store")
        }
      }
    }
    return Dictionary(uniqueKeysWithValues: positions.map { ($0.partition, $0) })
  }

  private func freshStarts(
    _ partitions: [TopicPartition], isNewTopic: Bool
  ) throws -> [TopicPartition: Int64] {
    // Partitions that were added to a topic later are wanted whole.
    guard isNewTopic, case .time(let time) = options.start else { return [:] }
    return try consumer.offsets(of: partitions, atTime: time, timeout: Self.timeout)
  }

  private func compareClusters(
    _ stored: [TopicPartition: PullPosition], _ found: String?, _ topic: String
  ) throws {
    guard let found else { return }
    for position in stored.values {
      guard let known = position.clusterID, known != found else { continue }
      throw otherHistory(
        "\(topic) was pulled from the cluster \(known), and these brokers are of the cluster \(found)"
      )
    }
  }

  private func resumed(
    _ position: PullPosition, low: Int64, high: Int64
  ) throws -> PulledPartition {
    let partition = position.partition
    guard position.nextOffset <= high else {
      throw otherHistory(
        "\(partition) was pulled up to offset \(position.nextOffset), and it ends at \(high)")
    }
    var pulled = PulledPartition(
      position: position, stored: position.nextOffset, target: high)
    if position.nextOffset < low {
      pulled.gap = try gap(partition, position.nextOffset..<low)
      pulled.position.nextOffset = low
    } else if let last = position.last, last.offset >= low {
      pulled.proof = last
    }
    return pulled
  }

  /// Records that have expired before they were pulled.
  /// - Throws: `PullRefused` unless that is accepted.
  private func gap(_ partition: TopicPartition, _ offsets: Range<Int64>) throws -> KafkaGap {
    let gap = KafkaGap(partition: partition, offsets: offsets)
    guard options.acceptsGaps else {
      throw PullRefused(
        .gap, "records have expired before they were pulled: \(gap)",
        remedy: "--accept-gap records the gap and goes on behind it")
    }
    return gap
  }

  private func otherHistory(_ words: String) -> PullRefused { .otherHistory(words) }
}

extension PullRefused {
  static func otherHistory(_ words: String) -> PullRefused {
    PullRefused(
      .otherHistory, "\(words): it is not the same topic as before",
      remedy: "Pull it into a new store, or give --brokers of the cluster of before")
  }
}
