// `moaa sync kafka pull`: topics of Kafka → the log.

import Arguments
import KafkaSync
import LogStore
import Observations
import Pipeline

enum SyncKafkaPullCommand: Subcommand {
  static let declaration = Command(
    "sync kafka pull", "Bring topics of Kafka into the log, each record once.",
    options: KafkaOptions.connection + [
      .value(
        "topic", "TOPIC[,…]",
        "Topics of Kafka, with commas between; the local ones have the same names.",
        default: TopicName.raw),
      .flag("follow", "Go on as the topics grow, until interrupted."),
      .value(
        "from", "PLACE",
        "Where to begin with a topic that was never pulled: `beginning`, or a time such as "
          + "2022-06-24 (UTC). `stored`: only go on (default: go on, else beginning)."),
      .flag(
        "accept-gap",
        "Go on behind records that expired before they were pulled, and record what is missing."),
      .value(
        "patience", "DURATION",
        "How long to go on trying while brokers are away, such as 5m (default: 5m; with --follow "
          + "without end)."),
      .value(
        "idle", "DURATION",
        "With --follow: when nothing has come for so long, unfinished hours are emitted as they are.",
        default: "5s"),
      CommonOptions.commitRecords, CommonOptions.format, CommonOptions.store,
      CommonOptions.sizeLimit,
    ],
    discussion: """
      How far it is stands in the store, in the transaction that holds the records: it may be killed \
      anywhere and run again. Only what was committed in Kafka is read. Keys, values, headers and \
      timestamps come as they are; a record's event time is Kafka's timestamp. What cannot be taken \
      ends the pull and is named; nothing is skipped.

      A topic that is not the one of before (made anew, another cluster) is refused. Records that \
      have expired are named; --accept-gap goes on behind them. `moaa log dump --origin` shows the \
      partition and offset that a record has in Kafka.
      """,
    examples: [
      "moaa sync kafka pull --brokers localhost:9092",
      "moaa sync kafka pull --topic agg_probes_results,agg_probes_results_by_station",
      "moaa sync kafka pull --follow --kafka-config kafka.properties",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let options = try options(arguments)
    let settings = try KafkaOptions.settings(arguments)
    let store = try CommonOptions.openStore(arguments, .create)
    defer { store.close() }
    let stopwatch = Stopwatch()
    let pull = Pull(
      store: store, settings: settings, options: options, rules: rules(store),
      shouldStop: { Interruption.isRequested }, tell: { tell($0) })
    let summary: PullSummary
    do {
      summary = try pull.run()
    } catch let refused as PullRefused where refused.reason == .start {
      throw UsageError(message: refused.description)
    }
    Message.endTransient()
    try RetentionReport.retain(store)
    try report(summary, CommonOptions.outputFormat(arguments), seconds: stopwatch.seconds)
    return summary.wasInterrupted ? .interrupted : .success
  }

  private static func options(_ arguments: ParsedArguments) throws -> PullOptions {
    let names = (arguments.value("topic") ?? TopicName.raw).split(
      separator: ",", omittingEmptySubsequences: false
    ).map(String.init)
    guard !names.contains(""), Set(names).count == names.count else {
      throw UsageError(message: "--topic: name each topic once, with commas between")
    }
    var options = PullOptions(topics: names)
    options.start = try arguments.value(
      "from", expecting: "beginning, stored, or a time such as 2022-06-24"
    ) { text in
      switch text {
      case "beginning": .beginning
      case "stored": .stored
      default: Timestamp(argument: text).map { .time($0.secondsSinceEpoch * 1000) }
      }
    }
    options.follows = arguments.flag("follow")
    options.acceptsGaps = arguments.flag("accept-gap")
    let expected = "a duration such as 30s, 5m or 2h"
    if options.follows { options.patience = nil }
    if let seconds = try arguments.value("patience", expecting: expected, Duration.seconds) {
      options.patience = .seconds(seconds)
    }
    guard options.follows || !arguments.isGiven("idle") else {
      throw UsageError(message: "--idle is for --follow")
    }
    if let seconds = try arguments.value("idle", expecting: expected, Duration.seconds) {
      options.idleTime = .seconds(seconds)
    }
    if let count = try CommonOptions.commitRecords(arguments) { options.recordsPerCommit = count }
    return options
  }

  private static func rules(_ store: LogStore) -> PullRules {
    PullRules(
      prepare: { topic, transaction in
        switch topic {
        case TopicName.raw: try RawTopic.register(in: transaction)
        case TopicName.hourly, TopicName.hourlyByStation, TopicName.quarantine:
          // Here the emissions are all that there is of the hours.
          try transaction.createTopic(topic, retention: Retention(milliseconds: nil))
        default: try transaction.createTopic(topic)
        }
      },
      flush: { topic, store in
        topic == TopicName.raw ? try RawTopic.flushIfNeeded(store) : nil
      },
      keepHouse: { try RetentionReport.retain(store) })
  }

  // MARK: What is told

  private static func tell(_ event: PullEvent) {
    if case .committed(let summary) = event {
      Message.transient(
        "\(NumberText.count(summary.recordCount, "record")) pulled, "
          + "\(NumberText.grouped(summary.lag)) to go")
      return
    }
    Message.endTransient()
    switch event {
    case .begins(let partitions):
      Message.transient("reading \(NumberText.count(Int64(partitions), "partition"))")
    case .retries(let failure): Message.warning("trying again: \(failure)")
    case .gap(let gap): Message.warning("records have expired and are left out: \(gap)")
    case .unproved(let partition):
      Message.warning(
        "\(partition): the last record that was pulled has been compacted away, so that it could not "
          + "be proved that this is the topic of before")
    case .committed: break
    }
  }

  private static func report(
    _ summary: PullSummary, _ format: OutputFormat, seconds: Double
  ) throws {
    var text = "pulled \(NumberText.count(summary.recordCount, "record")) "
    text += "(\(NumberText.bytes(summary.byteCount))) from "
    text += "\(NumberText.count(Int64(summary.partitions.count), "partition")) in "
    text += "\(NumberText.count(Int64(summary.commitCount), "transaction")), "
    text += InputReport.secondsText(seconds)
    if summary.lag > 0 { text += "; \(NumberText.grouped(summary.lag)) to go" }
    if summary.retryCount > 0 {
      text +=
        "; \(NumberText.count(Int64(summary.retryCount), "attempt")) failed and were made again"
    }
    Message.plain(text)
    guard format != .table else { return }
    var table = ResultTable(
      format, ["topic", "partition", "next_offset", "lag", "gap_records"])
    for (partition, state) in summary.partitions.sorted(by: { $0.key < $1.key }) {
      let missing = summary.gaps.filter { $0.partition == partition }.reduce(Int64(0)) {
        $0 + Int64($1.offsets.count)
      }
      try table.add([
        .text(partition.topic), .number(Int64(partition.partition)), .number(state.nextOffset),
        .number(state.lag), .number(missing),
      ])
    }
    try table.finish()
  }
}
