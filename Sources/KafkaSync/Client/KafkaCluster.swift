// Brokers and topics: what there is, and making topics.

import CRdKafka

/// What is asked of a cluster as a whole.
public final class KafkaCluster {
  public struct Broker: Hashable, Sendable {
    public let id: Int32
    public let host: String
    public let port: Int32
  }

  public struct Metadata: Sendable {
    public let brokers: [Broker]
    /// nil when none is known.
    public let controller: Int32?
    /// nil when the brokers give none.
    public let clusterID: String?
    /// Partition counts by name.
    public let topics: [String: Int]
    /// Topics that are there, perhaps, and of which the brokers cannot say more now.
    public let failures: [String: KafkaFailure]
  }

  private let handle: KafkaHandle

  public init(_ settings: KafkaSettings) throws(KafkaFailure) {
    handle = try KafkaHandle(.producer, settings, [:])
  }

  /// - Throws: a setup failure when a broker refuses, a transient one when none answers.
  public func metadata(timeout: Duration = .seconds(10)) throws(KafkaFailure) -> Metadata {
    var found: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(handle.pointer, 1, nil, &found, timeout.milliseconds)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { rd_kafka_poll(handle.pointer, 100) }
    try handle.check(code, while: "asking the brokers")
    guard let found else { throw .passing("the brokers said nothing") }
    defer { rd_kafka_metadata_destroy(found) }
    let content = found.pointee
    let brokers = (0..<Int(content.broker_cnt)).map { index in
      let broker = content.brokers[index]
      return Broker(id: broker.id, host: String(cString: broker.host), port: broker.port)
    }
    var topics: [String: Int] = [:]
    var failures: [String: KafkaFailure] = [:]
    for index in 0..<Int(content.topic_cnt) {
      let topic = content.topics[index]
      guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
        let name = String(cString: topic.topic)
        failures[name] = handle.failure(topic.err, while: "asking for topic \(name)")
        continue
      }
      topics[String(cString: topic.topic)] = Int(topic.partition_cnt)
    }
    let controller = rd_kafka_controllerid(handle.pointer, 1000)
    var clusterID: String?
    if let text = rd_kafka_clusterid(handle.pointer, 1000) {
      clusterID = String(cString: text)
      rd_kafka_mem_free(handle.pointer, text)
    }
    return Metadata(
      brokers: brokers.sorted { $0.id < $1.id }, controller: controller < 0 ? nil : controller,
      clusterID: clusterID, topics: topics, failures: failures)
  }

  /// Makes a topic.
  /// - Parameters:
  ///   - replication: nil: as the brokers have it by default.
  ///   - onlyAsks: whether the brokers shall only say what would come of it.
  /// - Returns: false when there was one already.
  @discardableResult
  public func createTopic(
    _ name: String, partitions: Int, replication: Int? = nil, settings: [String: String],
    onlyAsks: Bool = false, timeout: Duration = .seconds(30)
  ) throws(KafkaFailure) -> Bool {
    var words = Words()
    var topic = rd_kafka_NewTopic_new(
      name, Int32(partitions), Int32(replication ?? -1), &words.characters, words.characters.count)
    guard topic != nil else {
      throw .own("topic \(name) cannot be made: \(words.text)", remedy: "")
    }
    defer { rd_kafka_NewTopic_destroy(topic) }
    for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
      rd_kafka_NewTopic_set_config(topic, key, value)
    }
    let action = "creating topic \(name)"
    return try admin(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, action) { options, queue in
      if onlyAsks { rd_kafka_AdminOptions_set_validate_only(options, 1, nil, 0) }
      rd_kafka_CreateTopics(handle.pointer, &topic, 1, options, queue)
    } read: { event throws(KafkaFailure) in
      var count = 0
      guard
        let results = rd_kafka_CreateTopics_result_topics(
          rd_kafka_event_CreateTopics_result(event), &count), count == 1, let result = results[0]
      else { throw .passing("\(action): the brokers said nothing") }
      let code = rd_kafka_topic_result_error(result)
      if code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { return false }
      if code != RD_KAFKA_RESP_ERR_NO_ERROR {
        throw handle.failure(
          code, words: rd_kafka_topic_result_error_string(result).map { String(cString: $0) },
          while: action)
      }
      return true
    }
  }

  /// A topic's settings as the brokers have them, by name.
  /// - Throws: a setup failure where the brokers do not tell.
  public func settings(
    ofTopic name: String, timeout: Duration = .seconds(10)
  ) throws(KafkaFailure) -> [String: String] {
    var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
    defer { rd_kafka_ConfigResource_destroy(resource) }
    let action = "asking for the settings of topic \(name)"
    return try admin(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout, action) { options, queue in
      rd_kafka_DescribeConfigs(handle.pointer, &resource, 1, options, queue)
    } read: { event throws(KafkaFailure) in
      var count = 0
      guard
        let results = rd_kafka_DescribeConfigs_result_resources(
          rd_kafka_event_DescribeConfigs_result(event), &count), count == 1, let result = results[0]
      else { throw .passing("\(action): the brokers said nothing") }
      let code = rd_kafka_ConfigResource_error(result)
      if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw handle.failure(code, while: action) }
      var entryCount = 0
      let entries = rd_kafka_ConfigResource_configs(result, &entryCount)
      var settings: [String: String] = [:]
      for index in 0..<entryCount {
        guard let entry = entries?[index], let name = rd_kafka_ConfigEntry_name(entry),
          let value = rd_kafka_ConfigEntry_value(entry)
        else { continue }
        settings[String(cString: name)] = String(cString: value)
      }
      return settings
    }
  }

  /// Sends a request of the admin API and waits for what comes of it.
  private func admin<R>(
    _ operation: rd_kafka_admin_op_t, _ timeout: Duration, _ action: String,
    send: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
    read: (OpaquePointer) throws(KafkaFailure) -> R
  ) throws(KafkaFailure) -> R {
    let queue = rd_kafka_queue_new(handle.pointer)
    defer { rd_kafka_queue_destroy(queue) }
    let options = rd_kafka_AdminOptions_new(handle.pointer, operation)
    defer { rd_kafka_AdminOptions_destroy(options) }
    rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, nil, 0)
    if operation == RD_KAFKA_ADMIN_OP_CREATETOPICS {
      rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, nil, 0)
    }
    send(options, queue)
    guard let event = rd_kafka_queue_poll(queue, timeout.milliseconds + 1000) else {
      throw .passing("\(action): no answer")
    }
    defer { rd_kafka_event_destroy(event) }
    let code = rd_kafka_event_error(event)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      rd_kafka_poll(handle.pointer, 0)
      throw handle.failure(
        code, words: rd_kafka_event_error_string(event).map { String(cString: $0) }, while: action)
    }
    handle.noteSuccess()
    return try read(event)
  }
}
