// Which errors may pass, and which want somebody to change something.

import CRdKafka
import Testing

@testable import KafkaSync

@Suite struct FailureTests {
  private func kind(_ code: rd_kafka_resp_err_t) -> KafkaFailure.Kind { KafkaFailure(code).kind }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
    RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
    RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
    RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
  ])
  func whatIsAwayMayPass(_ code: rd_kafka_resp_err_t) { #expect(kind(code) == .transient) }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
    RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
    RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
  ])
  func whatSomebodyMustChangeSaysWhat(_ code: rd_kafka_resp_err_t) {
    let failure = KafkaFailure(code)
    #expect(failure.kind == .setup)
    #expect(!failure.remedy.isEmpty, "\(failure)")
  }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
    RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
  ])
  func aGroupThatWentOnEndsTheTransaction(_ code: rd_kafka_resp_err_t) {
    #expect(kind(code) == .abort)
  }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
    RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
  ])
  func whoWasFencedIsOfNoUseAnyMore(_ code: rd_kafka_resp_err_t) { #expect(kind(code) == .fatal) }

  @Test func theDescriptionHasActionWordsNameAndRemedy() {
    let failure = KafkaFailure(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, while: "producing")
    #expect(failure.name == "TOPIC_AUTHORIZATION_FAILED")
    #expect(
      failure.description
        == "producing: Broker: Topic authorization failed (TOPIC_AUTHORIZATION_FAILED). "
        + failure.remedy)
    #expect(KafkaFailure.own("a", remedy: "").description == "a")
    #expect(KafkaFailure.own("a", remedy: "B.").description == "a. B.")
  }

  @Test func aFaultThatMoaaFoundIsOfNoCode() {
    #expect(!KafkaFailure.own("a", remedy: "").isCode(RD_KAFKA_RESP_ERR_NO_ERROR))
    #expect(KafkaFailure(RD_KAFKA_RESP_ERR__SSL).isCode(RD_KAFKA_RESP_ERR__SSL))
  }
}
