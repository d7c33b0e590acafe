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

  /// With one more property, which goes before those of the same name.
  public func setting(_ name: String, _ value: String) throws(KafkaFailure) -> KafkaSettings {
    var settings = self
    settings.properties.append((name, value))
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
