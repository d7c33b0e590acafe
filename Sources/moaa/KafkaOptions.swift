// The options of commands that talk to Kafka.

import Arguments
import KafkaSync

enum KafkaOptions {
  static let connection: [Option] = [
    .value(
      "brokers", "HOST:PORT",
      "The brokers to begin with, with commas between (default: $\(KafkaSettings.brokersVariable), "
        + "else the file's)."),
    config,
  ]

  static let config = Option.value(
    "kafka-config", "FILE",
    "librdkafka's properties as NAME=VALUE lines: TLS, SASL and so on. A password may stand in "
      + "MOAA_KAFKA_PASSWORD instead.")

  /// For commands that declare all options of `connection`.
  static func settings(_ arguments: ParsedArguments) throws -> KafkaSettings {
    try settings(arguments, brokers: arguments.value("brokers"))
  }

  /// - Parameter brokers: instead of `--brokers`.
  static func settings(
    _ arguments: ParsedArguments, brokers: String?
  ) throws -> KafkaSettings {
    do throws(KafkaFailure) {
      return try KafkaSettings.load(
        brokers: brokers, file: arguments.value("kafka-config"))
    } catch {
      throw UsageError(message: error.description)
    }
  }
}
