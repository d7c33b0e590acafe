// What the store tells about its topics, segments, consumer groups and outside sources.

/// How long a topic keeps its records. nil: without bound.
public struct Retention: Hashable, Sendable {
  /// By append time, in milliseconds.
  public var milliseconds: Int64?
  /// By stored bytes of the sealed segments and the active one.
  public var bytes: Int64?

  public init(milliseconds: Int64? = Limits.retentionMilliseconds, bytes: Int64? = nil) {
    self.milliseconds = milliseconds
    self.bytes = bytes
  }
}

/// A named, totally ordered log.
public struct Topic: Hashable, Sendable {
  let id: Int64
  public let name: String
  /// The oldest offset still held.
  public var startOffset: Offset
  /// The high watermark: the offset after the last committed record.
  public var nextOffset: Offset
  public var retention: Retention

  public var recordCount: Int64 { nextOffset - startOffset }
}

/// A run of batches that retention removes as a whole.
public struct Segment: Hashable, Sendable {
  public let baseOffset: Offset
  public var nextOffset: Offset
  public var batchCount: Int64
  /// Stored (compressed) bytes.
  public var byteCount: Int64
  /// Append times in milliseconds since 1970 UTC.
  public let oldestAppendTime: Int64
  public var newestAppendTime: Int64
  /// A segment that is not sealed is the active one.
  public var isSealed: Bool
  /// Chain of SHA-256 over the segment's batches: hash(previous hash, batch header, payload).
  public var contentHash: [UInt8]
}

/// How far a consumer group has come in a topic, and the state that belongs to that position.
public struct Checkpoint: Hashable, Sendable {
  public let group: String
  public let topic: String
  /// The next offset that the group will read.
  public var nextOffset: Offset
  /// What the job is: a job with another fingerprint must not continue here. Empty: any may.
  public var fingerprint: String
  /// The job's own words.
  public var jobState: [UInt8]
  /// Counts the saves, for fencing.
  public internal(set) var epoch: Int64

  public init(
    group: String, topic: String, nextOffset: Offset = .zero, fingerprint: String,
    jobState: [UInt8] = []
  ) {
    self.group = group
    self.topic = topic
    self.nextOffset = nextOffset
    self.fingerprint = fingerprint
    self.jobState = jobState
    epoch = 0
  }
}

/// How far an outside source has been read.
public struct SourcePosition: Hashable, Sendable {
  public let source: String
  public let partition: Int64
  public var position: Int64
  /// The reader's own words.
  public var detail: [UInt8]

  public init(source: String, partition: Int64, position: Int64, detail: [UInt8] = []) {
    self.source = source
    self.partition = partition
    self.position = position
    self.detail = detail
  }
}
