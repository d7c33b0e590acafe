// `moaa status`: how far every consumer of the log is behind, sinks too.

import Arguments
import KafkaSync
import LogStore

enum StatusCommand: Subcommand {
  static let declaration = Command(
    "status", "Show how far each consumer is behind, in records and in seconds.",
    options: [
      CommonOptions.format, .flag("json", "The same as --format json."), CommonOptions.store,
    ],
    discussion: """
      lag_seconds is the age of the oldest record that a consumer has not read, by its append time. \
      What a database has, and where a topic of Kafka ends, is known from the last commit; nobody is \
      asked. `from kafka`: next_offset is Kafka's, lag_seconds the time since nothing was left to pull.
      """, examples: ["moaa status", "moaa status --json"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    let (rows, positions, gaps) = try store.read {
      view -> ([ConsumerLag], [PullPosition], [KafkaGap]) in
      let topics = try view.topics().map(\.name)
      let positions = try topics.flatMap { try PullPosition.all(of: $0, view) }
      let gaps = try topics.flatMap { try KafkaOrigins.gaps($0, view) }
      return (try ConsumerLag.all(view), positions, gaps)
    }
    let now = store.options.clock.nowMilliseconds()
    var table = ResultTable(
      arguments.flag("json") ? .json : CommonOptions.outputFormat(arguments),
      ["group", "topic", "next_offset", "lag_records", "lag_seconds"])
    for row in rows {
      try table.add([
        .text(row.checkpoint.group), .text(row.checkpoint.topic),
        .number(row.checkpoint.nextOffset.rawValue), .number(row.recordCount),
        .number(row.seconds(at: now)),
      ])
    }
    for position in positions {
      try table.add([
        .text("from kafka"), .text("\(position.partition)"), .number(position.nextOffset),
        .number(position.lag),
        .number(position.lag == 0 ? 0 : max(0, (now - position.caughtUpTime) / 1000)),
      ])
    }
    try table.finish()
    for gap in gaps { Message.plain("expired before they were pulled: \(gap)") }
    return .success
  }
}
