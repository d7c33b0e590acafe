// `moaa log retain`: what retention would remove, its settings, and its work.

import Arguments
import LogStore

enum LogRetainCommand: Subcommand {
  static let declaration = Command(
    "log retain", "Remove the segments that retention says may go.",
    options: [
      .flag("dry-run", "Only say what would go."),
      .value("topic", "TOPIC", "With --keep or --keep-bytes: the topic to set."),
      .value("keep", "DURATION", "Keep records so long after their append, or `forever`."),
      .value("keep-bytes", "BYTES", "Keep so many stored bytes, or `unlimited`."),
      CommonOptions.format, CommonOptions.store,
    ],
    discussion: """
      Whole sealed segments go, oldest first, by append time or size; the active segment never, and \
      none that a consumer group has not read. ingest, run and aggregate do the same when they end. \
      Topics keep 7 days; quarantine keeps everything.
      """,
    examples: [
      "moaa log retain --dry-run", "moaa log retain --topic raw_probes_results --keep 30d",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let isRehearsal = arguments.flag("dry-run")
    let store = try CommonOptions.openStore(arguments, isRehearsal ? .readOnly : .existing)
    defer { store.close() }
    try set(arguments, store, isRehearsal: isRehearsal)
    let findings =
      isRehearsal
      ? try store.read { try $0.retentionFindings(at: store.options.clock.nowMilliseconds()) }
      : try store.write { try $0.retain(at: $0.time) }
    var table = ResultTable(
      CommonOptions.outputFormat(arguments),
      ["topic", "base_offset", "records", "bytes", "newest_append_time", "verdict", "group"])
    for finding in findings {
      try table.add([
        .text(finding.topic), .number(finding.segment.baseOffset.rawValue),
        .number(finding.segment.nextOffset - finding.segment.baseOffset),
        .number(finding.segment.byteCount),
        .text(TimeText.milliseconds(finding.segment.newestAppendTime)),
        .text(finding.verdict.rawValue), finding.group.map { .text($0) } ?? .missing,
      ])
    }
    try table.finish()
    let going = findings.filter { $0.verdict != .neededByGroup }.count
    Message.plain(
      "\(NumberText.count(Int64(going), "segment")) \(isRehearsal ? "would be removed" : "removed")"
    )
    return .success
  }

  private static func set(
    _ arguments: ParsedArguments, _ store: LogStore, isRehearsal: Bool
  ) throws {
    guard arguments.isGiven("keep") || arguments.isGiven("keep-bytes") else {
      if arguments.isGiven("topic") {
        throw UsageError(message: "--topic goes with --keep or --keep-bytes")
      }
      return
    }
    guard let name = arguments.value("topic") else {
      throw UsageError(message: "--keep and --keep-bytes need --topic")
    }
    guard !isRehearsal else {
      throw UsageError(message: "--dry-run changes nothing: leave out --keep and --keep-bytes")
    }
    let duration = try arguments.value("keep", expecting: "a duration such as 30d, or forever") {
      $0 == "forever" ? .some(nil) : Duration.seconds($0).map { Optional($0) }
    }
    let bytes = try arguments.value("keep-bytes", expecting: "a size such as 10G, or unlimited") {
      $0 == "unlimited" ? .some(nil) : ByteCount.parse($0).map { Optional($0) }
    }
    try store.write { transaction in
      let topic = try CommonOptions.named { try transaction.topic(name) }
      var retention = topic.retention
      if let duration { retention.milliseconds = duration.map { $0 * 1000 } }
      if let bytes { retention.bytes = bytes }
      try transaction.setRetention(retention, of: topic)
    }
  }
}
