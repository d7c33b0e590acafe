// How far a stream has come in a target: one row, in the target itself.

import LogStore

/// The row of a stream in `moaa_sync`. Only what it says decides what is sent next.
public struct SyncPosition: Hashable, Sendable {
  public let storeID: String
  /// nil: nothing was sent yet.
  public let nextOffset: Offset?
  /// The text of the `BatchIdentity` of what was sent last: by it a store notices that its log is not
  /// the one that the target was filled from. nil: unknown, or nothing was sent.
  public let lastBatch: String?

  init(storeID: String, nextOffset: Offset?, lastBatch: String? = nil) {
    self.storeID = storeID
    self.nextOffset = nextOffset
    self.lastBatch = lastBatch
  }

  /// Whether the store that has this batch behind the position is not the one that the target was
  /// filled from, although it has its id: a copy that was restored and used since.
  /// - Parameter batch: nil where the store has it no more.
  func isOfAnotherHistory(than batch: BatchIdentity?) -> Bool {
    guard let lastBatch, let batch else { return false }
    return lastBatch != batch.description
  }

  static let table = TargetTable(
    name: Identifier(literal: "moaa_sync"),
    columns: [
      Column(
        "stream", .text(byteCountMin: 249), "VARCHAR(249) CHARACTER SET ascii COLLATE ascii_bin"),
      Column(
        "store_id", .text(byteCountMin: 32), "VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin"),
      Column("next_offset", .integer(digitCountMin: 18), "BIGINT", isNullable: true),
      Column(
        "last_batch", .text(byteCountMin: 68), "VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin",
        isNullable: true),
    ], key: [Identifier(literal: "stream")])

  /// Reads a stream's position without a lock.
  static func read(
    _ stream: String, on connection: MySQLConnection
  ) throws(MySQLFailure) -> SyncPosition? {
    try read(stream, on: connection, suffix: "")
  }

  /// Reads a stream's position and keeps everybody else from doing the same until the transaction
  /// ends. Waits for another sync's transaction.
  ///
  /// A row that is not there is made first, with nothing sent: a missing row cannot be locked, and two
  /// syncs that both found none would end in a deadlock.
  ///
  /// - Parameter storeID: whose the row is when it has to be made.
  static func lock(
    _ stream: String, storeID: String, on connection: MySQLConnection
  ) throws(MySQLFailure) -> SyncPosition {
    // As an upsert it locks the row too, whether or not it is there.
    try connection.prepare(
      """
      INSERT INTO \(table.name.quoted) (`stream`, `store_id`) VALUES (?, ?)
      ON DUPLICATE KEY UPDATE `stream` = `stream`
      """
    ).execute([.text(stream), .text(storeID)])
    guard let position = try read(stream, on: connection, suffix: " FOR UPDATE") else {
      throw .own(
        "\(table.name) does not keep the row of \(stream)",
        remedy: "Look for a trigger on that table.")
    }
    return position
  }

  /// Sets the position of a stream that was locked in this transaction.
  func write(_ stream: String, on connection: MySQLConnection) throws(MySQLFailure) {
    try connection.prepare(
      """
      UPDATE \(Self.table.name.quoted) SET `store_id` = ?, `next_offset` = ?, `last_batch` = ?
      WHERE `stream` = ?
      """
    ).execute([
      .text(storeID), nextOffset.map { .integer($0.rawValue) } ?? .null,
      lastBatch.map { .text($0) } ?? .null, .text(stream),
    ])
  }

  static func read(
    _ stream: String, on connection: MySQLConnection, suffix: String
  ) throws(MySQLFailure) -> SyncPosition? {
    let rows = try connection.query(
      "SELECT `store_id`, `next_offset`, `last_batch` FROM \(table.name.quoted) WHERE `stream` = ?"
        + suffix,
      [.text(stream)])
    return rows.first.map {
      SyncPosition(
        storeID: $0[0].text ?? "", nextOffset: $0[1].integer.map { Offset($0) },
        lastBatch: $0[2].text)
    }
  }
}
