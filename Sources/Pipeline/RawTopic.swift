// What whoever fills the raw topic owes to the aggregation.

import Aggregation
import LogStore

public enum RawTopic {
  /// Makes the topic, and lets retention wait for the aggregation.
  public static func register(in transaction: WriteTransaction) throws {
    try HourlyGroup.register(in: transaction)
  }

  /// The control record that says that the input has ended for now, unless the topic ends with one
  /// already, is empty, or is not there.
  public static func flushIfNeeded(_ store: LogStore) throws -> EncodedBatch? {
    guard let last = try lastRecord(of: store), last.control == nil else { return nil }
    return flush(eventTime: last.eventTime)
  }

  /// The topic's last record: its event time in milliseconds since 1970 UTC, and what it says if it is a
  /// control record; nil when the topic is empty or is not there.
  static func lastRecord(
    of store: LogStore
  ) throws -> (eventTime: Int64, control: ControlRecord?)? {
    guard let topic = try store.read({ try $0.findTopic(TopicName.raw) }), topic.recordCount > 0
    else { return nil }
    let offset = Offset(topic.nextOffset.rawValue - 1)
    var last: (eventTime: Int64, control: ControlRecord?)?
    if let batch = try store.reader(of: TopicName.raw, from: offset).next() {
      try batch.forEach(from: offset) {
        last = ($0.eventTime, $0.kind == .control ? try control($0) : nil)
      }
    }
    return last
  }

  /// - Parameter eventTime: of the record before, in milliseconds since 1970 UTC.
  static func flush(eventTime: Int64) -> EncodedBatch? { batch(.flush, eventTime: eventTime) }

  /// A control record as a batch of its own.
  /// - Parameter eventTime: of the record before, in milliseconds since 1970 UTC.
  public static func batch(_ control: ControlRecord, eventTime: Int64) -> EncodedBatch? {
    let builder = RecordBatchBuilder()
    builder.append(kind: .control, eventTime: eventTime, key: control.key, value: control.value)
    return builder.take()
  }

  /// What a control record of the topic says.
  /// - Throws: `StoreError.damaged` for one that this version does not know.
  static func control(_ record: RecordView) throws -> ControlRecord {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    guard let control = ControlRecord(key: record.key ?? none, value: record.value ?? none) else {
      throw StoreError(
        .damaged,
        "record \(record.offset) of \(TopicName.raw) is a control record of a kind that is not known",
        remedy: "Was it written by a later moaa? Then use that one")
    }
    return control
  }
}
