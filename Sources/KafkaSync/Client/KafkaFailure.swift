// What can go wrong with Kafka, and what may be done about it.

import CRdKafka

public struct KafkaFailure: Error, Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    /// May pass by itself: a broker that is down, a leader that has moved.
    case transient
    /// Will not pass by itself: authentication, rights, an unknown topic, a wrong setting.
    case setup
    /// The transaction must be aborted, and begun again.
    case abort
    /// The client must be thrown away: another has taken its place.
    case fatal
  }

  public let kind: Kind
  /// librdkafka's name of the error, such as `_TRANSPORT`.
  public let name: String
  public let message: String
  /// What to do about it, as a sentence; empty when there is nothing to add.
  public let remedy: String

  public init(_ kind: Kind, name: String, message: String, remedy: String = "") {
    self.kind = kind
    self.name = name
    self.message = message
    self.remedy = remedy
  }

  public var description: String {
    remedy.isEmpty ? "\(message) (\(name))" : "\(message) (\(name)). \(remedy)"
  }

  init(_ code: rd_kafka_resp_err_t, _ what: String) {
    let name = String(cString: rd_kafka_err2name(code))
    self.init(
      Self.kind(code), name: name, message: "\(what): \(String(cString: rd_kafka_err2str(code)))")
  }

  /// Takes over an error object of librdkafka, which it frees.
  init(taking error: OpaquePointer, _ what: String) {
    let code = rd_kafka_error_code(error)
    var kind = Self.kind(code)
    if rd_kafka_error_is_fatal(error) != 0 {
      kind = .fatal
    } else if rd_kafka_error_txn_requires_abort(error) != 0 {
      kind = .abort
    } else if rd_kafka_error_is_retriable(error) != 0 {
      kind = .transient
    }
    self.init(
      kind, name: String(cString: rd_kafka_err2name(code)),
      message: "\(what): \(String(cString: rd_kafka_error_string(error)))")
    rd_kafka_error_destroy(error)
  }

  private static func kind(_ code: rd_kafka_resp_err_t) -> Kind {
    switch code {
    case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      .fatal
    case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL,
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
      RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_CONFIG:
      .setup
    default: .transient
    }
  }
}
