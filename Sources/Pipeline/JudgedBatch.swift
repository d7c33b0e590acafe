// A raw batch with the verdict on every record: what can be done before the fold, and so beside it.

import Aggregation
import Dispatch
import LogStore
import Observations

/// The records of a batch in offset order, read and judged. Keeps the batch, in which the values lie.
struct JudgedBatch: Sendable {
  struct Record: Sendable {
    enum Verdict: Sendable {
      case control(ControlRecord)
      case accepted(seconds: Int64, tenths: Int16)
      case rejected(RejectionReason)
    }

    let verdict: Verdict
    /// In milliseconds since 1970 UTC.
    let eventTime: Int64
    /// Where the station id of an accepted record lies in `stations`.
    var stationStart: UInt32 = 0
    var stationByteCount: UInt32 = 0
    /// Where the value lies in the batch: also that of an accepted record, which may be refused after
    /// all, for its time. A batch has at most `Limits.batchBytesMax` bytes.
    var valueStart: UInt32 = 0
    var valueByteCount: UInt32 = 0
  }

  let firstOffset: Offset
  /// In seconds since 1970 UTC.
  let appendSeconds: Int64
  private(set) var records: [Record] = []
  /// The station ids of accepted records, unescaped.
  private(set) var stations: [UInt8] = []
  private let batch: RecordBatch

  init(_ batch: RecordBatch, from offset: Offset, quality: QualityRule) throws {
    self.batch = batch
    firstOffset = max(offset, batch.baseOffset)
    appendSeconds = batch.appendTime / 1000
    records.reserveCapacity(batch.recordCount)
    stations.reserveCapacity(batch.recordCount * 12)
    try batch.withBytes { bytes in
      try batch.forEach(from: offset) { record in
        guard record.kind == .data else {
          records.append(
            Record(verdict: .control(try RawTopic.control(record)), eventTime: record.eventTime))
          return
        }
        let value = record.value ?? UnsafeRawBufferPointer(rebasing: bytes[..<0])
        ObservationJudge.judge(value, quality: quality) { verdict in
          let stationStart = stations.count
          let kept: Record.Verdict
          switch verdict {
          case .accepted(let station, let seconds, let tenths):
            stations.append(contentsOf: station)
            kept = .accepted(seconds: seconds, tenths: tenths)
          case .rejected(let reason): kept = .rejected(reason)
          }
          records.append(
            Record(
              verdict: kept, eventTime: record.eventTime, stationStart: UInt32(stationStart),
              stationByteCount: UInt32(stations.count - stationStart),
              valueStart: UInt32(value.baseAddress! - bytes.baseAddress!),
              valueByteCount: UInt32(value.count)))
        }
      }
    }
  }

  /// Hands over a record's value, as a view into the batch.
  func withValue<R>(
    of record: Record, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    try batch.withBytes { bytes in
      let start = Int(record.valueStart)
      return try body(
        UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(record.valueByteCount))]))
    }
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
