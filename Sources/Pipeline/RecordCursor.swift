// A topic record by record, each copied out of its batch.

import LogStore

/// A record that outlives its batch.
public struct KeptRecord: Hashable, Sendable {
  public let kind: RecordKind
  public let offset: Offset
  /// Milliseconds since 1970 UTC.
  public let eventTime: Int64
  /// Of its batch, in milliseconds since 1970 UTC.
  public let appendTime: Int64
  public let key: [UInt8]?
  public let value: [UInt8]?
  public let headers: [RecordHeader]

  public init(_ record: RecordView, appendTime: Int64) {
    kind = record.kind
    offset = record.offset
    eventTime = record.eventTime
    self.appendTime = appendTime
    key = record.key.map(Array.init)
    value = record.value.map(Array.init)
    headers = record.headers
  }

  /// The value of a header; nil when the record has none of that name.
  public func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Walks a reader's records one at a time.
public final class RecordCursor {
  private let reader: TopicReader
  private var records: [KeptRecord] = []
  private var index = 0

  public init(_ reader: TopicReader) { self.reader = reader }

  /// nil at the high watermark; asked again later, it goes on from there.
  public func next() throws -> KeptRecord? {
    if index == records.count {
      let start = reader.position
      guard let batch = try reader.next() else { return nil }
      records.removeAll(keepingCapacity: true)
      index = 0
      try batch.forEach(from: start) {
        records.append(KeptRecord($0, appendTime: batch.appendTime))
      }
    }
    defer { index += 1 }
    return records[index]
  }
}
