// librdkafka, wrapped once: a consumer.

import CRdKafka

/// Reads committed messages, of partitions that it is told or that its group gives it. Commits
/// nothing by itself, and stops where records are missing. Used by one thread.
public final class KafkaConsumer {
  private let handle: KafkaHandle
  private let queue: OpaquePointer
  private var buffer: [UnsafeMutablePointer<rd_kafka_message_t>?] = []
  private var names: [OpaquePointer: String] = [:]
  private var isClosed = false
  /// Partitions that have brought messages, and whose end has not been told since.
  private var unended: Set<TopicPartition> = []

  /// For who reads much: a longer queue, in larger answers.
  public static let bulkDefaults = [
    "queued.max.messages.kbytes": "65536", "queued.min.messages": "200000",
    "fetch.message.max.bytes": "4194304",
  ]

  /// - Parameters:
  ///   - group: for membership, or for where informative offsets go.
  ///   - properties: above those of the settings.
  ///   - defaults: below those of the settings.
  public init(
    _ settings: KafkaSettings, group: String, properties: [String: String] = [:],
    defaults: [String: String] = [:]
  ) throws(KafkaFailure) {
    var own = [
      "group.id": group, "enable.auto.commit": "false", "enable.auto.offset.store": "false",
      "auto.offset.reset": "error", "enable.partition.eof": "true",
      "isolation.level": "read_committed", "partition.assignment.strategy": "range",
    ]
    own.merge(properties) { _, new in new }
    // Some brokers answer with all that they have, whatever they are asked for.
    var defaults = defaults
    defaults["receive.message.max.bytes"] = "1000000000"
    handle = try KafkaHandle(.consumer, settings, own, defaults: defaults)
    rd_kafka_poll_set_consumer(handle.pointer)
    guard let queue = rd_kafka_queue_get_consumer(handle.pointer) else {
      throw .own("librdkafka has no queue for a consumer", remedy: "")
    }
    self.queue = queue
  }

  deinit {
    close()
    rd_kafka_queue_destroy(queue)
  }

