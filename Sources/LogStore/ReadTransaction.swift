// Everything that can be asked of a store, at one instant.

/// A consistent view of the store, valid inside the closure that received it.
public class ReadTransaction {
  private let openConnection: SQLiteConnection
  private var hasEnded = false

  init(_ connection: SQLiteConnection) { openConnection = connection }

  /// The connection, for as long as the transaction lasts: outside it, statements would run without
  /// the lock that guards them, and commit one by one.
  var connection: SQLiteConnection {
    precondition(!hasEnded, "a transaction was used outside the closure that received it")
    return openConnection
  }

  func end() { hasEnded = true }

  /// Runs `body` on a view of the connection's file.
  static func run<R>(
    _ connection: SQLiteConnection, _ body: (ReadTransaction) throws -> R
  ) throws -> R {
    try connection.execute("BEGIN")
    let transaction = ReadTransaction(connection)
    defer {
      transaction.end()
      _ = connection.rollBack()
    }
    return try body(transaction)
  }

  // MARK: Topics

  /// All topics, by name.
  public func topics() throws -> [Topic] {
    let statement = try connection.statement(Self.topicColumns + " ORDER BY name")
    defer { statement.reset() }
    var topics: [Topic] = []
    while try statement.step() { topics.append(Self.topic(statement)) }
    return topics
  }

  /// nil when there is no such topic.
  public func findTopic(_ name: String) throws -> Topic? {
    let statement = try connection.statement(Self.topicColumns + " WHERE name = ?")
    defer { statement.reset() }
    return try statement.bind(name, at: 1).step() ? Self.topic(statement) : nil
  }

  /// - Throws: `unknown`, naming the topics that there are.
  public func topic(_ name: String) throws -> Topic {
    if let topic = try findTopic(name) { return topic }
    let names = try topics().map(\.name).joined(separator: ", ")
    throw StoreError(
      .unknown, "there is no topic \(name)",
      remedy: names.isEmpty ? "The store is empty: ingest something first" : "There are: \(names)")
  }

  /// A topic's segments, oldest first.
  public func segments(of topic: Topic) throws -> [Segment] {
    let statement = try connection.statement(
      """
      SELECT base_offset, next_offset, batch_count, byte_count, oldest_append_time,
        newest_append_time, sealed, content_hash FROM segment WHERE topic_id = ? ORDER BY base_offset
      """)
    defer { statement.reset() }
    statement.bind(topic.id, at: 1)
    var segments: [Segment] = []
    while try statement.step() { segments.append(Self.segment(statement)) }
    return segments
  }

  /// The offset of the first record whose append time is at or after `time` (milliseconds since
  /// 1970 UTC), else the high watermark.
  public func offset(of topic: Topic, appendedSince time: Int64) throws -> Offset {
    let statement = try connection.statement(
      """
      SELECT base_offset FROM batch WHERE topic_id = ? AND base_offset >= ifnull((
        SELECT base_offset FROM segment WHERE topic_id = ?1 AND newest_append_time >= ?2
        ORDER BY base_offset LIMIT 1), ?3) AND append_time >= ?2 ORDER BY base_offset LIMIT 1
      """)
    defer { statement.reset() }
    statement.bind(topic.id, at: 1).bind(time, at: 2).bind(topic.nextOffset.rawValue, at: 3)
    return try statement.step() ? Offset(statement.integer(0)) : topic.nextOffset
  }

  /// When the record at an offset was appended, in milliseconds since 1970 UTC.
  /// - Returns: nil when no such record is retained.
  public func appendTime(of topic: Topic, at offset: Offset) throws -> Int64? {
    guard offset >= topic.startOffset, offset < topic.nextOffset else { return nil }
    let statement = try connection.statement(
      """
      SELECT append_time FROM batch WHERE topic_id = ? AND base_offset <= ?
      ORDER BY base_offset DESC LIMIT 1
      """)
    defer { statement.reset() }
    statement.bind(topic.id, at: 1).bind(offset.rawValue, at: 2)
    return try statement.step() ? statement.integer(0) : nil
  }

