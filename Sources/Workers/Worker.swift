// A member of a group of workers: sessions, one after the other, until it is asked to stop.

import Connections
import KafkaSync
import LogStore
import Pipeline

public struct Worker {
  private let settings: KafkaSettings
  private let topics: WorkerTopics
  private let options: WorkerOptions
  private let store: LogStore

  /// - Parameter store: for the copy of what the group knows; it is this member's alone while it runs.
  public init(
    _ settings: KafkaSettings, _ topics: WorkerTopics, _ options: WorkerOptions, store: LogStore
  ) {
    self.settings = settings
    self.topics = topics
    self.options = options
    self.store = store
  }

  /// Works until `shouldStop` or, with `quietSecondsMax`, until everything has been done.
  /// - Throws: `WorkerFailure`, `KafkaFailure` that will not pass or has not for too long, `StoreError`.
  public func run() throws -> WorkerSummary {
    let summary = try store.withLockIfFree(.worker) { try runAlone() }
    guard let summary else {
      throw WorkerFailure(
        .setup, "another worker uses the store \(store.path)",
        remedy: "Give each worker a store of its own with --store")
    }
    return summary
  }

  private func runAlone() throws -> WorkerSummary {
    var summary = WorkerSummary()
    var backoff = Backoff(longestSeconds: options.longestPauseSeconds)
    var failingSince: Double?
    while !options.shouldStop() {
      let commitCount = summary.commitCount
      do {
        try runSession(&summary)
        return summary
      } catch let failure as KafkaFailure where failure.kind != .setup {
        if summary.commitCount > commitCount {
          backoff.reset()
          failingSince = nil
        }
        let now = MonotonicClock.seconds()
        failingSince = failingSince ?? now
        if let patience = options.patience, let failingSince, now - failingSince > patience {
          throw failure
        }
        if failure.kind == .transient, options.shouldStop() { break }
        summary.retryCount += 1
        options.onEvent(.retries("\(failure)"))
        // Interrupted by a signal, it ends by `shouldStop`.
        _ = backoff.wait()
      }
    }
    summary.wasInterrupted = true
    return summary
  }

  private func runSession(_ summary: inout WorkerSummary) throws {
    let cluster = try KafkaCluster(settings)
    let partitionCount = try TopicSetup(
      topics: topics, replication: options.replication, onEvent: options.onEvent
    ).prepare(cluster)
    let copy = LocalCopy(
      store: store, group: topics.group,
      cluster: try cluster.metadata(timeout: TopicSetup.timeout).clusterID ?? "")
    let session = try WorkerSession(
      settings, topics, options, partitionCount: partitionCount, copy: copy, summary: summary)
    defer {
      session.close()
      summary = session.summary
    }
    try session.run()
  }
}
