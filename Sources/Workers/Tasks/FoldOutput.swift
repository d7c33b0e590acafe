// What a fold has emitted and not yet published.

import Aggregation
import LogStore
import Observations
import Pipeline

/// Collects the results of one raw partition.
struct FoldOutput: AggregationOutput {
  private struct Refusal {
    let offset: Int64
    let reason: RejectionReason
    let key: [UInt8]
    let value: [UInt8]
  }

  private var stationResults: [WindowResult] = []
  /// By hour. Only the newest counts, since a merge sums what is newest.
  private var parts: [Int64: WindowResult] = [:]
  private var refusals: [Refusal] = []
  /// The key of the record that is being folded; valid until it has been.
  var recordKey = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var emittedCount: Int64 = 0
  private(set) var refusedCount: Int64 = 0

  var isEmpty: Bool { stationResults.isEmpty && parts.isEmpty && refusals.isEmpty }

  mutating func emit(_ result: WindowResult) {
    if result.key.isEmpty {
      parts[result.hour] = result
    } else {
      stationResults.append(result)
      emittedCount += 1
    }
  }

  mutating func reject(offset: Int64, reason: RejectionReason, value: UnsafeRawBufferPointer) {
    refusals.append(
      Refusal(offset: offset, reason: reason, key: Array(recordKey), value: Array(value)))
    refusedCount += 1
  }

  /// Sends everything since the last call.
  /// - Parameter rawTopic: for the headers of refused records.
  mutating func publish(
    from partition: Int32, of partitionCount: Int32, rawTopic: String, to sink: inout some CycleSink
  ) throws {
    var encoder = WindowResultEncoder()
    var key: [UInt8] = []
    var value: [UInt8] = []
    for result in stationResults {
      key.removeAll(keepingCapacity: true)
      value.removeAll(keepingCapacity: true)
      encoder.appendRecordKey(of: result, to: &key)
      encoder.appendValue(of: result, to: &value)
      try sink.send(.stationHours, partition: nil, key: key, value: value)
    }
    for hour in parts.keys.sorted() {
      guard let part = parts[hour] else { continue }
      value.removeAll(keepingCapacity: true)
      encoder.appendValue(of: part, to: &value)
      try sink.send(
        .parts, partition: PartKey.partition(ofHour: hour, count: partitionCount),
        key: PartKey.hour(source: partition, hour: hour).bytes, value: value)
    }
    for refusal in refusals {
      try sink.send(
        .quarantine, partition: nil, key: refusal.key, value: refusal.value,
        headers: [
          RecordHeader(QuarantineHeader.reason, refusal.reason.rawValue),
          RecordHeader(QuarantineHeader.topic, rawTopic),
          RecordHeader(QuarantineHeader.partition, String(partition)),
          RecordHeader(QuarantineHeader.offset, String(refusal.offset)),
        ])
    }
    stationResults.removeAll(keepingCapacity: true)
    parts.removeAll(keepingCapacity: true)
    refusals.removeAll(keepingCapacity: true)
  }
}