  /// Walks the batches that hold an event time within `times` (milliseconds), by offset.
  /// - Throws: what `body` throws, or `StoreError.damaged` at a batch that is not as it was written.
  public func forEachBatch(
    of topic: Topic, eventTimes times: ClosedRange<Int64>, _ body: (RecordBatch) throws -> Void
  ) throws {
    let statement = try connection.statement(
      """
      SELECT \(BatchRow.columns) FROM batch WHERE topic_id = ? AND earliest_event_time <= ?
        AND latest_event_time >= ? ORDER BY base_offset
      """)
    defer { statement.reset() }
    statement.bind(topic.id, at: 1).bind(times.upperBound, at: 2).bind(times.lowerBound, at: 3)
    let decompressor = ZstandardDecompressor()
    while try statement.step() {
      let batch = try BatchRow(statement).open(
        checksum: statement.integer(6), payload: statement.bytes(7), topic: topic.name,
        decompressor)
      try body(batch)
    }
  }

  // MARK: Consumer groups

  /// nil when the group has never saved a checkpoint for the topic.
  public func checkpoint(group: String, topic: String) throws -> Checkpoint? {
    let statement = try connection.statement(
      Self.checkpointColumns + " WHERE consumer_group.name = ? AND topic.name = ?")
    defer { statement.reset() }
    statement.bind(group, at: 1).bind(topic, at: 2)
    return try statement.step() ? Self.checkpoint(statement) : nil
  }

  /// Every checkpoint, by group and topic.
  public func checkpoints() throws -> [Checkpoint] {
    let statement = try connection.statement(Self.checkpointColumns + " ORDER BY 1, 2")
    defer { statement.reset() }
    var checkpoints: [Checkpoint] = []
    while try statement.step() { checkpoints.append(Self.checkpoint(statement)) }
    return checkpoints
  }

  // MARK: Keyed state

  /// One block of a group's state: bytes under a key and a number, which mean what the group likes.
  /// nil when there is none.
  public func state(group: String, key: [UInt8], block: Int64) throws -> [UInt8]? {
    guard let group = try groupID(group) else { return nil }
    let statement = try connection.statement(
      "SELECT value, crc32c FROM state WHERE group_id = ? AND key = ? AND block = ?")
    defer { statement.reset() }
    statement.bind(group, at: 1).bind(key, at: 2).bind(block, at: 3)
    guard try statement.step() else { return nil }
    let value = statement.bytes(0)
    try key.withUnsafeBytes { try Self.check(statement.integer(1), $0, block, value) }
    return Array(value)
  }

  /// What a block's checksum covers: its number, its key and its value.
  static func stateChecksum(
    _ key: UnsafeRawBufferPointer, _ block: Int64, _ value: UnsafeRawBufferPointer
  ) -> Int64 {
    var crc = CRC32C()
    withUnsafeBytes(of: block.littleEndian) { crc.update($0) }
    crc.update(key)
    crc.update(value)
    return Int64(crc.value)
  }

  private static func check(
    _ stored: Int64, _ key: UnsafeRawBufferPointer, _ block: Int64, _ value: UnsafeRawBufferPointer
  ) throws(StoreError) {
    guard stateChecksum(key, block, value) == stored else {
      throw StoreError(
        .damaged,
        "the checksum of the state of key \"\(String(decoding: key, as: UTF8.self))\", block \(block), is wrong",
        remedy: "Make it again from the log: `moaa reset GROUP --to earliest`")
    }
  }

  /// Walks a group's state in (key, block) order. Views are valid inside `body` only.
  /// - Throws: what `body` throws, or `StoreError.damaged` at a block that is not as it was written.
  /// - Parameters:
  ///   - key: only this key; nil for all.
  ///   - blocks: only blocks within.
  public func forEachState(
    group: String, key: [UInt8]? = nil, blocks: ClosedRange<Int64> = Int64.min...Int64.max,
    _ body: (_ key: UnsafeRawBufferPointer, _ block: Int64, _ value: UnsafeRawBufferPointer)
      throws -> Void
  ) throws {
    guard let group = try groupID(group) else { return }
    let filter = key == nil ? "" : " AND key = ?4"
    let statement = try connection.statement(
      "SELECT key, block, value, crc32c FROM state WHERE group_id = ?1 AND block BETWEEN ?2 AND ?3"
        + filter + " ORDER BY key, block")
    defer { statement.reset() }
    statement.bind(group, at: 1).bind(blocks.lowerBound, at: 2).bind(blocks.upperBound, at: 3)
    if let key { statement.bind(key, at: 4) }
    while try statement.step() {
      let (key, block, value) = (statement.bytes(0), statement.integer(1), statement.bytes(2))
      try Self.check(statement.integer(3), key, block, value)
      try body(key, block, value)
    }
  }

