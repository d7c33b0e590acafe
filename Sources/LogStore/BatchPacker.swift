// Collects records into batches and compresses them in the background.

import Dispatch

/// Packs records, in order, into batches ready to append. Used by one thread.
public final class BatchPacker {
  /// A builder, what fills it, and the batch it became. Handed over whole from one thread to the other.
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
  /// Batches being made at once: enough to keep a second core busy.
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
    recordCount += 1
    if builder.isFull { packBuilder() }
  }

  /// Adds a batch of its own, whose records `fill` appends in the background.
  /// - Parameter count: how many records that will be; not 0.
  public func append(count: Int, _ fill: @escaping @Sendable (RecordBatchBuilder) -> Void) {
    if !builder.isEmpty { packBuilder() }
    recordCount += count
    start(Job(idle.popLast() ?? RecordBatchBuilder()), fill)
  }

  private func packBuilder() {
    let job = Job(builder)
    builder = idle.popLast() ?? RecordBatchBuilder()
    start(job) { _ in }
  }

  private func start(_ job: Job, _ fill: @escaping @Sendable (RecordBatchBuilder) -> Void) {
    if jobs.count >= Self.jobCountMax { collectOldest() }
    jobs.append(job)
    DispatchQueue.global().async {
      fill(job.builder)
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
