// Ingest and aggregation at the same time, in one process: the main job.

import Aggregation
import Dispatch
import Glibc
import LogStore
import Synchronization

/// Ingests files while the aggregation follows.
public struct PipelineRun {
  /// What became of both.
  public struct Summary: Sendable {
    public let ingest: IngestSummary
    public let aggregation: AggregationSummary
  }

  private let store: LogStore
  private let job: AggregationJob
  private let ingestOptions: IngestOptions

  /// - Throws: `JobRuleChanged` before anything is ingested, or `StoreError`.
  public init(
    store: LogStore, rule: AggregationRule, ingestOptions: IngestOptions,
    aggregationOptions: AggregationJobOptions
  ) throws {
    self.store = store
    self.ingestOptions = ingestOptions
    job = try AggregationJob(store: store, rule: rule, options: aggregationOptions)
  }

  public func run(_ paths: [String]) throws -> Summary {
    let follower = Follower(job)
    var options = ingestOptions
    let shouldStop = options.shouldStop
    // Ingesting on would be pointless when the aggregation has failed, on a full disk for example.
    options.shouldStop = { shouldStop() || follower.hasFailed }
    follower.start()
    let ingested = Result { try Ingest(store: store, options: options).run(paths) }
    let aggregated = follower.finish()
    let ingest = try ingested.get()
    return Summary(ingest: ingest, aggregation: try aggregated.get())
  }
}

/// Runs the aggregation on a thread of its own until the input has ended.
private final class Follower: @unchecked Sendable {
  // Sendable by hand: after `start`, only the background task touches `job`.
  private let job: AggregationJob
  private let inputEnded = Atomic(false)
  private let failed = Atomic(false)
  private let result = Mutex<Result<AggregationSummary, any Error>?>(nil)
  private let done = DispatchSemaphore(value: 0)

  init(_ job: AggregationJob) { self.job = job }

  var hasFailed: Bool { failed.load(ordering: .relaxed) }

  func start() {
    // A queue of its own has a thread of its own: one of the shared pool's few threads, waiting here,
    // would be missing where files are decoded and batches compressed.
    DispatchQueue(label: "moaa.aggregation").async { [self] in
      let outcome = Result {
        try job.run {
          if inputEnded.load(ordering: .acquiring) { return false }
          usleep(2_000)
          return true
        }
      }
      if case .failure = outcome { failed.store(true, ordering: .relaxed) }
      result.withLock { $0 = outcome }
      done.signal()
    }
  }

  func finish() -> Result<AggregationSummary, any Error> {
    inputEnded.store(true, ordering: .releasing)
    done.wait()
    return result.withLock { $0! }
  }
}
