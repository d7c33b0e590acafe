// The position of a stream in its target, as a check has to know it.

import LogStore

/// The store whose hours are compared, and where its topic was when they were looked at.
public struct CheckedStore: Hashable, Sendable {
  public let storeID: String
  public let nextOffset: Offset
  /// The batch behind the target's position, as this store has it; nil where it has none.
  public let lastBatch: BatchIdentity?

  public init(storeID: String, nextOffset: Offset, lastBatch: BatchIdentity? = nil) {
    self.storeID = storeID
    self.nextOffset = nextOffset
    self.lastBatch = lastBatch
  }

  /// As a view has it.
  /// - Parameter position: where the target is in the topic.
  public init(
    storeID: String, topic name: String, position: Offset?, in view: ReadTransaction
  ) throws {
    let topic = try view.topic(name)
    self.init(
      storeID: storeID, nextOffset: topic.nextOffset,
      lastBatch: try position.flatMap { try view.batchIdentity(of: topic, before: $0) })
  }
}

/// What `moaa_sync` said when a check began. A repair writes what the store had then, so it must not
/// write once a sync has gone on.
struct CheckedPosition {
  private static let table = Identifier(literal: "moaa_sync")
  private let stream: String
  /// nil: the target has no position of the stream.
  private let found: SyncPosition?

  init(stream: String, in connection: MySQLConnection) throws(MySQLFailure) {
    self.stream = stream
    found = try Self.read(stream, connection, locks: false)
  }

  /// - Throws: a setup failure when another store fills the target, or a newer copy of this one.
  func refuseOthers(than store: CheckedStore) throws(MySQLFailure) {
    guard let found, let nextOffset = found.nextOffset else { return }
    let remedy =
      "Check and repair from that one, or take the target over with "
      + "`moaa sync mysql --adopt` first."
    guard found.storeID == store.storeID else {
      throw .own(
        "the target is filled by another store, \(found.storeID); this one is \(store.storeID): "
          + "nothing is repaired", remedy: remedy)
    }
    guard nextOffset <= store.nextOffset else {
      throw .own(
        "the target has emissions of \(stream) up to \(nextOffset), the store only up to "
          + "\(store.nextOffset): the store is an older copy of itself, and nothing is repaired",
        remedy: remedy)
    }
    guard !found.isOfAnotherHistory(than: store.lastBatch) else {
      throw .own(
        "the target was filled from another history of this store, and nothing is repaired",
        remedy: remedy)
    }
  }

  /// Where the target is in the topic.
  var nextOffset: Offset? { found?.nextOffset }

  /// Locks the position until the transaction ends.
  /// - Throws: a setup failure when it is not the one of the beginning.
  func check(in connection: MySQLConnection) throws(MySQLFailure) {
    guard try Self.read(stream, connection, locks: true) == found else {
      throw .own(
        "a sync has written to the target since the check began",
        remedy: "Run the check again, with no sync beside it.")
    }
  }

  private static func read(
    _ stream: String, _ connection: MySQLConnection, locks: Bool
  ) throws(MySQLFailure) -> SyncPosition? {
    guard try FoundTable.find(table, on: connection) != nil else { return nil }
    return try SyncPosition.read(stream, on: connection, suffix: locks ? " FOR UPDATE" : "")
  }
}
