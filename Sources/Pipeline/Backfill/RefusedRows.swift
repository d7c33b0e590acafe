// The rows of a file that could not be read, on their way to the quarantine topic.

import LogStore
import Observations

/// Collects one file's refused rows. Not shared between threads.
final class RefusedRows {
  private let name: String
  private(set) var count: Int64 = 0
  private var builder: RecordBatchBuilder?
  private var batches: [EncodedBatch] = []
  /// The first ones, for messages.
  private(set) var examples: [InputFailure] = []

  init(name: String) { self.name = name }

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
    if builder.isFull, let batch = builder.take() { batches.append(batch) }
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
