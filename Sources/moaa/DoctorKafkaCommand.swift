// `moaa doctor kafka`: which brokers there are, how they are reached, and what they do for this user.

import Arguments
import Connections
import KafkaSync
import Pipeline

enum DoctorKafkaCommand: Subcommand {
  static let declaration = Command(
    "doctor kafka",
    "Check the brokers of Kafka: reachability, TLS, login, transactions, groups, topics.",
    options: KafkaOptions.connection + [CommonOptions.format],
    discussion: """
      Each broker is asked alone, and what moaa needs is tried. One trace remains: the brokers \
      remember the transactional id `moaa.doctor` for a week. Exit code 3: something is wrong.
      """,
    examples: [
      "moaa doctor kafka --brokers localhost:9092",
      "moaa doctor kafka --brokers kafka-1.example.org:9093 --kafka-config kafka.properties",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let report = KafkaReport(
      try KafkaOptions.settings(arguments),
      topics: [TopicName.raw, TopicName.hourly, TopicName.hourlyByStation, TopicName.quarantine])
    var table = ResultTable(
      CommonOptions.outputFormat(arguments), ["subject", "state", "detail"])
    for finding in report.findings {
      try table.add([
        .text(finding.subject), .text(finding.state.rawValue), .text(finding.detail),
      ])
    }
    try table.finish()
    return report.findings.contains { $0.state == .wrong } ? .checkFailed : .success
  }
}
