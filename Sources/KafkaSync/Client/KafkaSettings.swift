// Where the brokers are, and librdkafka's own properties.

import CRdKafka

public struct KafkaSettings: Sendable {
  /// `host:port`, with commas between.
  public let brokers: String
  private var properties: [(name: String, value: String)]

  public init(brokers: String, properties: [(name: String, value: String)] = []) {
    self.brokers = brokers
    self.properties = properties
  }

  /// Set by moaa itself, since its guarantees rest on them.
  private static let reserved: Set<String> = [
    "bootstrap.servers", "metadata.broker.list", "group.id", "enable.auto.commit",
    "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof", "isolation.level",
    "acks",
    "request.required.acks", "enable.idempotence", "transactional.id", "partitioner",
  ]

  /// With one more property, which goes before those of the same name.
  /// - Throws: `.setup`, in librdkafka's words, for one that it does not know or a value it does not take.
  public func setting(_ name: String, _ value: String) throws(KafkaFailure) -> KafkaSettings {
    guard !Self.reserved.contains(name) else {
      throw KafkaFailure(
        .setup, name: "_INVALID_ARG",
        message: "\(name) is set by moaa itself, whose guarantees rest on it",
        remedy: "Leave it out")
    }
    var settings = self
    settings.properties.append((name, value))
    rd_kafka_conf_destroy(try settings.configuration([]))
    return settings
  }

  /// A configuration, to be given to `rd_kafka_new`.
  func configuration(_ own: [(String, String)]) throws(KafkaFailure) -> OpaquePointer {
    guard let configuration = rd_kafka_conf_new() else { preconditionFailure("out of memory") }
    var text = [CChar](repeating: 0, count: 512)
    for (name, value) in [("bootstrap.servers", brokers)] + properties.map({ ($0.name, $0.value) })
      + own
    {
      guard rd_kafka_conf_set(configuration, name, value, &text, text.count) == RD_KAFKA_CONF_OK
      else {
        rd_kafka_conf_destroy(configuration)
        throw KafkaFailure(
          .setup, name: "_INVALID_ARG",
          message: String(
            decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
      }
    }
    rd_kafka_conf_set_log_cb(configuration) { _, _, _, _ in }
    return configuration
  }

  static func client(
    _ type: rd_kafka_type_t, _ configuration: OpaquePointer
  ) throws(KafkaFailure) -> OpaquePointer {
    var text = [CChar](repeating: 0, count: 512)
    guard let client = rd_kafka_new(type, configuration, &text, text.count) else {
      rd_kafka_conf_destroy(configuration)
      throw KafkaFailure(
        .setup, name: "_INVALID_ARG",
        message: String(
          decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    return client
  }
}
