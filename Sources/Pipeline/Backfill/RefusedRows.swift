// The rows of a file that could not be read, on their way to the quarantine topic.

import LogStore
import Observations

/// Collects one file's refused rows. Not shared between threads.
final class RefusedRows {
  private let name: String
  private(set) var count: Int64 = 0
  private var builder: RecordBatchBuilder?
  private var batches: [EncodedBatch] = []
  private var byteCount = 0
  /// The first ones, for messages.
  private(set) var examples: [InputFailure] = []

  /// Compressed bytes of the rows that memory should hold until the file is committed.
  static let byteCountMax = 16 << 20

  init(name: String) { self.name = name }

  /// - Throws: when so many rows could not be read that the file is none of observations: then nothing
  ///   of it counts, and nothing of it is kept.
  func requireRoom() throws(InputFailure) {
    guard byteCount > Self.byteCountMax else { return }
    throw InputFailure(
      name,
      "\(count) rows could not be read so far, too many for a file of observations: nothing of it was "
        + "taken; `moaa ingest` keeps such rows one by one")
  }

  func add(_ row: UnsafeRawBufferPointer, line: Int, _ reason: RejectionReason) {
    count += 1
    let builder = builder ?? RecordBatchBuilder()
    self.builder = builder
    builder.append(
      eventTime: 0, key: nil, value: row,
      headers: [
        RecordHeader(QuarantineHeader.reason, reason.rawValue),
        RecordHeader(QuarantineHeader.file, name),
        RecordHeader(QuarantineHeader.line, String(line)),
      ])
    if builder.isFull, let batch = builder.take() {
      byteCount += batch.storedByteCount
      batches.append(batch)
    }
    if examples.count < IngestSummary.exampleCountMax {
      examples.append(
        InputFailure(name, line: line, "\(reason.explanation) (\(reason.rawValue))"))
    }
  }

  /// All of them, as batches in order.
  func take() -> [EncodedBatch] {
    if let batch = builder?.take() { batches.append(batch) }
    defer { batches = [] }
    return batches
  }
}
