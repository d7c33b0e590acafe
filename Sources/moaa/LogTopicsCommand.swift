// `moaa log topics`, `log groups` and `log segments`: what the log holds.

import Arguments
import LogStore

enum LogTopicsCommand: Subcommand {
  static let declaration = Command(
    "log topics", "List the topics.", options: [CommonOptions.format, CommonOptions.store])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    var table = ResultTable(
      CommonOptions.outputFormat(arguments),
      [
        "topic", "start_offset", "high_watermark", "records", "segments", "bytes",
        "retention_hours", "retention_bytes",
      ])
    try store.read { view in
      for topic in try view.topics() {
        let segments = try view.segments(of: topic)
        try table.add([
          .text(topic.name), .number(topic.startOffset.rawValue),
          .number(topic.nextOffset.rawValue), .number(topic.recordCount),
          .number(Int64(segments.count)), .number(segments.reduce(0) { $0 + $1.byteCount }),
          topic.retention.milliseconds.map { .number($0 / 3_600_000) } ?? .missing,
          topic.retention.bytes.map { .number($0) } ?? .missing,
        ])
      }
    }
    try table.finish()
    return .success
  }
}

enum LogGroupsCommand: Subcommand {
  static let declaration = Command(
    "log groups", "List the consumer groups with their lag.",
    options: [CommonOptions.format, CommonOptions.store])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    var table = ResultTable(
      CommonOptions.outputFormat(arguments), ["group", "topic", "next_offset", "lag", "rule"])
    try store.read { view in
      for checkpoint in try view.checkpoints() {
        let topic = try view.topic(checkpoint.topic)
        try table.add([
          .text(checkpoint.group), .text(checkpoint.topic),
          .number(checkpoint.nextOffset.rawValue),
          .number(topic.nextOffset - checkpoint.nextOffset), .text(checkpoint.fingerprint),
        ])
      }
    }
    try table.finish()
    return .success
  }
}

enum LogSegmentsCommand: Subcommand {
  static let declaration = Command(
    "log segments", "List a topic's segments, oldest first.",
    positionals: [LogDumpCommand.topic], options: [CommonOptions.format, CommonOptions.store])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    var table = ResultTable(
      CommonOptions.outputFormat(arguments),
      [
        "base_offset", "next_offset", "records", "batches", "bytes", "oldest_append_time",
        "newest_append_time", "sealed", "content_hash",
      ])
    try store.read { view in
      let topic = try CommonOptions.named { try view.topic(arguments.positionals("TOPIC")[0]) }
      for segment in try view.segments(of: topic) {
        try table.add([
          .number(segment.baseOffset.rawValue), .number(segment.nextOffset.rawValue),
          .number(segment.nextOffset - segment.baseOffset), .number(segment.batchCount),
          .number(segment.byteCount), .text(TimeText.milliseconds(segment.oldestAppendTime)),
          .text(TimeText.milliseconds(segment.newestAppendTime)), .truth(segment.isSealed),
          .text(ContentHash.hexadecimal(segment.contentHash)),
        ])
      }
    }
    try table.finish()
    return .success
  }
}
