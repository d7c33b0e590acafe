// One consumer's reading, from the comparison at its start to the failure that ends it.

import LogStore

/// Reads partitions, and collects what has come until it is taken.
final class PullSession {
  private let cluster: KafkaCluster
  private let consumer: KafkaConsumer
  private let tell: (PullEvent) -> Void
  private(set) var partitions: [TopicPartition: PulledPartition]
  /// What has come and is not committed: pieces of a partition, in the order of their offsets.
  private(set) var pending: [TopicPartition: [Piece]] = [:]
  private(set) var pendingCount = 0
  private(set) var pendingBytes = 0
  private var pendingSince = ContinuousClock.now
  private var lastSign = ContinuousClock.now
  private let partitionPeriod: Duration?
  private var lastCount = ContinuousClock.now

  /// A run of messages, the first of which may be passed over.
  struct Piece {
    let batch: MessageBatch
    let run: MessageBatch.Run
    let firstOffset: Int64
  }

  private static let messagesPerPoll = 16_384
  private static let pollTime = Duration.milliseconds(100)
  /// After so long a silence the brokers are asked whether they are there, and the topic too.
  static let silence = Duration.seconds(5)

  init(
    _ settings: KafkaSettings, store: LogStore, options: PullOptions, isFirst: Bool,
    tell: @escaping (PullEvent) -> Void
  ) throws {
    self.tell = tell
    partitionPeriod = options.follows ? options.partitionPeriod : nil
    cluster = try KafkaCluster(settings)
    consumer = try KafkaConsumer(
      settings, group: "moaa.\(store.id)",
      // Messages are copied once, from these buffers into a batch.
      defaults: KafkaConsumer.bulkDefaults)
    partitions = try PullStart(
      store: store, options: options, cluster: cluster, consumer: consumer, isFirst: isFirst
    ).partitions()
    try consumer.assign(partitions.mapValues(\.readFrom))
    for partition in partitions.values { if let gap = partition.gap { tell(.gap(gap)) } }
  }

  /// Forgets what is pending.
  func close() {
    pending = [:]
    pendingCount = 0
    pendingBytes = 0
    consumer.close()
  }

  /// How long the oldest of what is pending has been.
  var pendingAge: Duration { pendingCount > 0 ? ContinuousClock.now - pendingSince : .zero }
  var isDone: Bool { partitions.values.allSatisfy(\.isDone) }
  var isAtEnd: Bool { partitions.values.allSatisfy(\.hasReachedEnd) }
  /// Whether a position differs from the stored one.
  var hasMoved: Bool {
    partitions.values.contains {
      $0.stored != $0.position.nextOffset || $0.gap != nil
    }
  }

  // MARK: Reading

  enum Sign { case records, ends, nothing }

  /// Waits for messages for a short while, and takes so many at most.
  /// - Throws: `KafkaFailure`, `PullRefused`.
  func poll(countMax: Int) throws -> Sign {
    let batch = consumer.poll(
      countMax: max(1, min(countMax, Self.messagesPerPoll)), timeout: Self.pollTime)
    for run in batch.runs { try take(run, of: batch) }
    // Behind the messages: an end that came before some of them is one that has moved since.
    for (partition, offset) in batch.ends { try noteEnd(partition, offset) }
    if let (_, failure) = batch.failures.min(by: { $0.key < $1.key }) { throw failure }
    if let partitionPeriod, ContinuousClock.now - lastCount >= partitionPeriod {
      try count()
      lastCount = .now
    }
    if !batch.isEmpty {
      lastSign = .now
      return batch.messageCount > 0 ? .records : .ends
    }
    try consumer.checkClient()
    if ContinuousClock.now - lastSign >= Self.silence {
      try look()
      lastSign = .now
    }
    return .nothing
  }

