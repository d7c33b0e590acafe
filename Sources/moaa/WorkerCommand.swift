// `moaa worker`: a member of a group that shares the aggregation over Kafka.

import Aggregation
import Arguments
import Glibc
import KafkaSync
import LogStore
import Pipeline
import Synchronization
import Workers

enum WorkerCommand: Subcommand {
  static let declaration = Command(
    "worker", "Share the aggregation of a Kafka topic with other workers.",
    options: KafkaOptions.connection + [
      .value("group", "NAME", "The group of workers; it names their topics too.", default: "moaa"),
      .value("raw-topic", "TOPIC", "Raw records, keyed by station.", default: TopicName.raw),
      .value(
        "station-topic", "TOPIC", "Where the hours of stations go.",
        default: TopicName.hourlyByStation),
      .value(
        "hours-topic", "TOPIC", "Where the hours over all stations go.", default: TopicName.hourly),
      .value(
        "partitioner", "NAME",
        "How the producers choose a record's partition: `murmur2` (Java's clients, `moaa sync kafka push`), "
          + "`crc32` (librdkafka's default), or `any` to trust that a station is in one partition.",
        default: ExpectedPartitioner.murmur2.rawValue,
        choices: ExpectedPartitioner.allCases.map(\.rawValue)),
      .value(
        "trigger", "DURATION", "Commit, and show changed hours, at the latest after this.",
        default: "5s"),
      .flag(
        "until-end",
        "End when all partitions are at their end and nothing has come for 10 seconds."),
      .flag("accept-gap", "Go on where records are gone that the group has not read."),
      .value(
        "replication", "N", "Copies of topics that are made (default: as the brokers have it)."),
      CommonOptions.qualityRule, CommonOptions.delay, CommonOptions.commitRecords,
      CommonOptions.store, CommonOptions.sizeLimit,
    ],
    discussion: """
      Members of one --group divide the partitions of the input between them. Results, what each \
      partition contributes to the hours over all stations, state and positions are one transaction in \
      Kafka, so that a member may be stopped, killed, added or removed at any time: the hours are those \
      of `moaa aggregate` over the same records. The store holds a copy of the state, so that a member \
      starts quickly; without it, it is read from Kafka. One worker a store.

      With --until-end a member also waits for what the others contribute, as long as something comes. \
      --allowed-lateness is not offered: what is too late would depend on the order of all stations.
      """,
    examples: [
      "moaa worker --brokers localhost:9092 --group hours --store member-1.store",
      "moaa worker --brokers localhost:9092 --until-end",
    ])

  /// When something was committed last: waiting whether more comes is no work.
  private final class LastCommit: Sendable {
    private let value = Mutex<Double?>(nil)

    /// Since the beginning; nil: never.
    var seconds: Double? { value.withLock { $0 } }

    func note(_ seconds: Double) { value.withLock { $0 = seconds } }
  }

