// Whose a table of results is.

/// The store that fills a table: a row of `moaa_sync` under `table/NAME`, as a stream has one, but
/// without an offset. Two stores would overwrite each other's rows.
public struct TableOwner: Sendable {
  public let table: ResultSetTable
  public let storeID: String

  public init(_ table: ResultSetTable, storeID: String) {
    self.table = table
    self.storeID = storeID
  }

  private var stream: String { "table/\(table.name)" }

  /// What has to be made before a table can have an owner; nil when it is there.
  /// - Throws: a setup failure when `moaa_sync` is there and does not fit.
  public static func missing(in connection: MySQLConnection) throws(MySQLFailure) -> String? {
    let plan = try SchemaPlan([SyncPosition.table], on: connection)
    try plan.check()
    return plan.missing.first?.statement
  }

  public static func create(in connection: MySQLConnection) throws(MySQLFailure) {
    try SchemaPlan([SyncPosition.table], on: connection).apply(on: connection)
  }

  /// Why the table, which is there, is none of this store's; nil when it may be filled.
  public func obstacle(in connection: MySQLConnection) throws(MySQLFailure) -> MySQLFailure? {
    let adopt = "Take it over with --adopt: rows of the same keys are replaced, others stay."
    if try Self.missing(in: connection) == nil,
      let found = try SyncPosition.read(stream, on: connection)
    {
      guard found.storeID != storeID else { return nil }
      return .own(
        "the table \(table.name) is filled by another store, \(found.storeID); this one is "
          + storeID, remedy: "Sync from that store. " + adopt)
    }
    let rows = try connection.query("SELECT 1 FROM \(table.name.quoted) LIMIT 1")
    guard !rows.isEmpty else { return nil }
    return .own(
      "the table \(table.name) has rows that no store of moaa is known to have written",
      remedy: "Rename it, if it is used for something else. " + adopt)
  }

  /// Makes the table this store's. To be called in a transaction.
  /// - Parameter adopts: whether to take it from whom it is.
  /// - Throws: a setup failure when it is not this store's.
  public func claim(adopts: Bool, in connection: MySQLConnection) throws(MySQLFailure) {
    if !adopts, let obstacle = try obstacle(in: connection) { throw obstacle }
    let found = try SyncPosition.lock(stream, storeID: storeID, on: connection)
    guard found.storeID != storeID else { return }
    // Another store may have come first since the look.
    guard adopts else { throw lost(to: found.storeID) }
    try SyncPosition(storeID: storeID, nextOffset: nil).write(stream, on: connection)
  }

  /// Keeps the table this store's until the transaction ends.
  /// - Throws: a setup failure when it is not.
  func check(in connection: MySQLConnection) throws(MySQLFailure) {
    let found = try SyncPosition.read(stream, on: connection, suffix: " FOR UPDATE")
    guard found?.storeID == storeID else { throw lost(to: found?.storeID) }
  }

  private func lost(to other: String?) -> MySQLFailure {
    .own(
      "the table \(table.name) is not this store's, but "
        + (other.map { "that of store \($0)" } ?? "nobody's"),
      remedy: "Somebody else may have taken it over. Look who fills it, or use --adopt.")
  }
}
