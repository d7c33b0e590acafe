// Which of librdkafka's errors mean what. Sources: rdkafka.h; Kafka's protocol guide, "Error Codes".

import CRdKafka

enum KafkaFailureTable {
  typealias Verdict = (kind: KafkaFailure.Kind, remedy: String)

  /// What is not listed may pass: most of Kafka's errors are of that kind.
  static func verdict(_ code: rd_kafka_resp_err_t) -> Verdict {
    byCode[code.rawValue] ?? (.transient, "")
  }

  /// What librdkafka has found out, but for errors that a new transaction or client meets again.
  static func kind(
    _ code: rd_kafka_resp_err_t, unlessSetup kind: KafkaFailure.Kind
  ) -> KafkaFailure.Kind {
    verdict(code).kind == .setup ? .setup : kind
  }

  /// Errors that say no more than that nobody answered.
  static func saysOnlyThatNobodyAnswered(_ code: rd_kafka_resp_err_t) -> Bool {
    silent.contains(code.rawValue)
  }

  private static let silent: Set<Int32> = Set(
    [
      RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
      RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
      RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__WAIT_COORD,
      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
    ].map(\.rawValue))

  private static let away = "The broker is not there now, or the network is not."
  private static let rights =
    "Give the user rights on it: READ, WRITE and DESCRIBE on topics, READ on the group, WRITE and "
    + "DESCRIBE on the transactional id, CREATE where topics are to be made."
  private static let login =
    "Check sasl.mechanisms, sasl.username and the password in the file given by --kafka-config."
  private static let unsupported = "The broker is older than what is asked of it, or no Kafka."

  private static let byCode: [Int32: Verdict] = {
    var table: [Int32: Verdict] = [:]
    func put(_ kind: KafkaFailure.Kind, _ codes: [rd_kafka_resp_err_t], _ remedy: String = "") {
      for code in codes { table[code.rawValue] = (kind, remedy) }
    }

    put(
      .transient,
      [
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__TIMED_OUT,
        RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
      ], away)

    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
      ], login)
    put(
      .setup, [RD_KAFKA_RESP_ERR__SSL],
      "Check security.protocol and ssl.ca.location in the file given by --kafka-config.")
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      ], rights)
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
      ], "Check the topic's name, or create it.")
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_INVALID_CONFIG,
        RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR_INVALID_PARTITIONS,
        RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS,
        RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR__INVALID_ARG,
        RD_KAFKA_RESP_ERR_SECURITY_DISABLED, RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED,
        RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, RD_KAFKA_RESP_ERR_INVALID_RECORD,
      ])
    put(
      .setup, [RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE],
      "Raise max.message.bytes of the topic, or message.max.bytes of broker and --kafka-config.")
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
      ], unsupported)

    // A member of a group that others have gone on without.
    put(
      .abort,
      [
        RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
      ])
    put(
      .fatal,
      [
        RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
        RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE,
        RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
        RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED,
        RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, RD_KAFKA_RESP_ERR__STATE,
      ])
    return table
  }()
}
