// `moaa sync kafka push`: a local topic → a topic of Kafka.

import Arguments
import Glibc
import KafkaSync
import LogStore
import Pipeline

enum SyncKafkaPushCommand: Subcommand {
  /// Of the checkpoints' groups: one for each cluster.
  static let groupPrefix = "kafka."

  static let declaration = Command(
    "sync kafka push", "Send a topic of the log to Kafka, exactly once.",
    options: KafkaOptions.connection + [
      .value("topic", "TOPIC", "What to send. Required."),
      .value("to", "NAME", "The topic in Kafka (default: the same name)."),
      .flag("follow", "Go on as the topic grows, until interrupted."),
      .value("partitions", "N", "Partitions of a topic that is made (default: 1)."),
      .value(
        "replication", "N", "Copies of a topic that is made (default: as the brokers have it)."),
      .value(
        "timestamps", "WHICH",
        "A message's time: that of the `append`, since brokers delete by it, or the `event`'s own.",
        default: PushTimestamps.append.rawValue,
        choices: PushTimestamps.allCases.map(\.rawValue)),
      .flag(
        "at-least-once",
        "Do without transactions, for brokers that have none: after a failure records may be there "
          + "twice."),
      .flag("adopt", "Go on from this copy of the store, though another one pushed last."),
      .value(
        "from", "PLACE",
        "Where to begin when Kafka has no position, or with --adopt: `beginning`, `stored` (the store's "
          + "copy of the position), or an offset."),
      .flag("accept-gap", "Pass over records that retention took before they were sent."),
      .flag("pulled-too", "Send records that were pulled from a Kafka topic of the same name."),
      .value(
        "on-bad-record", "POLICY",
        "What to do about a record that Kafka does not take: `stop`, or keep it in the topic "
          + "\(TopicName.quarantine) and go on.",
        default: BadRecordPolicy.stop.rawValue,
        choices: BadRecordPolicy.allCases.map(\.rawValue)),
      .value(
        "batch", "N", "Records a transaction holds at most. Changes no result.",
        default: "\(PushOptions().recordsPerCommit)"),
      .value(
        "name", "NAME",
        "What the cluster is called in `moaa status`: one for each cluster (default: main). With --to, "
          + "that topic's name stands there, behind NAME if both are given: NAME.TOPIC."),
      CommonOptions.format, CommonOptions.store,
    ],
    discussion: """
      How far it is stands in Kafka itself, in the topic moaa_sync, and changes in the same transaction \
      as the records: it may be stopped anywhere. Key, value and headers are sent byte for byte, to the \
      partition that Kafka's own clients choose. Missing topics are made (retention 7 days) and told; \
      no topic is ever changed.

      What may pass (a broker that is away) is tried again, with --follow without end, else for five \
      minutes. A second push of the same topic ends the first.
      """,
    examples: [
      "moaa sync kafka push --brokers localhost:9092 --topic agg_probes_results",
      "moaa sync kafka push --topic raw_probes_results --partitions 8 --follow",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    guard let topic = arguments.value("topic") else {
      throw UsageError(message: "--topic is missing: name the topic to send")
    }
    let options = try options(arguments)
    guard topic != options.quarantineTopic || options.badRecords != .quarantine else {
      throw UsageError(
        message:
          "--topic \(topic) with --on-bad-record quarantine: what Kafka does not take would come "
          + "back to the topic that is sent; leave --on-bad-record out")
    }
    let settings = try KafkaOptions.settings(arguments)
    let store = try CommonOptions.openStore(arguments, .existing)
    defer { store.close() }
    _ = try CommonOptions.named { try store.read { try $0.topic(topic) } }
    let follows = arguments.flag("follow")
    let stopwatch = Stopwatch()
    let push = KafkaPush(
      store: store, topic: topic, settings: settings, options: options,
      shouldStop: { Interruption.isRequested }, tell: { tell($0, topic) })
    let summary = try push.run {
      guard follows, !Interruption.isRequested else { return false }
      usleep(100_000)
      return !Interruption.isRequested
    }
    Message.endTransient()
    try report(
      summary, topic, store,
      arguments.isGiven("format") ? CommonOptions.outputFormat(arguments) : nil,
      seconds: stopwatch.seconds)
    if summary.wasInterrupted || Interruption.isRequested { return .interrupted }
    return summary.refusedCount > 0 ? .inputRefused : .success
  }

  private static func options(_ arguments: ParsedArguments) throws -> PushOptions {
    var options = PushOptions()
    options.target = arguments.value("to")
    // Each place that a topic is sent to has a copy of its position of its own: retention goes by it.
    let names = [arguments.value("name"), options.target].compactMap { $0 }
    guard !names.contains("") else {
      throw UsageError(message: "--name and --to: a name is not empty")
    }
    options.group = groupPrefix + (names.isEmpty ? "main" : names.joined(separator: "."))
    options.partitions = try arguments.integer("partitions", in: 1...100_000).map(Int.init)
    options.replication = try arguments.integer("replication", in: 1...1000).map(Int.init)
    options.timestamps =
      arguments.value("timestamps").flatMap { PushTimestamps(rawValue: $0) } ?? .append
    options.isTransactional = !arguments.flag("at-least-once")
    options.adopts = arguments.flag("adopt")
    options.acceptsGap = arguments.flag("accept-gap")
    options.sendsPulled = arguments.flag("pulled-too")
    options.badRecords =
      arguments.value("on-bad-record").flatMap { BadRecordPolicy(rawValue: $0) } ?? .stop
    options.quarantineTopic = TopicName.quarantine
    if let count = try arguments.integer("batch", in: 1...1_000_000) {
      options.recordsPerCommit = Int(count)
    }
    options.start = try arguments.value(
      "from", expecting: "beginning, stored or an offset", start)
    if arguments.flag("follow") { options.patience = nil }
    return options
  }

  private static func start(_ text: String) -> PushStart? {
    switch text {
    case "beginning": return .beginning
    case "stored": return .stored
    default:
      guard let offset = Int64(text), offset >= 0 else { return nil }
      return .offset(Offset(offset))
    }
  }

  // MARK: Words

  private static func tell(_ event: PushEvent, _ topic: String) {
    if case .committed(let summary, let lag) = event {
      Message.transient(
        "\(topic): \(NumberText.count(summary.recordCount, "record")) sent, "
          + "\(NumberText.grouped(lag)) to go")
      return
    }
    Message.endTransient()
    if let line = KafkaPushWords.line(event) { Message.tell(line) }
  }

  private static func report(
    _ summary: PushSummary, _ topic: String, _ store: LogStore, _ format: OutputFormat?,
    seconds: Double
  ) throws {
    if let format {
      let end = try store.read { try $0.topic(topic).nextOffset }
      var table = ResultTable(
        format,
        [
          "topic", "records", "bytes", "transactions", "next_offset", "lag_records",
          "control_records",
          "refused", "retries", "settled", "interrupted",
        ])
      try table.add([
        .text(topic), .number(summary.recordCount), .number(summary.byteCount),
        .number(Int64(summary.commitCount)),
        summary.nextOffset.map { .number($0.rawValue) } ?? .missing,
        summary.nextOffset.map { .number(end - $0) } ?? .missing, .number(summary.controlCount),
        .number(summary.refusedCount), .number(Int64(summary.retryCount)),
        .number(Int64(summary.settledCount)), .truth(summary.wasInterrupted),
      ])
      return try table.finish()
    }
    var text = "sent \(NumberText.count(summary.recordCount, "record")) of \(topic) in "
    text += "\(NumberText.count(Int64(summary.commitCount), "transaction")), "
    text += InputReport.secondsText(seconds)
    if summary.retryCount > 0 {
      text +=
        "; \(NumberText.count(Int64(summary.retryCount), "attempt")) failed and were made again"
    }
    Message.plain(text)
    if summary.refusedCount > 0 {
      Message.warning(
        "\(NumberText.count(summary.refusedCount, "record")) refused, kept in topic "
          + TopicName.quarantine)
    }
  }
}
