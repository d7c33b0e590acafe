// What an aggregation has emitted and not yet committed.

import Aggregation
import LogStore
import Observations

/// Collects emissions as batches for the aggregate topics, and refusals for the quarantine topic.
struct AggregationOutputs: AggregationOutput {
  private let hourly = BatchPacker()
  private let byStation = BatchPacker()
  private let quarantine = BatchPacker()
  private var encoder = WindowResultEncoder()
  private var key: [UInt8] = []
  private var value: [UInt8] = []
  /// Event time of the record that is being folded, in milliseconds since 1970 UTC.
  var recordEventTime: Int64 = 0
  private(set) var emittedCount: Int64 = 0
  private(set) var refusedCount: Int64 = 0

  /// Records not yet taken.
  var recordCount: Int { hourly.recordCount + byStation.recordCount + quarantine.recordCount }

  mutating func emit(_ result: WindowResult) {
    key.removeAll(keepingCapacity: true)
    value.removeAll(keepingCapacity: true)
    encoder.appendRecordKey(of: result, to: &key)
    encoder.appendValue(of: result, to: &value)
    let packer = result.key.isEmpty ? hourly : byStation
    packer.append(eventTime: result.hour * 3_600_000, key: key, value: value)
    emittedCount += 1
  }

  mutating func reject(offset: Int64, reason: RejectionReason, value: UnsafeRawBufferPointer) {
    quarantine.append(
      eventTime: recordEventTime, key: nil, value: value,
      headers: [
        RecordHeader(QuarantineHeader.reason, reason.rawValue),
        RecordHeader(QuarantineHeader.topic, TopicName.raw),
        RecordHeader(QuarantineHeader.offset, String(offset)),
      ])
    refusedCount += 1
  }

  /// Everything since the last call, by topic.
  func take() -> [(topic: String, batches: [EncodedBatch])] {
    [
      (TopicName.hourly, hourly.take()), (TopicName.hourlyByStation, byStation.take()),
      (TopicName.quarantine, quarantine.take()),
    ]
  }
}
