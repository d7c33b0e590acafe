// Records that Kafka does not take: what is said about them, and where they are kept.

import CRdKafka
import LogStore

/// The end of a push whose policy is to stop at a record that is refused.
public struct RecordRefused: Error, Sendable, CustomStringConvertible {
  public let topic: String
  public let offset: Offset
  public let words: String

  public var description: String {
    "Kafka does not take the record at offset \(offset) of the local topic \(topic): \(words). "
      + "Nothing of its transaction was sent. Mend what refuses it, or let it go to the quarantine "
      + "topic with --on-bad-record quarantine"
  }
}

extension KafkaFailure {
  /// Whether it concerns what a message is, and not where it goes.
  var isAboutMessage: Bool {
    isCode(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) || isCode(RD_KAFKA_RESP_ERR_INVALID_RECORD)
      || isCode(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP) || isCode(RD_KAFKA_RESP_ERR_INVALID_MSG)
      || isCode(RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE)
  }

  /// Whether another producer of the same transactional id has begun.
  var isFenced: Bool {
    isCode(RD_KAFKA_RESP_ERR__FENCED) || isCode(RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
      || isCode(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
  }

  /// Whether a call took longer than it was given, and may be made again to go on.
  var isTimeout: Bool { kind == .transient && isCode(RD_KAFKA_RESP_ERR__TIMED_OUT) }

  /// Whether the broker has no transactions.
  var isUnsupported: Bool {
    isCode(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) || isCode(RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION)
      || isCode(RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT)
  }
}

/// Keeps refused records in the quarantine topic: before the commit that passes them over, so that
/// none is lost; a crash between the two leaves a record there twice.
final class RecordQuarantine {
  private let store: LogStore
  private let topic: String
  private let source: String
  private let policy: BadRecordPolicy
  private let tell: (PushEvent) -> Void
  /// What is not to be sent.
  private var reasons: [Offset: String] = [:]
  /// Those that this process has kept already: a commit may take more than one attempt.
  private var kept: Set<Offset> = []
  /// More are not a matter of single records any more.
  static let countMax = 1000

  init(
    _ store: LogStore, topic: String, source: String, policy: BadRecordPolicy,
    tell: @escaping (PushEvent) -> Void
  ) {
    self.store = store
    self.topic = topic
    self.source = source
    self.policy = policy
    self.tell = tell
  }

  func holds(_ offset: Offset) -> Bool { !reasons.isEmpty && reasons[offset] != nil }

  /// - Throws: `RecordRefused` where the policy is to stop; a setup failure when they are too many.
  func note(_ offset: Offset, _ reason: String) throws {
    guard policy == .quarantine else {
      throw RecordRefused(topic: source, offset: offset, words: reason)
    }
    guard reasons.count < Self.countMax else {
      throw KafkaFailure.own(
        "more than \(Self.countMax) records of \(source) were refused, the last at offset \(offset): "
          + reason, remedy: "Then it is not the records: look at the settings of the topic.")
    }
    reasons[offset] = reason
    tell(.refused(offset, reason: reason))
  }

  /// - Returns: how many records of the chunk are not sent.
  func keep(_ chunk: PushChunk) throws -> Int64 {
    let refused = reasons.keys.filter { $0 >= chunk.start && $0 < chunk.nextOffset }
    guard !refused.isEmpty else { return 0 }
    let builder = RecordBatchBuilder()
    for piece in chunk.pieces {
      try piece.batch.forEach(from: piece.offsets.lowerBound) { record in
        guard piece.offsets.contains(record.offset), !kept.contains(record.offset),
          let reason = reasons[record.offset]
        else { return }
        let about = [
          RecordHeader("reason", "refused-by-kafka"), RecordHeader("topic", source),
          RecordHeader("offset", "\(record.offset)"), RecordHeader("words", reason),
        ]
        // What is at the limit in the log has no room for more words there.
        let byteCount = (record.key?.count ?? 0) + (record.value?.count ?? 0)
        let fits = byteCount + reason.utf8.count + source.utf8.count + 200 <= Limits.recordBytesMax
        builder.append(
          eventTime: record.eventTime, key: record.key, value: fits ? record.value : nil,
          headers: fits ? about : about + [RecordHeader("value", "left in the log: too large")])
      }
    }
    if let batch = builder.take() {
      try store.write {
        try $0.createTopic(topic, retention: Retention(milliseconds: nil))
        try $0.append(batch, to: topic)
      }
      kept.formUnion(refused)
    }
    return Int64(refused.count)
  }

  /// Forgets what is behind a position that was committed.
  func forget(before offset: Offset) {
    guard !reasons.isEmpty else { return }
    reasons = reasons.filter { $0.key >= offset }
    kept = kept.filter { $0 >= offset }
  }
}
