// What a sync would send, without sending it.

import LogStore

extension StreamSync {
  /// Says where a target is and what is still to be sent, as a line.
  public static func outlook(
    _ stream: SyncStream, _ store: LogStore, on connection: MySQLConnection, _ plan: SchemaPlan
  ) throws -> String {
    let hasPositions = !plan.missing.contains { $0.table == SyncPosition.table.name.name }
    let position = hasPositions ? try SyncPosition.read(stream.topic, on: connection) : nil
    let (topic, lastBatch) = try store.read { view in
      let topic = try view.topic(stream.topic)
      return (
        topic,
        try position?.nextOffset.flatMap { try view.batchIdentity(of: topic, before: $0) }
      )
    }
    guard let position else {
      return "the target has no position of \(stream.topic): all hours would be sent"
    }
    guard position.storeID == store.id else {
      return "the target's position of \(stream.topic) is of another store, \(position.storeID): "
        + "nothing would be sent without --adopt"
    }
    guard let offset = position.nextOffset, offset >= topic.startOffset else {
      return "emissions that the target has not are gone from \(stream.topic): all hours would be "
        + "sent"
    }
    guard offset <= topic.nextOffset else {
      return
        "the target is ahead of the store, at offset \(offset) of \(stream.topic): nothing would "
        + "be sent without --adopt"
    }
    guard !position.isOfAnotherHistory(than: lastBatch) else {
      return
        "the target was filled from another history of this store: nothing would be sent without "
        + "--adopt"
    }
    return "the target is at offset \(offset) of \(stream.topic): "
      + "\(topic.nextOffset - offset) emissions would be sent"
  }
}
