// How a pull runs, what it tells, and what it has done.

import LogStore

public struct PullOptions: Sendable {
  /// Where to begin with a topic that was never pulled.
  public enum Start: Sendable, Equatable {
    case beginning
    /// Only where a position is stored.
    case stored
    /// At the first record of that time or later, in milliseconds since 1970 UTC.
    case time(Int64)
  }

  /// Topics of Kafka; the local ones have the same names.
  public var topics: [String]
  /// nil: where a position is stored, else at the beginning. Given although a position is stored, and
  /// not `.stored`, it is refused: records would come twice, or not at all.
  public var start: Start?
  /// Whether to go on at the end.
  public var follows = false
  /// Whether to go on behind records that have expired before they were pulled.
  public var acceptsGaps = false
  /// A transaction holds about so many records at most. Changes no record.
  public var recordsPerCommit = 65_536
  /// And about so many bytes: what is collected lies in memory.
  public var bytesPerCommit = 32 << 20
  /// How long to go on trying while nothing succeeds; nil: without end.
  public var patience: Duration? = .seconds(300)
  /// With `follows`: when nothing has come for so long, the input counts as ended for now.
  public var idleTime: Duration = .seconds(5)
  /// With `follows`: how often the brokers are asked whether topics have got more partitions. Tests take
  /// less.
  var partitionPeriod = Duration.seconds(30)
  /// What the log takes as one record. Tests take less.
  var recordBytesMax = Limits.recordBytesMax

  public init(topics: [String]) { self.topics = topics }
}

/// What the topics of the store need besides their records.
public struct PullRules {
  /// Makes a topic, if there is none.
  public var prepare: (_ topic: String, WriteTransaction) throws -> Void
  /// A control record to be appended where the input ends for now; nil: none is needed.
  public var flush: (_ topic: String, LogStore) throws -> EncodedBatch?
  /// Called now and then, between transactions.
  public var keepHouse: () throws -> Void

  public init(
    prepare: @escaping (String, WriteTransaction) throws -> Void = { try $1.createTopic($0) },
    flush: @escaping (String, LogStore) throws -> EncodedBatch? = { _, _ in nil },
    keepHouse: @escaping () throws -> Void = {}
  ) {
    self.prepare = prepare
    self.flush = flush
    self.keepHouse = keepHouse
  }
}

public enum PullEvent: Sendable {
  case begins(partitions: Int)
  case committed(PullSummary)
  case retries(KafkaFailure)
  case gap(KafkaGap)
  /// Compaction has taken the last record that was pulled: whether the topic is still the same could
  /// not be proved.
  case unproved(TopicPartition)
}

/// What a pull has done.
public struct PullSummary: Sendable {
  public struct Partition: Sendable {
    /// The Kafka offset that comes next.
    public var nextOffset: Int64
    /// The end of the partition as it is known.
    public var end: Int64

    public var lag: Int64 { max(0, end - nextOffset) }
  }

  public var recordCount: Int64 = 0
  /// Of keys and values.
  public var byteCount: Int64 = 0
  public var commitCount = 0
  /// Attempts that failed and were made again.
  public var retryCount = 0
  /// Control records that say that the input has ended for now.
  public var flushCount = 0
  public var partitions: [TopicPartition: Partition] = [:]
  public var gaps: [KafkaGap] = []
  public var wasInterrupted = false

  /// Records that are there and not pulled; offsets that hold none count too.
  public var lag: Int64 { partitions.values.reduce(0) { $0 + $1.lag } }

  public init() {}
}

/// Why a pull cannot go on. Nothing was skipped.
public struct PullRefused: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable {
    /// `start` does not go with what is stored.
    case start
    /// Records have expired before they were pulled.
    case gap
    /// The topic is not the one that was pulled before.
    case otherHistory
    /// A record that the log cannot hold.
    case record
    /// The store sends this topic to Kafka itself.
    case ownTopic
  }

  public let reason: Reason
  public let words: String
  public let remedy: String

  init(_ reason: Reason, _ words: String, remedy: String) {
    self.reason = reason
    self.words = words
    self.remedy = remedy
  }

  public var description: String { "\(words). \(remedy)" }
}