  /// Longer than it takes a member to notice that another has left.
  private static let quietSeconds = 10.0

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let settings = try KafkaOptions.settings(arguments)
    let topics: WorkerTopics
    var options: WorkerOptions
    do {
      topics = try WorkerTopics(
        group: arguments.value("group") ?? "moaa",
        raw: arguments.value("raw-topic") ?? TopicName.raw,
        stationHours: arguments.value("station-topic") ?? TopicName.hourlyByStation,
        hours: arguments.value("hours-topic") ?? TopicName.hourly)
      options = try self.options(arguments)
    } catch let failure as WorkerFailure {
      throw UsageError(message: failure.description)
    }
    let store = try CommonOptions.openStore(arguments, .create)
    defer { store.close() }
    let stopwatch = Stopwatch()
    let lastCommit = LastCommit()
    options.onEvent = { event in
      if case .committed = event { lastCommit.note(stopwatch.seconds) }
      tell(event, topics, stopwatch)
    }
    let summary: WorkerSummary
    do {
      summary = try Worker(settings, topics, options, store: store).run()
    } catch let failure as WorkerFailure {
      Message.endTransient()
      Message.error(failure.description)
      return failure.code == .ruleChanged ? .ruleChanged : .failure
    }
    Message.endTransient()
    report(summary, seconds: lastCommit.seconds ?? stopwatch.seconds)
    return summary.wasInterrupted ? .interrupted : .success
  }

  private static func options(_ arguments: ParsedArguments) throws -> WorkerOptions {
    var rule = AggregationRule(quality: CommonOptions.quality(arguments))
    let expected = "a duration such as 30m, 6h or 2d"
    if let delay = try arguments.value("delay", expecting: expected, Duration.seconds) {
      rule.delaySeconds = delay
    }
    var options = try WorkerOptions(rule: rule)
    if let trigger = try arguments.value("trigger", expecting: expected, Duration.seconds) {
      options.secondsPerCommit = Double(trigger)
    }
    if let count = try CommonOptions.commitRecords(arguments) { options.recordsPerCommit = count }
    options.partitioner =
      arguments.value("partitioner").flatMap { ExpectedPartitioner(rawValue: $0) } ?? .murmur2
    if arguments.flag("until-end") {
      options.quietSecondsMax = quietSeconds
      options.patience = 300
    }
    options.acceptsGap = arguments.flag("accept-gap")
    options.replication = try arguments.integer("replication", in: 1...1000).map(Int.init)
    options.shouldStop = { Interruption.isRequested }
    return options
  }

  private static func tell(_ event: WorkerEvent, _ topics: WorkerTopics, _ stopwatch: Stopwatch) {
    if case .committed(let summary) = event {
      let rate = Double(summary.recordCount) / max(stopwatch.seconds, 0.001)
      Message.transient(
        "\(NumberText.count(summary.recordCount, "record")), \(NumberText.grouped(Int64(rate))) a second, of "
          + "\(NumberText.count(Int64(summary.partitionCount), "partition")); "
          + "\(NumberText.count(summary.lag, "record")) behind")
      return
    }
    Message.endTransient()
    switch event {
    case .createdTopic(let name, let count):
      Message.plain("made topic \(name), \(NumberText.count(Int64(count), "partition"))")
    case .settingsUnknown(let topic, let reason):
      Message.warning(
        "whether topic \(topic) keeps its rows cannot be seen (cleanup.policy=compact is wanted): \(reason)"
      )
    case .assigned(let raw, _, let readCount, let seconds):
      var text = "partitions \(raw.map { "\($0)" }.joined(separator: ", "))"
      if raw.isEmpty { text = "no partitions: the group has more members than partitions" }
      if readCount > 0 {
        text += ", after reading \(NumberText.count(readCount, "row")) of state in "
        text += InputReport.secondsText(seconds)
      }
      Message.plain(text)
    case .groupOffsetDiffers(let partition, let group, let state):
      Message.warning(
        "\(topics.raw), partition \(partition): the group's offset is \(group); going on from \(state), where its "
          + "state is")
    case .acceptedGap(let partition, let missing):
      Message.warning(
        "\(topics.raw), partition \(partition): records \(missing.lowerBound) to \(missing.upperBound - 1) are "
          + "gone unread; their hours lack them")
    case .retries(let text): Message.warning("beginning again: \(text)")
    case .revoked, .committed: break
    }
  }

  private static func report(_ summary: WorkerSummary, seconds: Double) {
    let rate = Double(summary.recordCount) / max(seconds, 0.001)
    var text = "folded \(NumberText.count(summary.recordCount, "record")) in "
    text += "\(InputReport.secondsText(seconds)), \(NumberText.grouped(Int64(rate))) a second; "
    text += "merged \(NumberText.count(summary.partCount, "part")); "
    text += "\(NumberText.count(summary.emittedCount, "hour")) emitted in "
    text += NumberText.count(Int64(summary.commitCount), "commit")
    if summary.refusedCount > 0 {
      text += "; \(NumberText.count(summary.refusedCount, "record")) refused"
    }
    if summary.lag > 0 { text += "; \(NumberText.count(summary.lag, "record")) behind" }
    if summary.retryCount > 0 {
      text += "; began again \(NumberText.count(Int64(summary.retryCount), "time"))"
    }
    Message.plain(text)
  }
}
