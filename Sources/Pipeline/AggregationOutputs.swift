// What an aggregation has emitted and not yet committed.

import Aggregation
import LogStore
import Observations

/// Collects emissions as batches for the aggregate topics, and refusals for the quarantine topic.
struct AggregationOutputs: AggregationOutput {
  private var hourly = EmissionPacker()
  private var byStation = EmissionPacker()
  private let quarantine = BatchPacker()
  /// Event time of the record that is being folded, in milliseconds since 1970 UTC.
  var recordEventTime: Int64 = 0
  private(set) var emittedCount: Int64 = 0
  private(set) var refusedCount: Int64 = 0

  mutating func emit(_ result: WindowResult) {
    if result.key.isEmpty { hourly.add(result) } else { byStation.add(result) }
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
  mutating func take() -> [(topic: String, batches: [EncodedBatch])] {
    [
      (TopicName.hourly, hourly.take()), (TopicName.hourlyByStation, byStation.take()),
      (TopicName.quarantine, quarantine.take()),
    ]
  }
}

/// Collects emissions of one topic; their text is written, and compressed, in the background.
private struct EmissionPacker {
  private let packer = BatchPacker()
  private var waiting: [WindowResult] = []
  /// Results a batch: about 256 KiB of text.
  private static let batchCount = 1024

  mutating func add(_ result: WindowResult) {
    waiting.append(result)
    if waiting.count == Self.batchCount { pack() }
  }

  mutating func take() -> [EncodedBatch] {
    if !waiting.isEmpty { pack() }
    return packer.take()
  }

  private mutating func pack() {
    let results = waiting
    packer.append(count: results.count) { builder in
      var encoder = WindowResultEncoder()
      var key: [UInt8] = []
      var value: [UInt8] = []
      for result in results {
        key.removeAll(keepingCapacity: true)
        value.removeAll(keepingCapacity: true)
        encoder.appendRecordKey(of: result, to: &key)
        encoder.appendValue(of: result, to: &value)
        builder.append(eventTime: result.hour * 3_600_000, key: key, value: value)
      }
    }
    waiting = []
    waiting.reserveCapacity(Self.batchCount)
  }
}
