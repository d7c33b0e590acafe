// Options of the commands that talk to Kafka.

import Arguments
import Glibc
import KafkaSync

enum KafkaOptions {
  static let connection: [Option] = [
    .value(
      "brokers", "HOST:PORT",
      "The brokers to begin with, with commas between (default: $MOAA_KAFKA)."),
    .value(
      "kafka-config", "FILE",
      "Properties of librdkafka, a line `name=value` each; lines that begin with # are comments."),
  ]

  static func settings(_ arguments: ParsedArguments) throws -> KafkaSettings {
    let brokers =
      arguments.value("brokers") ?? getenv("MOAA_KAFKA").map { String(cString: $0) } ?? ""
    guard !brokers.isEmpty else {
      throw UsageError(message: "say where Kafka is: --brokers localhost:9092, or MOAA_KAFKA")
    }
    let settings = KafkaSettings(brokers: brokers)
    return try arguments.value("kafka-config").map { try adding($0, to: settings) } ?? settings
  }

  private static func adding(_ path: String, to settings: KafkaSettings) throws -> KafkaSettings {
    guard let file = fopen(path, "r") else {
      throw UsageError(
        message: "--kafka-config: cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var settings = settings
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var number = 0
    while getline(&line, &capacity, file) >= 0, let bytes = line {
      number += 1
      let text = String(cString: bytes).split(separator: "\n", omittingEmptySubsequences: false)[0]
      if text.allSatisfy(\.isWhitespace) || text.hasPrefix("#") { continue }
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw UsageError(message: "\(path), line \(number): expected name=value")
      }
      do {
        settings = try settings.setting(String(parts[0]), String(parts[1]))
      } catch {
        throw UsageError(message: "\(path), line \(number): \(error.message)")
      }
    }
    return settings
  }
}
