// One atomic step of the store: appends, checkpoints, state and source positions commit together.
//
// Invariant, checked where it is set: start offset ≤ a group's next offset ≤ high watermark.

/// Changes that become durable together, or not at all. Valid inside the closure that received it.
/// What it is asked answers with its own changes included.
public final class WriteTransaction: ReadTransaction {
  /// The clock, read once, when the transaction began: milliseconds since 1970 UTC.
  public let time: Int64
  private var appended: [Int64: AppendState] = [:]
  private var groups: [String: Int64] = [:]

  init(_ connection: SQLiteConnection, time: Int64) {
    self.time = time
    super.init(connection)
  }

  /// Where appends to a topic have come to; its rows are written by `flush`, once for many appends.
  private struct AppendState {
    var topic: Topic
    var active: Segment?
    var isWritten = false
  }

  // MARK: Topics

  /// The topic, made if there is none. An existing topic keeps its retention.
  @discardableResult
  public func createTopic(_ name: String, retention: Retention = Retention()) throws -> Topic {
    if let topic = try findTopic(name) { return topic }
    let allowed = name.utf8.allSatisfy {
      ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122)
        || $0 == 45 || $0 == 46 || $0 == 95
    }
    guard allowed, !name.isEmpty, name.utf8.count <= 249, name != ".", name != ".." else {
      throw StoreError(
        .invalid, "\(name) cannot name a topic",
        remedy: "Kafka's rule holds: 1 to 249 letters, digits, '.', '_' or '-'")
    }
    let statement = try connection.statement(
      "INSERT INTO topic (name, retention_ms, retention_bytes) VALUES (?, ?, ?)")
    statement.bind(name, at: 1)
    if let milliseconds = retention.milliseconds { statement.bind(milliseconds, at: 2) }
    if let bytes = retention.bytes { statement.bind(bytes, at: 3) }
    try statement.run()
    return try topic(name)
  }

  /// Changes how long a topic keeps its records; the next `retain` goes by it.
  public func setRetention(_ retention: Retention, of topic: Topic) throws {
    let statement = try connection.statement(
      "UPDATE topic SET retention_ms = ?, retention_bytes = ? WHERE topic_id = ?")
    if let milliseconds = retention.milliseconds { statement.bind(milliseconds, at: 1) }
    if let bytes = retention.bytes { statement.bind(bytes, at: 2) }
    try statement.bind(topic.id, at: 3).run()
  }

  // MARK: Appending

  /// Appends a batch.
  /// - Returns: the offset of its first record.
  /// - Throws: `unknown` when there is no such topic; `invalid` for a batch of more than
  ///   `Limits.batchBytesMax` bytes before compression; `full`.
  @discardableResult
  public func append(_ batch: EncodedBatch, to name: String) throws -> Offset {
    guard batch.rawByteCount <= Limits.batchBytesMax else {
      throw StoreError(
        .invalid,
        "a batch of \(batch.rawByteCount) bytes is over the limit of \(Limits.batchBytesMax)",
        remedy: "Take batches from the builder when it is full")
    }
    let state = try appendState(name)
    var (topic, active) = (state.topic, state.active)
    // A clock that steps back must not make a later batch look older than an earlier one.
    let appendTime = max(time, active?.newestAppendTime ?? time)
    if var segment = active,
      segment.byteCount + Int64(batch.payload.count) > Limits.segmentBytesMax
        || appendTime - segment.oldestAppendTime >= Limits.segmentMilliseconds
    {
      segment.isSealed = true
      try save(segment, of: topic)
      active = nil
    }
    let row = BatchRow(
      baseOffset: topic.nextOffset.rawValue, recordCount: Int64(batch.recordCount),
      appendTime: appendTime, eventTimes: batch.eventTimes,
      rawByteCount: Int64(batch.rawByteCount))
    let previous = active?.contentHash ?? []
    let (checksum, hash) = batch.payload.withUnsafeBytes {
      (row.checksum($0), row.chain(after: previous, $0))
    }
    let statement = try connection.statement(
      "INSERT INTO batch (topic_id, \(BatchRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    try statement.bind(topic.id, at: 1).bind(row.baseOffset, at: 2).bind(row.recordCount, at: 3)
      .bind(row.appendTime, at: 4).bind(row.earliestEventTime, at: 5)
      .bind(row.latestEventTime, at: 6).bind(row.rawByteCount, at: 7).bind(checksum, at: 8)
      .bind(batch.payload, at: 9).run()
    let base = topic.nextOffset
    topic.nextOffset = base + batch.recordCount
    var segment =
      active
      ?? Segment(
        baseOffset: base, nextOffset: base, batchCount: 0, byteCount: 0,
        oldestAppendTime: appendTime, newestAppendTime: appendTime, isSealed: false,
        contentHash: [])
    segment.nextOffset = topic.nextOffset
    segment.batchCount += 1
    segment.byteCount += Int64(batch.payload.count)
    segment.newestAppendTime = appendTime
    segment.contentHash = hash
    appended[topic.id] = AppendState(topic: topic, active: segment)
    return base
  }

  private func appendState(_ name: String) throws -> AppendState {
    if let known = appended.values.first(where: { $0.topic.name == name }) { return known }
    let topic = try topic(name)
    return AppendState(topic: topic, active: try segments(of: topic).last { !$0.isSealed })
  }

  private func save(_ segment: Segment, of topic: Topic) throws {
    let statement = try connection.statement(
      """
      INSERT OR REPLACE INTO segment (topic_id, base_offset, next_offset, batch_count, byte_count,
        oldest_append_time, newest_append_time, sealed, content_hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    try statement.bind(topic.id, at: 1).bind(segment.baseOffset.rawValue, at: 2)
      .bind(segment.nextOffset.rawValue, at: 3).bind(segment.batchCount, at: 4)
      .bind(segment.byteCount, at: 5).bind(segment.oldestAppendTime, at: 6)
      .bind(segment.newestAppendTime, at: 7).bind(segment.isSealed ? 1 : 0, at: 8)
      .bind(segment.contentHash, at: 9).run()
  }

  /// Writes what the appends changed in the topic and segment rows; part of the commit.
  func flush() throws {
    for id in appended.keys.sorted() {
      guard let state = appended[id], !state.isWritten else { continue }
      if let active = state.active { try save(active, of: state.topic) }
      try connection.statement("UPDATE topic SET next_offset = ? WHERE topic_id = ?")
        .bind(state.topic.nextOffset.rawValue, at: 1).bind(id, at: 2).run()
      appended[id]?.isWritten = true
    }
  }

  // MARK: Reading what was changed

  public override func topics() throws -> [Topic] {
    try flush()
    return try super.topics()
  }

  public override func findTopic(_ name: String) throws -> Topic? {
    try flush()
    return try super.findTopic(name)
  }

  public override func segments(of topic: Topic) throws -> [Segment] {
    try flush()
    return try super.segments(of: topic)
  }

  public override func offset(of topic: Topic, appendedSince time: Int64) throws -> Offset {
    try flush()
    return try super.offset(of: topic, appendedSince: time)
  }

  // MARK: Consumer groups

  /// Saves a checkpoint that continues the one that was read.
  /// - Parameter checkpoint: `epoch` as it was read (0 for a new one).
  /// - Returns: the checkpoint as saved.
  /// - Throws: `StoreError.fenced` when another consumer of the group has saved since.
  @discardableResult
  public func save(_ checkpoint: Checkpoint) throws -> Checkpoint {
    let topic = try topic(checkpoint.topic)
    let stored = try self.checkpoint(group: checkpoint.group, topic: checkpoint.topic)
    guard (stored?.epoch ?? 0) == checkpoint.epoch else {
      throw StoreError(
        .fenced, "another process has moved consumer group \(checkpoint.group) on",
        remedy: "Run the command again: it continues from the newer checkpoint")
    }
    guard checkpoint.nextOffset >= topic.startOffset, checkpoint.nextOffset <= topic.nextOffset
    else {
      throw StoreError(
        .offsetOutOfRange,
        "group \(checkpoint.group) cannot stand at offset \(checkpoint.nextOffset) of "
          + "\(topic.name), which holds \(topic.startOffset) to \(topic.nextOffset)",
        remedy: "Choose an offset within, or start the group anew")
    }
    var next = checkpoint
    next.epoch += 1
    try connection.statement(
      """
      INSERT INTO checkpoint (group_id, topic_id, next_offset, epoch, fingerprint, job_state)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset,
        epoch = excluded.epoch, fingerprint = excluded.fingerprint, job_state = excluded.job_state
      """
    ).bind(try createGroup(checkpoint.group), at: 1).bind(topic.id, at: 2)
      .bind(next.nextOffset.rawValue, at: 3).bind(next.epoch, at: 4).bind(next.fingerprint, at: 5)
      .bind(next.jobState, at: 6).run()
    return next
  }

  /// Forgets a group: its checkpoints and its state. Retention waits for it no longer.
  /// - Throws: `unknown` when there is no such group.
  public func removeGroup(_ name: String) throws {
    guard let id = try groupID(name) else {
      throw StoreError(
        .unknown, "there is no consumer group \(name)", remedy: "Look at which groups there are")
    }
    for table in ["checkpoint", "state", "consumer_group"] {
      try connection.statement("DELETE FROM \(table) WHERE group_id = ?").bind(id, at: 1).run()
    }
    groups[name] = nil
  }

  // MARK: Keyed state

  /// Sets one block of a group's state.
  /// - Parameter pending: whether `pendingState` should list the block.
  public func setState(
    group: String, key: [UInt8], block: Int64, pending: Bool = false, value: [UInt8]
  ) throws {
    let checksum = key.withUnsafeBytes { key in
      value.withUnsafeBytes { Self.stateChecksum(key, block, $0) }
    }
    try connection.statement(
      """
      INSERT INTO state (group_id, key, block, pending, value, crc32c) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET pending = excluded.pending, value = excluded.value,
        crc32c = excluded.crc32c
      """
    ).bind(try createGroup(group), at: 1).bind(key, at: 2).bind(block, at: 3)
      .bind(pending ? 1 : 0, at: 4).bind(value, at: 5).bind(checksum, at: 6).run()
  }

  /// Removes all of a group's state, without reading it.
  public func removeAllState(group: String) throws {
    guard let id = try groupID(group) else { return }
    try connection.statement("DELETE FROM state WHERE group_id = ?").bind(id, at: 1).run()
  }

  /// Removes one block of a group's state, if there is one.
  public func removeState(group: String, key: [UInt8], block: Int64) throws {
    guard let id = try groupID(group) else { return }
    try connection.statement("DELETE FROM state WHERE group_id = ? AND key = ? AND block = ?")
      .bind(id, at: 1).bind(key, at: 2).bind(block, at: 3).run()
  }

  // MARK: Sources

  /// Moves a source's position.
  /// - Parameter expected: the position it was read at, nil for a new one.
  /// - Throws: `StoreError.fenced` when somebody else has moved it since.
  public func save(_ source: SourcePosition, expected: Int64?) throws {
    let statement = try connection.statement(
      "SELECT position FROM source_position WHERE source = ? AND partition = ?")
    statement.bind(source.source, at: 1).bind(source.partition, at: 2)
    let stored = try statement.step() ? statement.integer(0) : nil
    statement.reset()
    guard stored == expected else {
      throw StoreError(
        .fenced, "another process is reading the same source",
        remedy: "Run the command again: it continues where the other has come to")
    }
    try connection.statement(
      """
      INSERT INTO source_position (source, partition, position, detail) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET position = excluded.position, detail = excluded.detail
      """
    ).bind(source.source, at: 1).bind(source.partition, at: 2).bind(source.position, at: 3)
      .bind(source.detail, at: 4).run()
  }

  private func createGroup(_ name: String) throws -> Int64 {
    if let id = groups[name] { return id }
    if let id = try groupID(name) {
      groups[name] = id
      return id
    }
    try connection.statement("INSERT INTO consumer_group (name) VALUES (?)").bind(name, at: 1).run()
    return try createGroup(name)
  }
}
