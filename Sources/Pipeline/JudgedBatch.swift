// A raw batch with the verdict on every record: what can be done before the fold, and so beside it.

import Aggregation
import Dispatch
import LogStore
import Observations

/// The records of a batch in offset order, read and judged. Holds its own copy of what it needs.
struct JudgedBatch: Sendable {
  /// One record; its bytes lie in `bytes` from `start` on: the station id of an accepted record, the
  /// value of a refused one.
  struct Record: Sendable {
    enum Verdict: Sendable {
      case control
      case accepted(seconds: Int64, tenths: Int16)
      case rejected(RejectionReason)
    }

    let verdict: Verdict
    /// In milliseconds since 1970 UTC.
    let eventTime: Int64
    let start: Int
    let byteCount: Int
  }

  let firstOffset: Offset
  /// In seconds since 1970 UTC.
  let appendSeconds: Int64
  private(set) var records: [Record] = []
  private(set) var bytes: [UInt8] = []
  /// Where accepted records' values lie is not kept: a record that the aggregation refuses after all,
  /// for its time, is read again from this batch.
  private let batch: RecordBatch

  init(_ batch: RecordBatch, from offset: Offset, quality: QualityRule) throws {
    self.batch = batch
    firstOffset = max(offset, batch.baseOffset)
    appendSeconds = batch.appendTime / 1000
    records.reserveCapacity(batch.recordCount)
    bytes.reserveCapacity(batch.recordCount * 12)
    try batch.forEach(from: offset) { record in
      guard record.kind == .data else {
        records.append(
          Record(verdict: .control, eventTime: record.eventTime, start: 0, byteCount: 0))
        return
      }
      let value = record.value ?? UnsafeRawBufferPointer(start: nil, count: 0)
      ObservationJudge.judge(value, quality: quality) { verdict in
        let start = bytes.count
        switch verdict {
        case .accepted(let station, let seconds, let tenths):
          bytes.append(contentsOf: station)
          records.append(
            Record(
              verdict: .accepted(seconds: seconds, tenths: tenths), eventTime: record.eventTime,
              start: start, byteCount: station.count))
        case .rejected(let reason):
          bytes.append(contentsOf: value)
          records.append(
            Record(
              verdict: .rejected(reason), eventTime: record.eventTime, start: start,
              byteCount: value.count))
        }
      }
    }
  }

  /// The value of a record, read again.
  func value(at offset: Offset) throws -> [UInt8] {
    var value: [UInt8] = []
    try batch.forEach(from: offset) { record in
      if record.offset == offset { value = record.value.map(Array.init) ?? [] }
    }
    return value
  }
}

/// Reads and judges a topic's batches one ahead of the fold. `next` is called by one thread.
final class JudgedReader: @unchecked Sendable {
  // Sendable by hand: between `start` and the semaphore's signal only the background task touches
  // `reader` and `ready`; after the wait only the caller does.
  private let reader: TopicReader
  private let quality: QualityRule
  private var ready: Result<JudgedBatch?, any Error> = .success(nil)
  private let done = DispatchSemaphore(value: 0)
  private var isLoading = false

  init(_ reader: TopicReader, quality: QualityRule) {
    self.reader = reader
    self.quality = quality
    start()
  }

  /// nil at the high watermark; asked again later, it goes on from there.
  func next() throws -> JudgedBatch? {
    if !isLoading { start() }
    done.wait()
    isLoading = false
    let batch = try ready.get()
    if batch != nil { start() }
    return batch
  }

  private func start() {
    isLoading = true
    DispatchQueue.global().async { [self] in
      ready = Result {
        let start = reader.position
        return try reader.next().map { try JudgedBatch($0, from: start, quality: quality) }
      }
      done.signal()
    }
  }
}
