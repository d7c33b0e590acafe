// Collects records into batches and compresses full ones in the background.

import Dispatch
import LogStore
import Synchronization

/// Packs records, in order, into batches ready to append. Used by one thread.
public final class BatchPacker {
  /// A builder and the batch it became. Handed over whole from one thread to the other.
  private final class Job: @unchecked Sendable {
    // Sendable by hand: the background task owns it until `done` is signalled.
    let builder: RecordBatchBuilder
    var batch: EncodedBatch?
    let done = DispatchSemaphore(value: 0)

    init(_ builder: RecordBatchBuilder) { self.builder = builder }
  }

  @exclusivity(unchecked) private var builder = RecordBatchBuilder()
  private var idle: [RecordBatchBuilder] = []
  private var jobs: [Job] = []
  private var finished: [EncodedBatch] = []
  /// Compressions under way at once: enough to keep a second core busy.
  private static let jobCountMax = 2
  /// Records appended since the last `take`.
  @exclusivity(unchecked) public private(set) var recordCount = 0

  public init() {}

  /// Adds one record.
  /// - Parameter eventTime: milliseconds since 1970 UTC.
  public func append(
    kind: RecordKind = .data, eventTime: Int64, key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?, headers: [RecordHeader] = []
  ) {
    builder.append(kind: kind, eventTime: eventTime, key: key, value: value, headers: headers)
    noteAppended()
  }

  /// Adds one record with array contents.
  public func append(
    kind: RecordKind = .data, eventTime: Int64, key: [UInt8]?, value: [UInt8]?,
    headers: [RecordHeader] = []
  ) {
    builder.append(kind: kind, eventTime: eventTime, key: key, value: value, headers: headers)
    noteAppended()
  }

  private func noteAppended() {
    recordCount += 1
    if builder.isFull { compress() }
  }

  private func compress() {
    if jobs.count >= Self.jobCountMax { collectOldest() }
    let job = Job(builder)
    jobs.append(job)
    builder = idle.popLast() ?? RecordBatchBuilder()
    DispatchQueue.global().async {
      job.batch = job.builder.take()
      job.done.signal()
    }
  }

  private func collectOldest() {
    let job = jobs.removeFirst()
    job.done.wait()
    if let batch = job.batch { finished.append(batch) }
    idle.append(job.builder)
  }

  /// Everything appended since the last call, as batches in order.
  public func take() -> [EncodedBatch] {
    while !jobs.isEmpty { collectOldest() }
    if let batch = builder.take() { finished.append(batch) }
    recordCount = 0
    defer { finished = [] }
    return finished
  }
}
