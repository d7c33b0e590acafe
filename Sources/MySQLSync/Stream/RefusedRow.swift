// Rows that a target does not take: what is said about them, and where they are kept.

import Aggregation
import LogStore

/// What to do about a row that the server refuses.
public enum BadRowPolicy: String, Sendable, CaseIterable {
  /// Nothing of its batch is sent, and the sync ends.
  case stop
  /// It is kept in the quarantine topic, and the rest goes on.
  case quarantine
}

/// A record that did not become a row.
struct RefusedRow {
  /// In the server's words, or moaa's.
  let words: String
  let key: [UInt8]?
  let value: [UInt8]?
  /// nil for an hour of a snapshot, which is no record.
  var offset: Offset?
  /// Milliseconds since 1970 UTC.
  var eventTime: Int64 = 0

  init(_ result: WindowResult, _ failure: MySQLFailure) {
    var key: [UInt8] = []
    var value: [UInt8] = []
    result.appendRecordKey(to: &key)
    result.appendValue(to: &value)
    self.key = key
    self.value = value
    words = failure.description
    eventTime = result.hour * 3_600_000
  }

  init(_ result: WindowResult, misfit: String) {
    var value: [UInt8] = []
    result.appendValue(to: &value)
    key = nil
    self.value = value
    words = misfit
    eventTime = result.hour * 3_600_000
  }

  init(_ record: UnusableRecord) {
    words = record.reason
    key = record.key
    value = record.value
    offset = record.offset
  }
}

/// The end of a sync whose policy is to stop at a row that is refused.
public struct RowRefused: Error, Sendable, CustomStringConvertible {
  public let table: String
  public let row: String
  public let words: String

  init(_ table: String, _ refused: RefusedRow) {
    self.table = table
    let text = String(decoding: refused.value ?? [], as: UTF8.self)
    row = text.count > 300 ? text.prefix(300) + "…" : text
    words = refused.words
  }

  public var description: String {
    "\(table) does not take a row: \(words). The row: \(row). Nothing of its batch was sent. Mend "
      + "what refuses it, or let it go to the quarantine topic with --on-bad-row quarantine"
  }
}

/// Keeps refused rows in the quarantine topic: before the commit that passes them over, so that none
/// is lost; a crash between the two leaves a row there twice.
struct RowQuarantine {
  let store: LogStore
  let topic: String
  let stream: SyncStream
  /// Those that this process has kept already: a commit may take more than one attempt.
  private var kept: Set<[UInt8]> = []

  init(_ store: LogStore, topic: String, stream: SyncStream) {
    self.store = store
    self.topic = topic
    self.stream = stream
  }

  mutating func keep(_ rows: [RefusedRow]) throws {
    let new = rows.filter { !kept.contains(Self.identity($0)) }
    guard !new.isEmpty else { return }
    let builder = RecordBatchBuilder()
    for row in new {
      var headers = [
        RecordHeader("reason", "refused-by-target"), RecordHeader("topic", stream.topic),
        RecordHeader("table", stream.tableName), RecordHeader("words", row.words),
      ]
      if let offset = row.offset { headers.append(RecordHeader("offset", "\(offset)")) }
      builder.append(eventTime: row.eventTime, key: row.key, value: row.value, headers: headers)
    }
    guard let batch = builder.take() else { return }
    try store.write {
      try $0.createTopic(topic, retention: Retention(milliseconds: nil))
      try $0.append(batch, to: topic)
    }
    kept.formUnion(new.map(Self.identity))
  }

  private static func identity(_ row: RefusedRow) -> [UInt8] {
    Array("\(row.offset?.rawValue ?? -1) ".utf8) + (row.value ?? [])
  }
}
