// Options of the commands that talk to Kafka.

import Arguments
import Glibc
import KafkaSync

enum KafkaOptions {
  static let connection: [Option] = [
    .value(
      "brokers", "HOST:PORT",
      "The brokers to begin with, with commas between (default: $MOAA_KAFKA).")
  ]

  static func settings(_ arguments: ParsedArguments) throws -> KafkaSettings {
    let brokers =
      arguments.value("brokers") ?? getenv("MOAA_KAFKA").map { String(cString: $0) } ?? ""
    guard !brokers.isEmpty else {
      throw UsageError(message: "--brokers: say where Kafka is, as in --brokers localhost:9092")
    }
    var settings = KafkaSettings(brokers: brokers)
    for pair in (getenv("MOAA_KAFKA_PROPERTIES").map { String(cString: $0) } ?? "").split(
      separator: ",")
    {
      let parts = pair.split(separator: "=", maxSplits: 1)
      settings = try settings.setting(String(parts[0]), String(parts[1]))
    }
    return settings
  }
}
