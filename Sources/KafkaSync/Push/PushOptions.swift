// What can be chosen about a push, and what it tells.

import LogStore

/// Which time a pushed message has.
public enum PushTimestamps: String, Sendable, CaseIterable {
  /// When its batch was appended to the local log. Brokers delete by the timestamp: a record of 1950
  /// would be gone on arrival.
  case append
  /// The record's own.
  case event
}

/// What to do about a record that Kafka does not take.
public enum BadRecordPolicy: String, Sendable, CaseIterable {
  /// Nothing of its transaction is sent, and the push ends.
  case stop
  /// It is kept in the quarantine topic, and the rest goes on.
  case quarantine
}

/// Where to begin when Kafka has no position.
public enum PushStart: Sendable, Equatable {
  /// The oldest record that is retained.
  case beginning
  /// The store's copy of the position.
  case stored
  case offset(Offset)
}

public struct PushOptions: Sendable {
  /// Records a transaction holds at most. Changes no result.
  public var recordsPerCommit = 50_000
  /// The checkpoint's group: for retention and `moaa status` alone.
  public var group = "kafka.main"
  /// The topic in Kafka; nil: named as the local one.
  public var target: String?
  /// For a topic that is made; one that is there is compared with it. nil: 1.
  public var partitions: Int?
  /// nil: the brokers' default.
  public var replication: Int?
  public var timestamps = PushTimestamps.append
  /// Whether each batch is sent in a transaction with its position.
  public var isTransactional = true
  public var badRecords = BadRecordPolicy.stop
  public var quarantineTopic = "quarantine"
  /// Whether a store that is not the one behind the position may go on.
  public var adopts = false
  /// Whether records that retention took before they were sent may be passed over.
  public var acceptsGap = false
  public var start: PushStart?
  /// Whether records may be sent that were pulled from a Kafka topic of the same name.
  public var sendsPulled = false
  /// How long to go on trying while nothing succeeds; nil: without end.
  public var patience: Duration? = .seconds(300)

  public init() {}
}

/// What a push has done.
public struct PushSummary: Sendable, Equatable {
  public var commitCount = 0
  /// Messages that were sent.
  public var recordCount: Int64 = 0
  /// Of their keys and values.
  public var byteCount: Int64 = 0
  /// Control records, which are not sent.
  public var controlCount: Int64 = 0
  public var refusedCount: Int64 = 0
  /// Attempts that failed and were made again.
  public var retryCount = 0
  /// Commits whose outcome was not known, and which had taken place.
  public var settledCount = 0
  /// Where it has come to; nil when it was not found out.
  public var nextOffset: Offset?
  public var wasInterrupted = false

  public init() {}

  mutating func add(_ done: PushSummary) {
    commitCount += done.commitCount
    recordCount += done.recordCount
    byteCount += done.byteCount
    controlCount += done.controlCount
    refusedCount += done.refusedCount
    nextOffset = done.nextOffset
  }
}

/// What is worth a line while a push goes on.
public enum PushEvent: Sendable {
  case created(topic: String, partitions: Int, settings: [String: String])
  /// A topic is not as it would have been made. Nothing is changed about it.
  case differs(topic: String, setting: String, found: String, expected: String)
  /// The brokers do not tell a topic's settings.
  case settingsUnknown(topic: String, KafkaFailure)
  /// Kafka had no position.
  case begins(at: Offset)
  case adopts(at: Offset, reason: String)
  case passesGap(from: Offset, to: Offset)
  case refused(Offset, reason: String)
  case retries(KafkaFailure)
  case committed(PushSummary, lag: Int64)
}
