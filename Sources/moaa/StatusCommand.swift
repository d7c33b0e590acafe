// `moaa status`: how far every consumer of the log is behind, sinks too.

import Arguments
import LogStore

enum StatusCommand: Subcommand {
  static let declaration = Command(
    "status", "Show how far each consumer is behind, in records and in seconds.",
    options: [CommonOptions.format, CommonOptions.store],
    discussion: """
      lag_seconds is the age of the oldest record that a consumer has not read, by its append time. \
      What a database has is known from the last commit; nobody is asked.
      """, examples: ["moaa status", "moaa status --format json"])

  private struct Row {
    let checkpoint: Checkpoint
    let topic: Topic
    /// Records that were not read and are there no more count too.
    var lag: Int64 { topic.nextOffset - checkpoint.nextOffset }
  }

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    let rows = try store.read { view in
      try view.checkpoints().map { Row(checkpoint: $0, topic: try view.topic($0.topic)) }
    }
    var table = ResultTable(
      CommonOptions.outputFormat(arguments),
      ["group", "topic", "next_offset", "lag_records", "lag_seconds"])
    for row in rows {
      try table.add([
        .text(row.checkpoint.group), .text(row.checkpoint.topic),
        .number(row.checkpoint.nextOffset.rawValue), .number(row.lag),
        .number(try ageSeconds(row, store)),
      ])
    }
    try table.finish()
    return .success
  }

  /// The age of the oldest record that was not read; 0 when there is none.
  private static func ageSeconds(_ row: Row, _ store: LogStore) throws -> Int64 {
    guard row.lag > 0 else { return 0 }
    // Another process may have let records go since.
    let start = try store.read { try $0.topic(row.topic.name).startOffset }
    let reader = try store.reader(
      of: row.topic.name, from: max(start, row.checkpoint.nextOffset))
    guard let batch = try reader.next() else { return 0 }
    return max(0, (store.options.clock.nowMilliseconds() - batch.appendTime) / 1000)
  }
}
