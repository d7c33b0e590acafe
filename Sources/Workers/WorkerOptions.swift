// How a worker runs. None of it changes a final figure but the rule.

import Aggregation

public struct WorkerOptions: Sendable {
  public var rule: AggregationRule
  public var partitioner = ExpectedPartitioner.murmur2
  /// A transaction is committed at the latest after so long: the delay at which changes are shown.
  public var secondsPerCommit: Double = 5
  /// A transaction holds at most so many records.
  public var recordsPerCommit = 131_072
  /// End when all partitions are at their end and nothing has come for so many seconds; nil: never.
  public var quietSecondsMax: Double?
  /// Go on where records that were not read are gone from the input.
  public var acceptsGap = false
  /// Copies of a topic that is made; nil: as the brokers have it by default.
  public var replication: Int?
  /// How long attempts may fail in sequence, in seconds; nil: without end.
  public var patience: Double?
  /// The longest pause between a failure and the next attempt, in seconds. Tests shorten it.
  var longestPauseSeconds: Double = 10
  public var shouldStop: @Sendable () -> Bool = { false }
  public var onEvent: @Sendable (WorkerEvent) -> Void = { _ in }
  /// Called between any two steps; what it throws ends the session as a failure of Kafka would. For tests.
  var onStep: (@Sendable (WorkerStep) throws -> Void)?

  /// - Throws: `WorkerFailure` for a rule that several members cannot share.
  public init(rule: AggregationRule = AggregationRule()) throws(WorkerFailure) {
    guard rule.allowedLatenessSeconds == nil else {
      throw WorkerFailure(
        .setup,
        "workers cannot bound lateness: what is too late would depend on the order of the records "
          + "of all stations, which partitions do not keep",
        remedy: "Leave --allowed-lateness out, or run `moaa aggregate`")
    }
    guard rule.outputMode == .changed else {
      throw WorkerFailure(
        .setup, "workers emit what changed; the complete list of hours is nobody's alone",
        remedy: "Leave --output-mode out, or run `moaa aggregate`")
    }
    self.rule = rule
  }
}

/// What a worker tells while it runs.
public enum WorkerEvent: Sendable {
  /// A topic was missing.
  case createdTopic(name: String, partitionCount: Int32)
  /// The brokers do not tell whether a topic of the group keeps the newest row of each key.
  case settingsUnknown(topic: String, reason: String)
  /// The group has given these partitions; of their state so many rows had to be read.
  case assigned(raw: [Int32], parts: [Int32], readCount: Int64, seconds: Double)
  case revoked
  case committed(WorkerSummary)
  /// The group's offset in Kafka is another than the state's, which counts.
  case groupOffsetDiffers(partition: Int32, group: Int64, state: Int64)
  case acceptedGap(partition: Int32, missing: Range<Int64>)
  /// A session has failed, and another begins.
  case retries(String)
}

/// What a worker did.
public struct WorkerSummary: Sendable {
  /// Raw records folded and committed.
  public var recordCount: Int64 = 0
  /// Rows of the parts topic merged and committed.
  public var partCount: Int64 = 0
  /// Hours of stations, and hours over all stations, that were emitted.
  public var emittedCount: Int64 = 0
  /// Records refused.
  public var refusedCount: Int64 = 0
  public var commitCount = 0
  public var retryCount = 0
  /// Rows of state and parts read to take partitions over.
  public var restoredRowCount: Int64 = 0
  /// Partitions of the input that the member has now.
  public var partitionCount = 0
  /// Raw records of these partitions that are still to be folded: high watermarks, as far as Kafka has told
  /// them, less positions.
  public var lag: Int64 = 0
  public var wasInterrupted = false

  public init() {}
}

/// The steps of a session, between any two of which it may end.
enum WorkerStep: CaseIterable, Sendable {
  case joined, restored, polled, folded, began, published, sentOffsets, committed, copied
}
