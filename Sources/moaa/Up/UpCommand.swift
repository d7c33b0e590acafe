// `moaa up`: feed, listen, aggregate, keep and sync, in one process.

import Aggregation
import Arguments
import Glibc
import KafkaSync
import LogStore
import Metrics
import MySQLSync
import Pipeline
import Sockets
import Supervision

enum UpCommand: Subcommand {
  static let declaration = Command(
    "up", "Run the whole pipeline: feed, listen, aggregate, retention and the syncs.",
    positionals: [
      Positional(
        "PATH", .any,
        "What to feed, as for `moaa feed`; without it and --day, others feed the socket.")
    ],
    options: [
      .value("socket", "PATH", "Where feeders connect (default: STORE-socket/raw.sock).")
    ] + ListenOptionSet.declarations + FeedOptionSet.declarations + [
      CommonOptions.inputFormat,
      .value(
        "name", "NAME",
        "What the feed is known by, as for `moaa feed`."),
      .flag("until-fed", "End when all of PATH has been fed, aggregated and sent."),
      .value(
        "mysql", "URL",
        "Send hours to MySQL or MariaDB, as `moaa sync mysql --follow`; `env` for that of "
          + "$\(MySQLOptions.environmentName)."),
    ] + MySQLOptions.access + [
      .value(
        "kafka", "HOST:PORT",
        "Send topics to Kafka, as `moaa sync kafka push --follow`; `env` for the brokers of "
          + "$\(KafkaSettings.brokersVariable) or of --kafka-config.")
    ] + [
      KafkaOptions.config,
      .value(
        "kafka-topics", "NAMES", "Which topics are sent, with commas between.",
        default: "\(TopicName.raw),\(TopicName.hourly)"),
      .flag("by-station", "Send the stations' hours, too."),
      .value(
        "metrics", "PORT",
        "Serve figures for Prometheus at http://127.0.0.1:PORT/metrics; 0 takes a port "
          + "that is free."),
      CommonOptions.store,
    ] + CommonOptions.rule + [CommonOptions.sizeLimit],
    discussion: """
      Each part runs by itself and is started again when it fails, at the latest after 30 seconds; what it \
      has not done waits in the log. Databases and brokers may be away, also at the start. SIGINT and \
      SIGTERM end everything within 5 seconds; `kill -9` loses nothing that was acknowledged, and the next \
      `moaa up` goes on.

      On a terminal the last line shows where everything stands, else every 10 seconds a JSON line does. \
      SIGUSR1 pauses the feed, SIGUSR2 lets it go on.
      """,
    examples: [
      "moaa up --day 2022-06-24 --speed 600x", "moaa up noaa/ --speed 600x",
      "moaa up --socket run/raw.sock --mysql env --kafka localhost:9092 --metrics 9464",
      "moaa up noaa/ --speed max --until-fed && moaa hours",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    // Before the store is opened: a command line that makes no sense must not make one.
    let plan = try UpPlan(arguments)
    Interruption.installPause()
    let store = try CommonOptions.openStore(arguments, .create)
    defer { store.close() }
    // Its topics are there for the sinks; and another rule is refused before anything is taken.
    _ = try AggregationJob(store: store, rule: plan.rule)
    let board = UpBoard()
    let log = UpLog()
    let outcome = UpOutcome(inputFormat: CommonOptions.inputFormat(arguments))
    let supervisor = Supervisor(
      plan.stages(UpComponents(store: store, board: board, log: log), outcome),
      onEvent: { tell($0, $1, log) })
    let server = try plan.metricsPort.map { port in
      try MetricsServer(port: port) {
        (try? UpSnapshot.take(store, board, supervisor))?.metrics
      }
    }
    if let server { log.tell("metrics", "at http://127.0.0.1:\(server.port)/metrics") }
    supervisor.start()
    watch(supervisor, store, board, log, untilFed: plan.untilFed)
    let isDone = plan.untilFed && supervisor.hasEnded("feed") && !Interruption.isRequested
    let abandoned = supervisor.end(
      drainSeconds: isDone ? nil : 0.7, stopSeconds: 0.4,
      isUrgent: { isDone && (Interruption.isRequested || supervisor.fatalError != nil) })
    if let snapshot = try? UpSnapshot.take(store, board, supervisor) { log.show(snapshot) }
    Message.endTransient()
    if !abandoned.isEmpty {
      log.tell("up", .warning, "ended without waiting for \(abandoned.joined(separator: ", "))")
      // Its thread may be using the store and its client's library: nothing is taken down under it.
      _exit((supervisor.fatalError == nil ? ExitCode.interrupted : .failure).rawValue)
    }
    withExtendedLifetime(server) {}
    if let error = supervisor.fatalError { throw error }
    if Interruption.isRequested { return .interrupted }
    // Told when it happened.
    guard supervisor.failedNames.isEmpty else { return .failure }
    return outcome.wasRefused ? .inputRefused : .success
  }

  /// Shows where everything stands until it is to end.
  private static func watch(
    _ supervisor: Supervisor, _ store: LogStore, _ board: UpBoard, _ log: UpLog, untilFed: Bool
  ) {
    var shown: (time: Double, recordCount: Int64) = (MonotonicClock.seconds(), 0)
    while !Interruption.isRequested, supervisor.fatalError == nil {
      if untilFed, supervisor.hasEnded("feed") { return }
      usleep(20_000)
      let now = MonotonicClock.seconds()
      guard now - shown.time >= log.showSeconds else { continue }
      // A store that cannot be read now is told by the parts that need it.
      if var snapshot = try? UpSnapshot.take(store, board, supervisor) {
        snapshot.receivedPerSecond =
          Double(snapshot.received.recordCount - shown.recordCount) / (now - shown.time)
        log.show(snapshot)
        shown.recordCount = snapshot.received.recordCount
      }
      shown.time = now
    }
  }

  private static func tell(_ component: String, _ state: ComponentState, _ log: UpLog) {
    switch state {
    case .running, .ended: break
    case .waiting(let seconds, let reason):
      log.tell(
        component, .warning, "\(reason); starting again in \(InputReport.secondsText(seconds))")
    case .failed(let reason): log.tell(component, .error, reason)
    }
  }
}