  /// Leaves the group, if it is in one. Takes some seconds at most.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    if let error = rd_kafka_consumer_close_queue(handle.pointer, queue) {
      rd_kafka_error_destroy(error)
      return
    }
    // What comes while it leaves wants an answer, else it would not end.
    let start = ContinuousClock.now
    while rd_kafka_consumer_closed(handle.pointer) == 0,
      ContinuousClock.now - start < .seconds(10)
    {
      poll(countMax: 100, timeout: .milliseconds(50)).drop()
      if !takeGroupChanges().isEmpty { rd_kafka_assign(handle.pointer, nil) }
    }
  }

  // MARK: What to read

  /// Reads these partitions from these offsets on, and no others.
  public func assign(_ offsets: [TopicPartition: Int64]) throws(KafkaFailure) {
    let list = PartitionList(offsets)
    unended = []
    try handle.check(rd_kafka_assign(handle.pointer, list.list), while: "assigning partitions")
  }

  /// Reads nothing any more: the answer to `revoked` and `lost`.
  public func unassign() throws(KafkaFailure) {
    unended = []
    try handle.check(rd_kafka_assign(handle.pointer, nil), while: "giving up partitions")
  }

  /// Becomes a member of the group. `takeGroupChanges` says what it is given.
  public func subscribe(_ topics: [String]) throws(KafkaFailure) {
    let list = PartitionList(topics: topics)
    try handle.check(
      rd_kafka_subscribe(handle.pointer, list.list), while: "subscribing to topics")
  }

  /// The changes that polls have brought since this was called last, in their order.
  public func takeGroupChanges() -> [GroupChange] { handle.takeGroupChanges() }

  // MARK: Messages

  /// Waits for messages. Those of a batch that came with a rebalance belong to what was before.
  public func poll(countMax: Int, timeout: Duration) -> MessageBatch {
    if buffer.count < countMax {
      buffer = [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: countMax)
    }
    let batch = MessageBatch(of: handle)
    var isDrained = true
    buffer.withUnsafeMutableBufferPointer { buffer in
      // librdkafka would wait for a full batch until the time is over: wait for one, then take what
      // is there.
      var count = rd_kafka_consume_batch_queue(queue, timeout.milliseconds, buffer.baseAddress, 1)
      guard count > 0 else { return }
      if countMax > 1, let rest = buffer.baseAddress.map({ $0 + 1 }) {
        count += max(0, rd_kafka_consume_batch_queue(queue, 0, rest, countMax - 1))
      }
      isDrained = count < countMax
      batch.take(
        UnsafeBufferPointer(rebasing: buffer[..<count]), name: name(of:),
        failure: { code, words in handle.failure(code, words: words) },
        onError: { failure in clientFailure = clientFailure ?? failure })
    }
    if batch.messageCount > 0 { handle.noteSuccess() }
    for run in batch.runs { unended.insert(run.partition) }
    if isDrained, !unended.isEmpty { noteEnds(batch) }
    for partition in batch.ends.keys { unended.remove(partition) }
    return batch
  }

  /// Tells of ends that librdkafka would tell of up to a second later: only the answer to its next
  /// request says that nothing follows, and after a long one the thread that makes requests sleeps so long
  /// (`rd_kafka_max_block_ms`). What has been taken up to the end that the last answer named is the same end.
  ///
  /// Only of partitions that have brought messages since they were assigned: the position of others may be
  /// that of an assignment before. While a transaction is open the end that is named lies behind what can be
  /// read, and librdkafka tells.
  private func noteEnds(_ batch: MessageBatch) {
    let list = PartitionList(Array(unended))
    guard rd_kafka_position(handle.pointer, list.list) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    for (partition, position) in list.offsets {
      // Behind a message that came with this call or before; markers of transactions are passed too.
      guard let end = knownEnd(of: partition), position >= end else { continue }
      batch.noteEnd(of: partition, at: position)
    }
  }

  private var clientFailure: KafkaFailure?

  /// - Throws: what concerns the client as a whole since this was asked last: a broker that refuses,
  ///   a group that takes no member.
  public func checkClient() throws(KafkaFailure) {
    if let failure = clientFailure {
      clientFailure = nil
      throw failure
    }
    try handle.checkRefusal()
  }

  private func name(of topic: OpaquePointer) -> String {
    if let name = names[topic] { return name }
    let name = String(cString: rd_kafka_topic_name(topic))
    names[topic] = name
    return name
  }

  // MARK: Offsets

  /// The first offset that is kept, and the one after the last.
  ///
  /// Each is asked for by itself. `rd_kafka_query_watermark_offsets` of librdkafka 2.0.2 sends both
  /// requests at once, and one that failed twice: then the first two answers may be of one kind, and the
  /// end is taken for the beginning.
  public func watermarks(
    of partition: TopicPartition, timeout: Duration = .seconds(10)
  ) throws(KafkaFailure) -> (low: Int64, high: Int64) {
    (
      try offset(of: partition, at: KafkaOffset.beginning, timeout),
      try offset(of: partition, at: KafkaOffset.end, timeout)
    )
  }

  /// - Parameter place: `KafkaOffset.beginning` or `.end`, which stand for times in the protocol.
  private func offset(
    of partition: TopicPartition, at place: Int64, _ timeout: Duration
  ) throws(KafkaFailure) -> Int64 {
    let action = "asking for the offsets of \(partition)"
    let list = PartitionList([partition: place])
    try handle.check(
      rd_kafka_offsets_for_times(handle.pointer, list.list, timeout.milliseconds), while: action)
    try check(list, while: action)
    guard let offset = list.offsets[partition] else {
      throw .passing("\(action): the brokers said nothing")
    }
    return offset
  }

  /// The end of a partition as the last answer to a fetch told it; nil when there was none yet.
  public func knownEnd(of partition: TopicPartition) -> Int64? {
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_get_watermark_offsets(
      handle.pointer, partition.topic, partition.partition, &low, &high)
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
  }

  /// The offsets from which on messages have that time or a later one, in milliseconds since 1970
  /// UTC; of partitions that have none such, the end.
  public func offsets(
    of partitions: [TopicPartition], atTime time: Int64, timeout: Duration = .seconds(10)
  ) throws(KafkaFailure) -> [TopicPartition: Int64] {
    let list = PartitionList(
      Dictionary(uniqueKeysWithValues: partitions.map { ($0, time) }))
    try handle.check(
      rd_kafka_offsets_for_times(handle.pointer, list.list, timeout.milliseconds),
      while: "asking for the offsets of a time")
    try check(list, while: "asking for the offsets of a time")
    var offsets = list.offsets
    for partition in partitions where offsets[partition] == nil {
      offsets[partition] = try watermarks(of: partition, timeout: timeout).high
    }
    return offsets
  }

  /// What the group has committed; waits for transactions that are about to.
  public func committed(
    _ partitions: [TopicPartition], timeout: Duration = .seconds(10)
  ) throws(KafkaFailure) -> [TopicPartition: Int64] {
    let list = PartitionList(partitions)
    try handle.check(
      rd_kafka_committed(handle.pointer, list.list, timeout.milliseconds),
      while: "asking for the group's offsets")
    try check(list, while: "asking for the group's offsets")
    return list.offsets
  }

  /// Commits offsets without waiting; what becomes of it is not told.
  public func commitInformatively(_ offsets: [TopicPartition: Int64]) {
    let list = PartitionList(offsets)
    _ = rd_kafka_commit(handle.pointer, list.list, 1)
  }

  private func check(_ list: PartitionList, while action: String) throws(KafkaFailure) {
    if let code = list.firstError { throw handle.failure(code, while: action) }
  }

  // MARK: For transactions

  /// What a producer has to know of the group's state, for `sendOffsets`.
  func withGroupMetadata<R>(
    _ body: (OpaquePointer) throws(KafkaFailure) -> R
  ) throws(KafkaFailure) -> R {
    guard let metadata = rd_kafka_consumer_group_metadata(handle.pointer) else {
      throw .own("the consumer is in no group", remedy: "")
    }
    defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
    return try body(metadata)
  }
}