  /// The last of a key's blocks up to a number; nil when there is none.
  /// - Throws: `StoreError.damaged` when it is not as it was written.
  public func lastState(
    group: String, key: [UInt8], upTo block: Int64
  ) throws -> (block: Int64, value: [UInt8])? {
    guard let group = try groupID(group) else { return nil }
    let statement = try connection.statement(
      """
      SELECT block, value, crc32c FROM state WHERE group_id = ? AND key = ? AND block <= ?
      ORDER BY block DESC LIMIT 1
      """)
    defer { statement.reset() }
    statement.bind(group, at: 1).bind(key, at: 2).bind(block, at: 3)
    guard try statement.step() else { return nil }
    let (found, value) = (statement.integer(0), statement.bytes(1))
    try key.withUnsafeBytes { try Self.check(statement.integer(2), $0, found, value) }
    return (found, Array(value))
  }

  /// The key and block of every block that was saved as pending, in (key, block) order.
  public func pendingState(group: String) throws -> [(key: [UInt8], block: Int64)] {
    guard let group = try groupID(group) else { return [] }
    let statement = try connection.statement(
      "SELECT key, block FROM state WHERE group_id = ? AND pending = 1 ORDER BY key, block")
    defer { statement.reset() }
    statement.bind(group, at: 1)
    var blocks: [(key: [UInt8], block: Int64)] = []
    while try statement.step() { blocks.append((Array(statement.bytes(0)), statement.integer(1))) }
    return blocks
  }

  // MARK: Sources

  /// The positions of a source's partitions, by partition.
  public func sourcePositions(_ source: String) throws -> [SourcePosition] {
    let statement = try connection.statement(
      "SELECT partition, position, detail FROM source_position WHERE source = ? ORDER BY partition")
    defer { statement.reset() }
    statement.bind(source, at: 1)
    var positions: [SourcePosition] = []
    while try statement.step() {
      positions.append(
        SourcePosition(
          source: source, partition: statement.integer(0), position: statement.integer(1),
          detail: Array(statement.bytes(2))))
    }
    return positions
  }

  /// The sources whose names begin so, sorted.
  public func sources(prefix: String) throws -> [String] {
    let statement = try connection.statement(
      "SELECT DISTINCT source FROM source_position WHERE substr(source, 1, length(?1)) = ?1 ORDER BY source"
    )
    defer { statement.reset() }
    statement.bind(prefix, at: 1)
    var names: [String] = []
    while try statement.step() { names.append(statement.text(0)) }
    return names
  }

  // MARK: Rows

  func groupID(_ name: String) throws -> Int64? {
    let statement = try connection.statement("SELECT group_id FROM consumer_group WHERE name = ?")
    defer { statement.reset() }
    return try statement.bind(name, at: 1).step() ? statement.integer(0) : nil
  }

  private static let topicColumns =
    "SELECT topic_id, name, start_offset, next_offset, retention_ms, retention_bytes FROM topic"

  private static func topic(_ row: SQLiteStatement) -> Topic {
    Topic(
      id: row.integer(0), name: row.text(1), startOffset: Offset(row.integer(2)),
      nextOffset: Offset(row.integer(3)),
      retention: Retention(
        milliseconds: row.isNull(4) ? nil : row.integer(4),
        bytes: row.isNull(5) ? nil : row.integer(5)))
  }

  private static let checkpointColumns = """
    SELECT consumer_group.name, topic.name, checkpoint.next_offset, epoch, fingerprint, job_state
    FROM checkpoint JOIN consumer_group USING (group_id) JOIN topic USING (topic_id)
    """

  private static func checkpoint(_ row: SQLiteStatement) -> Checkpoint {
    var checkpoint = Checkpoint(
      group: row.text(0), topic: row.text(1), nextOffset: Offset(row.integer(2)),
      fingerprint: row.text(4), jobState: Array(row.bytes(5)))
    checkpoint.epoch = row.integer(3)
    return checkpoint
  }

  private static func segment(_ row: SQLiteStatement) -> Segment {
    Segment(
      baseOffset: Offset(row.integer(0)), nextOffset: Offset(row.integer(1)),
      batchCount: row.integer(2), byteCount: row.integer(3), oldestAppendTime: row.integer(4),
      newestAppendTime: row.integer(5), isSealed: row.integer(6) == 1,
      contentHash: Array(row.bytes(7)))
  }
}
