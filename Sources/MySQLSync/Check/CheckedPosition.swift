// The position of a stream in its target, as a check has to know it.

/// What `moaa_sync` said when a check began. A repair writes what the store had then, so it must not
/// write once a sync has gone on.
struct CheckedPosition {
  private static let table = Identifier(literal: "moaa_sync")
  private let stream: String
  /// nil: the target has no position of the stream.
  private let nextOffset: Int64?
  private let hasTable: Bool

  init(stream: String, in connection: MySQLConnection) throws(MySQLFailure) {
    self.stream = stream
    hasTable = try !connection.columns(of: Self.table).isEmpty
    nextOffset = hasTable ? try Self.read(stream, connection, locks: false) : nil
  }

  /// Locks the position until the transaction ends.
  /// - Throws: a setup failure when it is not the one of the beginning.
  func check(in connection: MySQLConnection) throws(MySQLFailure) {
    let isThere = try !connection.columns(of: Self.table).isEmpty
    let now = isThere ? try Self.read(stream, connection, locks: true) : nil
    guard now == nextOffset else {
      throw .own(
        "a sync has written to the target since the check began",
        remedy: "Run the check again, with no sync beside it.")
    }
  }

  private static func read(
    _ stream: String, _ connection: MySQLConnection, locks: Bool
  ) throws(MySQLFailure) -> Int64? {
    try connection.query(
      "SELECT `next_offset` FROM \(table.quoted) WHERE `stream` = ?\(locks ? " FOR UPDATE" : "")",
      [.text(stream)]
    ).first?.first?.integer
  }
}
