// What an ingest did.

import Observations

/// Counts of one ingest.
public struct IngestSummary: Sendable {
  /// Files that were found.
  public var fileCount = 0
  /// Files of which rows were appended or would have been.
  public var readCount = 0
  /// Files that added nothing: all their rows were in the log already.
  public var knownCount = 0
  /// Files that have a header and no row.
  public var emptyCount = 0
  /// Files that begin like one ingested before and then differ: taken as files of their own.
  public var divergingNames: [String] = []
  /// Rows appended to the raw topic.
  public var recordCount: Int64 = 0
  /// Rows that went to the quarantine topic, by reason.
  public var refusedCounts: [RejectionReason: Int64] = [:]
  /// The first refused rows, for messages.
  public var refusedExamples: [InputFailure] = []
  /// Files that could not be used, or not to their end.
  public var failures: [InputFailure] = []
  /// Bytes read from the files, compressed ones where they are compressed.
  public var fileByteCount: Int64 = 0
  /// Whether the run was asked to stop before the end of its input.
  public var wasInterrupted = false

  public init() {}

  public var refusedCount: Int64 { refusedCounts.values.reduce(0, +) }
  /// How many refused rows are kept as examples.
  public static let exampleCountMax = 5
}

/// How far an ingest has come with the files of which it appends rows, told while it runs. Bytes are
/// as the files hold them, compressed ones where they are compressed.
public struct IngestProgress: Sendable {
  public let recordCount: Int64
  public let fileByteCount: Int64
  /// Of all files of which rows are appended.
  public let fileByteTotal: Int64
}
