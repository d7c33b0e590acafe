// What there is in a cluster, and making topics.

import CRdKafka

public struct KafkaMetadata: Sendable {
  /// Partitions of each topic.
  public let topics: [String: Int32]
}

public final class KafkaCluster {
  private let client: OpaquePointer

  public init(_ settings: KafkaSettings) throws(KafkaFailure) {
    client = try KafkaSettings.client(RD_KAFKA_PRODUCER, try settings.configuration([]))
  }

  deinit { rd_kafka_destroy(client) }

  public func metadata(timeout: Double) throws(KafkaFailure) -> KafkaMetadata {
    var pointer: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(client, 1, nil, &pointer, Int32(timeout * 1000))
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = pointer else {
      throw KafkaFailure(code, "asking the cluster for its topics failed")
    }
    defer { rd_kafka_metadata_destroy(metadata) }
    var topics: [String: Int32] = [:]
    for index in 0..<Int(metadata.pointee.topic_cnt) {
      let topic = metadata.pointee.topics[index]
      if topic.err == RD_KAFKA_RESP_ERR_NO_ERROR {
        topics[String(cString: topic.topic)] = topic.partition_cnt
      }
    }
    return KafkaMetadata(topics: topics)
  }

  public func clusterID(timeout: Double) throws(KafkaFailure) -> String {
    guard let text = rd_kafka_clusterid(client, Int32(timeout * 1000)) else {
      throw KafkaFailure(RD_KAFKA_RESP_ERR__TRANSPORT, "asking for the cluster's id failed")
    }
    defer { rd_kafka_mem_free(client, text) }
    return String(cString: text)
  }

  /// - Parameter replication: -1 for the broker's default.
  public func createTopic(
    _ name: String, partitions: Int32, replication: Int32 = -1, settings: [String: String] = [:]
  ) throws(KafkaFailure) {
    var text = [CChar](repeating: 0, count: 512)
    guard let topic = rd_kafka_NewTopic_new(name, partitions, replication, &text, text.count) else {
      throw KafkaFailure(.setup, name: "_INVALID_ARG", message: "\(name) cannot be made a topic")
    }
    defer { rd_kafka_NewTopic_destroy(topic) }
    for (setting, value) in settings.sorted(by: { $0.key < $1.key }) {
      rd_kafka_NewTopic_set_config(topic, setting, value)
    }
    guard let queue = rd_kafka_queue_new(client) else { preconditionFailure("out of memory") }
    defer { rd_kafka_queue_destroy(queue) }
    var topics: [OpaquePointer?] = [topic]
    rd_kafka_CreateTopics(client, &topics, 1, nil, queue)
    guard let event = rd_kafka_queue_poll(queue, 30_000) else {
      throw KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT, "making topic \(name) failed")
    }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      throw KafkaFailure(code, "making topic \(name) failed")
    }
    var count = 0
    guard let result = rd_kafka_event_CreateTopics_result(event),
      let answers = rd_kafka_CreateTopics_result_topics(result, &count)
    else { return }
    for index in 0..<count {
      let answer = rd_kafka_topic_result_error(answers[index])
      if answer != RD_KAFKA_RESP_ERR_NO_ERROR, answer != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS {
        throw KafkaFailure(answer, "making topic \(name) failed")
      }
    }
  }
}
