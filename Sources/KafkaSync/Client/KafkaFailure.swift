// What can go wrong with Kafka: its name and words, what kind of fault it is, and what to do.

import CRdKafka

/// An error of a broker, of the connections to the brokers, or of what was said about them.
public struct KafkaFailure: Error, Sendable, Hashable {
  public enum Kind: String, Sendable {
    /// May pass: the same is worth another attempt.
    case transient
    /// The transaction must be given up; a new one may succeed.
    case abort
    /// The client is of no use any more; a new one may be.
    case fatal
    /// Does not pass by itself: somebody has to change something.
    case setup
  }

  public let kind: Kind
  /// librdkafka's name of the error, as `_TRANSPORT` or `TOPIC_AUTHORIZATION_FAILED`; empty when moaa
  /// itself found the fault.
  public let name: String
  public let words: String
  /// What was being done; empty when the words say it.
  public let action: String
  /// What to do about it, as a sentence; empty when there is nothing to add.
  public let remedy: String
  let code: Int32
  /// Of a message that was not delivered: what it was given along.
  public internal(set) var tag: Int?

  init(
    _ code: rd_kafka_resp_err_t, words: String? = nil, kind: Kind? = nil, while action: String = ""
  ) {
    let words = words ?? String(cString: rd_kafka_err2str(code))
    let verdict = KafkaFailureTable.verdict(code, words: words)
    self.kind = kind ?? verdict.kind
    self.code = code.rawValue
    name = String(cString: rd_kafka_err2name(code))
    self.words = words
    self.action = action
    remedy = verdict.remedy
  }

  private init(kind: Kind, words: String, remedy: String) {
    self.kind = kind
    self.words = words
    self.remedy = remedy
    name = ""
    action = ""
    code = 0
  }

  /// A fault of the set-up that moaa itself has found.
  public static func own(_ words: String, remedy: String) -> KafkaFailure {
    KafkaFailure(kind: .setup, words: words, remedy: remedy)
  }

  /// Something that does not hold now and may later.
  public static func passing(_ words: String) -> KafkaFailure {
    KafkaFailure(kind: .transient, words: words, remedy: "")
  }

  /// Whether it says that a topic or an offset is not there. Asked for anew, the brokers tell more.
  public var saysNotThere: Bool {
    [
      RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
      RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
    ].contains { isCode($0) }
  }

  func isCode(_ code: rd_kafka_resp_err_t) -> Bool {
    self.code == code.rawValue && code.rawValue != 0
  }
}

extension KafkaFailure: CustomStringConvertible {
  public var description: String {
    var text = action.isEmpty ? words : "\(action): \(words)"
    if !name.isEmpty { text += " (\(name))" }
    return remedy.isEmpty ? text : "\(text). \(remedy)"
  }
}