  private func take(_ run: MessageBatch.Run, of batch: MessageBatch) throws {
    guard var state = partitions[run.partition] else { return }
    if state.proof != nil {
      try prove(&state, by: batch.withFirst(of: run) { LastRecord($0) })
    }
    // Offsets rise; the first messages may have been taken before.
    var count = run.count
    if batch.withFirst(of: run, \.offset) < state.position.nextOffset {
      count = 0
      batch.forEach(in: run) { if $0.offset >= state.position.nextOffset { count += 1 } }
    }
    if count > 0 {
      pending[run.partition, default: []].append(
        Piece(batch: batch, run: run, firstOffset: state.position.nextOffset))
      if pendingCount == 0 { pendingSince = .now }
      pendingCount += count
      pendingBytes += run.byteCount
      state.position.nextOffset = batch.withLast(of: run, \.offset) + 1
      state.hasReachedEnd = false
    }
    partitions[run.partition] = state
  }

  private func noteEnd(_ partition: TopicPartition, _ offset: Int64) throws {
    guard var state = partitions[partition] else { return }
    if state.proof != nil { try prove(&state, by: nil) }
    // Markers of transactions, and what was aborted, lie behind the last record.
    state.position.nextOffset = max(state.position.nextOffset, offset)
    state.position.end = max(state.position.end, state.position.nextOffset)
    state.hasReachedEnd = true
    partitions[partition] = state
  }

  /// The first record that was read again must be the last one that was pulled.
  private func prove(_ state: inout PulledPartition, by found: LastRecord?) throws {
    guard let proof = state.proof else { return }
    let partition = state.position.partition
    state.proof = nil
    guard found != proof else { return }
    if let found, found.offset == proof.offset {
      throw PullRefused.otherHistory(
        "\(partition) has another record at offset \(proof.offset) than the one that was pulled")
    }
    let policy = try cluster.settings(ofTopic: partition.topic)["cleanup.policy"] ?? ""
    guard policy.contains("compact") else {
      throw PullRefused.otherHistory(
        "\(partition) has no record at offset \(proof.offset), which was pulled")
    }
    tell(.unproved(partition))
  }

  /// Asks for the offsets of all partitions: whoever is not there fails, and a topic that was made
  /// anew ends before the position.
  private func look() throws {
    for (partition, state) in partitions {
      let (low, high) = try consumer.watermarks(of: partition, timeout: PullStart.timeout)
      guard low <= state.position.nextOffset, high >= state.position.nextOffset else {
        throw KafkaFailure.passing(
          "\(partition) holds offsets \(low) to \(high) now, and \(state.position.nextOffset) is "
            + "wanted")
      }
      partitions[partition]?.position.end = high
    }
  }

  /// Asks how many partitions the topics have: librdkafka does not tell a consumer of others than it was
  /// given. The next session takes those that were added.
  private func count() throws {
    let found = try cluster.metadata(timeout: PullStart.timeout).topics
    for (topic, known) in Dictionary(grouping: partitions.keys, by: \.topic) {
      guard let count = found[topic], count != known.count else { continue }
      throw KafkaFailure.passing(
        "topic \(topic) has \(count) partitions now, and \(known.count) are being read")
    }
  }

  // MARK: Taking

  /// What has come since the last call, by partition, and the positions behind it.
  func take(at time: Int64) -> (pieces: [(TopicPartition, [Piece])], moved: [PulledPartition]) {
    for (partition, state) in partitions {
      let end = max(consumer.knownEnd(of: partition) ?? 0, state.position.nextOffset)
      partitions[partition]?.position.end = max(end, state.position.end)
      if state.hasReachedEnd {
        partitions[partition]?.position.end = state.position.nextOffset
        partitions[partition]?.position.caughtUpTime = time
      }
      if let last = pending[partition]?.last {
        partitions[partition]?.position.last = last.batch.withLast(of: last.run) { LastRecord($0) }
      }
    }
    let pieces = pending.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    pending = [:]
    pendingCount = 0
    pendingBytes = 0
    return (
      pieces,
      partitions.sorted { $0.key < $1.key }.map(\.value).filter {
        $0.stored != $0.position.nextOffset || $0.gap != nil
      }
    )
  }

  /// Positions are in the store now.
  func noteCommitted(_ moved: [PulledPartition]) {
    for state in moved {
      partitions[state.position.partition]?.stored = state.position.nextOffset
      partitions[state.position.partition]?.gap = nil
    }
    consumer.commitInformatively(
      Dictionary(
        uniqueKeysWithValues: moved.map { ($0.position.partition, $0.position.nextOffset) }))
  }
}
