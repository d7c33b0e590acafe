// Reads a topic batch by batch, from an offset to the high watermark and on as it grows.

/// A cursor over a topic's batches. It holds no transaction between calls, so it never blocks
/// retention or the WAL. Not shared between threads.
public final class TopicReader {
  private let store: LogStore
  private let topic: Topic
  private let decompressor = ZstandardDecompressor()
  private var fetched: [RecordBatch] = []
  private var fetchedNext = 0
  /// The next offset that `next` will deliver.
  public private(set) var position: Offset

  init(_ store: LogStore, topic name: String, from offset: Offset) throws {
    self.store = store
    topic = try store.read { try $0.topic(name) }
    position = offset
    guard offset >= topic.startOffset, offset <= topic.nextOffset else {
      throw Self.outOfRange(offset, topic)
    }
  }

  private static func outOfRange(_ offset: Offset, _ topic: Topic) -> StoreError {
    StoreError(
      .offsetOutOfRange,
      "topic \(topic.name) holds offsets \(topic.startOffset) up to, not including, "
        + "\(topic.nextOffset); \(offset) is not among them",
      remedy: "Retention may have removed it; start from \(topic.startOffset) or `earliest`")
  }

  /// The batch that holds the current position, or nil at the high watermark. A batch that begins
  /// before the position is delivered whole: pass the position to `forEach(from:)`.
  public func next() throws -> RecordBatch? {
    if fetchedNext == fetched.count { try fetch() }
    guard fetchedNext < fetched.count else { return nil }
    let batch = fetched[fetchedNext]
    fetchedNext += 1
    position = batch.nextOffset
    return batch
  }

  private func fetch() throws {
    fetched.removeAll(keepingCapacity: true)
    fetchedNext = 0
    let start = position
    try store.read { view in
      let now = try view.topic(topic.name)
      guard start >= now.startOffset else { throw Self.outOfRange(start, now) }
      guard start < now.nextOffset else { return }
      let statement = try view.connection.statement(
        """
        SELECT \(BatchRow.columns) FROM batch WHERE topic_id = ?1 AND base_offset >= (
          SELECT max(base_offset) FROM batch WHERE topic_id = ?1 AND base_offset <= ?2)
        ORDER BY base_offset
        """)
      defer { statement.reset() }
      statement.bind(topic.id, at: 1).bind(start.rawValue, at: 2)
      var byteCount = 0
      var expected = start
      while byteCount < Limits.readBytesTarget, try statement.step() {
        let row = BatchRow(statement)
        let payload = statement.bytes(7)
        let batch = try row.open(
          checksum: statement.integer(6), payload: payload, topic: topic.name, decompressor)
        guard batch.baseOffset <= expected, batch.nextOffset > expected,
          fetched.isEmpty || batch.baseOffset == expected
        else { throw gap(at: expected) }
        expected = batch.nextOffset
        fetched.append(batch)
        byteCount += batch.bytes.count
      }
      if fetched.isEmpty { throw gap(at: start) }
    }
  }

  private func gap(at offset: Offset) -> StoreError {
    StoreError(
      .damaged, "topic \(topic.name) has no record at offset \(offset), below its high watermark",
      remedy: "Run `moaa log verify --deep` to see the extent")
  }
}
