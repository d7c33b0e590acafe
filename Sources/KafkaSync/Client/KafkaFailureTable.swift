// Which error codes mean what. Negative ones are librdkafka's own, the others the brokers'. Sources:
// librdkafka's rdkafka.h; Apache Kafka, "Protocol", Error Codes; KIP-360 and KIP-588 for producers.

import CRdKafka

enum KafkaFailureTable {
  typealias Verdict = (kind: KafkaFailure.Kind, remedy: String)

  static func isKnown(_ code: rd_kafka_resp_err_t) -> Bool { byCode[code.rawValue] != nil }

  static func verdict(_ code: rd_kafka_resp_err_t, words: String) -> Verdict {
    // Somebody has cut the handshake off: nothing is known to be set up wrongly.
    let passes = ["Connection reset", "Broken pipe", "Connection timed out"]
    if code == RD_KAFKA_RESP_ERR__SSL, passes.contains(where: words.contains) {
      return (.transient, brokerAway)
    }
    // Codes that nobody knows may be a newer broker's: another attempt would go on for ever.
    return byCode[code.rawValue] ?? (.setup, "")
  }

  /// Codes by which librdkafka says that nobody answered; a refusal that was told shortly before is the
  /// reason.
  static let unanswered: Set<rd_kafka_resp_err_t.RawValue> = Set(
    [
      RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
      RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
      RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__WAIT_COORD,
      RD_KAFKA_RESP_ERR__DESTROY, RD_KAFKA_RESP_ERR__NODE_UPDATE,
    ].map(\.rawValue))

  /// Events that say that a broker refuses, and not that it is away.
  static let refusals: Set<rd_kafka_resp_err_t.RawValue> = Set(
    [
      RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL,
      RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
    ].map(\.rawValue))

  private static let brokerAway = "The broker is not there now, or the network is not."
  private static let busy = "The brokers are busy with their own affairs."
  private static let rights = "Give this user the rights on the brokers (kafka-acls)."
  private static let credentials =
    "Check sasl.mechanism, sasl.username and the password (MOAA_KAFKA_PASSWORD)."
  private static let tls =
    "Check security.protocol, and ssl.ca.location, the file of the authority that signed the broker's "
    + "certificate; the host's name must be the one in the certificate."
  private static let replaced =
    "Another process works under the same name, and has taken the place of this one."
  private static let group = "The group has changed; this member has to join again."

  private static let byCode: [rd_kafka_resp_err_t.RawValue: Verdict] = {
    var table: [rd_kafka_resp_err_t.RawValue: Verdict] = [:]
    func put(_ kind: KafkaFailure.Kind, _ codes: [rd_kafka_resp_err_t], _ remedy: String = "") {
      for code in codes { table[code.rawValue] = (kind, remedy) }
    }

    put(
      .transient,
      [
        RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
        RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__WAIT_COORD,
        RD_KAFKA_RESP_ERR__NODE_UPDATE, RD_KAFKA_RESP_ERR__DESTROY,
        RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
      ], brokerAway)
    put(
      .transient,
      [
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_ELIGIBLE_LEADERS_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
        RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_STALE_BROKER_EPOCH, RD_KAFKA_RESP_ERR_STALE_CTRL_EPOCH,
        RD_KAFKA_RESP_ERR_REASSIGNMENT_IN_PROGRESS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
        RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
        RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        RD_KAFKA_RESP_ERR_FETCH_SESSION_ID_NOT_FOUND,
        RD_KAFKA_RESP_ERR_INVALID_FETCH_SESSION_EPOCH, RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED,
      ], busy)
    put(
      .transient,
      [
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR__ISR_INSUFF,
      ], "Too few brokers have the partition: let those that are down come back.")
    // Told by the client about itself; also a message that came damaged over the network.
    put(
      .transient,
      [
        RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR__INTR,
        RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR__IN_PROGRESS,
        RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__OUTDATED,
        RD_KAFKA_RESP_ERR__CONFLICT, RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR__NO_OFFSET,
        RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
        RD_KAFKA_RESP_ERR__UNDERFLOW,
      ])
    put(
      .transient, [RD_KAFKA_RESP_ERR__BAD_MSG],
      "An answer came damaged, or it is larger than receive.message.max.bytes of --kafka-config.")
    put(
      .abort,
      [
        RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_MEMBER_ID_REQUIRED,
        RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
        RD_KAFKA_RESP_ERR__UNKNOWN_GROUP,
      ], group)

    // With the cable out no name is known.
    put(.transient, [RD_KAFKA_RESP_ERR__RESOLVE], "Check the host's name, and the network.")
    put(.setup, [RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR_SECURITY_DISABLED], tls)
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE,
        RD_KAFKA_RESP_ERR_UNACCEPTABLE_CREDENTIAL,
      ], credentials)
    put(.setup, [RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED], "The topic: " + rights)
    put(.setup, [RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED], "The group: " + rights)
    put(
      .setup, [RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
      "The transactional id: " + rights)
    put(.setup, [RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED], "The cluster: " + rights)
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
        RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
      ], "Check the topic's name, or create it; a user without rights on it cannot see it either.")
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
        RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
      ],
      "Raise max.message.bytes of the topic (message.max.bytes of the brokers), and message.max.bytes "
        + "in the file of --kafka-config.")
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED,
        RD_KAFKA_RESP_ERR__BAD_COMPRESSION,
      ], "The broker, or this librdkafka, cannot do that: see `moaa doctor kafka`.")
    put(
      .setup,
      [
        RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
      ], "The messages there have expired, or the topic was made anew.")
    put(
      .setup, [RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT],
      "Lower transaction.timeout.ms, or raise transaction.max.timeout.ms of the brokers.")
    put(
      .setup, [RD_KAFKA_RESP_ERR_POLICY_VIOLATION], "The brokers have a policy that forbids it.")
    put(
      .setup, [RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR],
      "There are fewer brokers than the topic shall have replicas.")
    put(
      .setup, [RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL],
      "The group's members have no partition.assignment.strategy in common.")

    put(
      .abort,
      [
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
        RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED,
      ])

    put(
      .fatal,
      [
        RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
        RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED,
      ], replaced)
    put(
      .fatal,
      [
        RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE,
        RD_KAFKA_RESP_ERR__INCONSISTENT, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE,
        RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR__STATE,
      ])
    return table
  }()
}
