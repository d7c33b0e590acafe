// `moaa status`: how far every consumer of the log is behind, sinks too.

import Arguments
import KafkaSync
import LogStore

enum StatusCommand: Subcommand {
  static let declaration = Command(
    "status", "Show how far each consumer is behind, in records and in seconds.",
    options: [CommonOptions.format, CommonOptions.store],
    discussion: """
      lag_seconds is the age of the oldest record that a consumer has not read, by its append time. \
      What a database has, and where a topic of Kafka ends, is known from the last commit; nobody is \
      asked. `from kafka`: next_offset is Kafka's, lag_seconds the time since nothing was left to pull.
      """, examples: ["moaa status", "moaa status --format json"])

  private struct Row {
    let checkpoint: Checkpoint
    let topic: Topic
    /// When the oldest record that was not read was appended; nil when there is none.
    let oldestAppendTime: Int64?
    /// Records that were not read and are there no more count too.
    var lag: Int64 { topic.nextOffset - checkpoint.nextOffset }
  }

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    let (rows, positions, gaps) = try store.read {
      view -> ([Row], [PullPosition], [KafkaGap]) in
      let topics = try view.topics().map(\.name)
      let positions = try topics.flatMap { try PullPosition.all(of: $0, view) }
      let gaps = try topics.flatMap { try KafkaOrigins.gaps($0, view) }
      return (try consumers(view), positions, gaps)
    }
    let now = store.options.clock.nowMilliseconds()
    var table = ResultTable(
      CommonOptions.outputFormat(arguments),
      ["group", "topic", "next_offset", "lag_records", "lag_seconds"])
    for row in rows {
      try table.add([
        .text(row.checkpoint.group), .text(row.checkpoint.topic),
        .number(row.checkpoint.nextOffset.rawValue), .number(row.lag),
        .number(row.oldestAppendTime.map { max(0, (now - $0) / 1000) } ?? 0),
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

  private static func consumers(_ view: ReadTransaction) throws -> [Row] {
    try view.checkpoints().map { checkpoint in
      let topic = try view.topic(checkpoint.topic)
      return Row(
        checkpoint: checkpoint, topic: topic,
        oldestAppendTime: try view.appendTime(
          of: topic, at: max(topic.startOffset, checkpoint.nextOffset)))
    }
  }
}
