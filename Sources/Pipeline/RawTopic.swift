// What whoever fills the raw topic owes to the aggregation.

import LogStore

public enum RawTopic {
  /// Makes the topic, and lets retention wait for the aggregation.
  public static func register(in transaction: WriteTransaction) throws {
    try HourlyGroup.register(in: transaction)
  }

  /// The control record that says that the input has ended for now, unless the topic ends with one
  /// already, is empty, or is not there.
  public static func flushIfNeeded(_ store: LogStore) throws -> EncodedBatch? {
    guard let topic = try store.read({ try $0.findTopic(TopicName.raw) }), topic.recordCount > 0
    else { return nil }
    var endsWithControl = false
    var eventTime: Int64 = 0
    let last = Offset(topic.nextOffset.rawValue - 1)
    if let batch = try store.reader(of: TopicName.raw, from: last).next() {
      try batch.forEach(from: last) { record in
        endsWithControl = record.kind == .control
        eventTime = record.eventTime
      }
    }
    return endsWithControl ? nil : flush(eventTime: eventTime)
  }

  /// - Parameter eventTime: of the record before, in milliseconds since 1970 UTC.
  static func flush(eventTime: Int64) -> EncodedBatch? {
    let builder = RecordBatchBuilder()
    builder.append(kind: .control, eventTime: eventTime, key: ControlKey.flush, value: [])
    return builder.take()
  }
}
