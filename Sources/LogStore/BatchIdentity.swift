// What tells one history of a topic from another.

/// Tells the batch that ends at an offset, or holds it, from any other that could stand there.
///
/// A store that was restored from a backup and used since has other records at offsets that it had
/// given before. Batches are never written anew and each has the moment at which it was appended:
/// two histories that have one batch in common have everything before it in common too.
public struct BatchIdentity: Hashable, Sendable, CustomStringConvertible {
  public let baseOffset: Offset
  public let recordCount: Int64
  /// In milliseconds since 1970 UTC.
  public let appendTime: Int64
  /// Of the batch's content and its place.
  public let crc32c: UInt32

  public init(baseOffset: Offset, recordCount: Int64, appendTime: Int64, crc32c: UInt32) {
    self.baseOffset = baseOffset
    self.recordCount = recordCount
    self.appendTime = appendTime
    self.crc32c = crc32c
  }

  /// `BASE+COUNT@TIME#CRC`, in decimal; at most 68 ASCII characters.
  public var description: String { "\(baseOffset)+\(recordCount)@\(appendTime)#\(crc32c)" }
}

extension ReadTransaction {
  /// The identity of the batch that holds the record before `offset`.
  /// - Returns: nil when no such record is retained, or none was ever there.
  public func batchIdentity(of topic: Topic, before offset: Offset) throws -> BatchIdentity? {
    let statement = try connection.statement(
      """
      SELECT base_offset, record_count, append_time, crc32c FROM batch
      WHERE topic_id = ? AND base_offset < ? ORDER BY base_offset DESC LIMIT 1
      """)
    defer { statement.reset() }
    statement.bind(topic.id, at: 1).bind(offset.rawValue, at: 2)
    guard try statement.step() else { return nil }
    let identity = BatchIdentity(
      baseOffset: Offset(statement.integer(0)), recordCount: statement.integer(1),
      appendTime: statement.integer(2), crc32c: UInt32(truncatingIfNeeded: statement.integer(3)))
    return identity.baseOffset + Int(identity.recordCount) >= offset ? identity : nil
  }
}
