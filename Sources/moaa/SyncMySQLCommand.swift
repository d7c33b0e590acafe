// `moaa sync mysql`: emissions and hours → tables of a MySQL or MariaDB server.

import Aggregation
import Arguments
import Glibc
import LogStore
import MySQLSync
import Pipeline

enum SyncMySQLCommand: Subcommand {
  static let declaration = Command(
    "sync mysql", "Carry hours into tables of MySQL or MariaDB, effectively once.",
    options: MySQLOptions.connection + MySQLCheck.options + [
      MySQLTables.option, TableOptions.weight, TableOptions.seasons,
      .value(
        "topic", "TOPIC",
        "What to send: \(TopicName.hourly) to real_time_tmp_by_hour, \(TopicName.hourlyByStation) to "
          + "real_time_tmp_by_station_hour.", default: TopicName.hourly,
        choices: [TopicName.hourly, TopicName.hourlyByStation]),
      .flag("follow", "Go on as the topic grows, until interrupted."),
      .flag("plan", "Only say what is there, and which statements would be run."),
      .flag("adopt", "Take over a table that another store has filled: its rows stay."),
      .value(
        "on-bad-row", "POLICY",
        "What to do about a row that the server refuses: `stop`, or keep it in the topic "
          + "\(TopicName.quarantine) (of --tables: only tell it) and go on.",
        default: BadRowPolicy.stop.rawValue,
        choices: BadRowPolicy.allCases.map(\.rawValue)),
      .value(
        "batch", "N", "Emissions a transaction holds at most. Changes no result.",
        default: "\(StreamSyncOptions().emissionsPerCommit)"),
      .value(
        "name", "NAME",
        "What the target is called in `moaa status`: one for each target of a store (default: the "
          + "database's name)."),
      CommonOptions.store,
    ],
    discussion: """
      How far it is stands in the database itself, in table moaa_sync, and changes in the same \
      transaction as the rows: it may be stopped anywhere, run twice, at once too, and against a \
      database that was restored. Missing tables are made and told; no table is ever changed or \
      dropped. What may pass (a server that is away, a deadlock) is tried again, with --follow without \
      end, else for five minutes (--tables and --check: 12 times in sequence).

      --check names the hours, or with --tables the rows, that differ between store and target (exit code 3), \
      and --repair sends only those. Rows that only the target has stay.
      """,
    examples: [
      "moaa sync mysql --mysql mysql://moaa@db.example.org/weather --plan",
      "moaa sync mysql --mysql 'mysql://moaa@/weather?socket=/run/mysqld/mysqld.sock' --follow",
      "moaa sync mysql --tables all", "moaa sync mysql --check",
    ])

  /// Of the checkpoints' groups: one for each target.
  static let groupPrefix = "mysql."

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let settings = try MySQLOptions.settings(arguments)
    let options = try options(arguments, settings)
    let topic = arguments.value("topic") ?? TopicName.hourly
    let stream: SyncStream =
      topic == TopicName.hourly ? .hours(topic: topic) : .stationHours(topic: topic)
    let isPlan = arguments.flag("plan")
    let checks = arguments.flag("check") || arguments.flag("repair")
    try refuseWhatDoesNotGoTogether(arguments, isPlan: isPlan, checks: checks)
    if let names = arguments.value("tables") {
      return try tables(try MySQLTables.choice(names), arguments, settings, options.badRows)
    }
    if checks { return try check(stream, arguments, settings) }
    let store = try CommonOptions.openStore(arguments, isPlan ? .readOnly : .existing)
    defer { store.close() }
    _ = try CommonOptions.named { try store.read { try $0.topic(topic) } }
    if isPlan { return try plan(stream, store, settings) }
    return try sync(
      stream, store, settings, options, follows: arguments.flag("follow"))
  }

  private static func refuseWhatDoesNotGoTogether(
    _ arguments: ParsedArguments, isPlan: Bool, checks: Bool
  ) throws(UsageError) {
    guard [isPlan, checks, arguments.flag("follow")].filter({ $0 }).count <= 1 else {
      throw UsageError(message: "--plan, --check or --repair, and --follow do not go together")
    }
    let sends = !isPlan && !checks
    for name in ["adopt", "on-bad-row", "batch", "name"] where arguments.isGiven(name) && !sends {
      throw UsageError(
        message: "--\(name) is for sending: it does not go with --plan, --check or --repair")
    }
    let isOfTables = arguments.isGiven("tables")
    for name in ["weight", "seasons"] where arguments.isGiven(name) && !isOfTables {
      throw UsageError(message: "--\(name) is for --tables: hours have neither")
    }
    for name in ["topic", "follow", "batch", "name"] where arguments.isGiven(name) && isOfTables {
      throw UsageError(message: "--\(name) does not go with --tables")
    }
  }

  private static func options(
    _ arguments: ParsedArguments, _ settings: MySQLSettings
  ) throws -> StreamSyncOptions {
    let name = arguments.value("name") ?? settings.address.database
    guard !name.isEmpty else { throw UsageError(message: "--name: it is empty") }
    var options = StreamSyncOptions()
    options.group = groupPrefix + name
    if let count = try arguments.integer("batch", in: 1...1_000_000) {
      options.emissionsPerCommit = Int(count)
    }
    options.badRows = arguments.value("on-bad-row").flatMap { BadRowPolicy(rawValue: $0) } ?? .stop
    options.quarantineTopic = TopicName.quarantine
    options.adopts = arguments.flag("adopt")
    if arguments.flag("follow") { options.patience = nil }
    return options
  }

  // MARK: Check, and tables

  private static func check(
    _ stream: SyncStream, _ arguments: ParsedArguments, _ settings: MySQLSettings
  ) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    return try MySQLCheck.hours(
      stream.topic == TopicName.hourly ? .allStations : .byStation,
      repairs: arguments.flag("repair"), store, MySQLTables.link(settings))
  }

  private static func tables(
    _ choice: MySQLTables.Choice, _ arguments: ParsedArguments, _ settings: MySQLSettings,
    _ badRows: BadRowPolicy
  ) throws -> ExitCode {
    let link = MySQLTables.link(settings)
    if arguments.flag("plan") {
      let store = try CommonOptions.openStore(arguments, .readOnly)
      defer { store.close() }
      return try MySQLTables.plan(choice, store, link)
    }
    let keepsBadRows = badRows == .quarantine
    let store = try CommonOptions.openStore(arguments, keepsBadRows ? .existing : .readOnly)
    defer { store.close() }
    if arguments.flag("check") || arguments.flag("repair") {
      return try MySQLTables.check(
        choice, repairs: arguments.flag("repair"), arguments, store, link)
    }
    return try MySQLTables.send(
      choice, arguments, store, link, keepsBadRows: keepsBadRows)
  }

  // MARK: Plan

  private static func plan(
    _ stream: SyncStream, _ store: LogStore, _ settings: MySQLSettings
  ) throws -> ExitCode {
    let connection = try MySQLConnection(settings)
    let plan = try SchemaPlan(stream, on: connection)
    var text = "\(settings.address): \(connection.dialect), "
    text += (connection.tlsCipher.map { "TLS with \($0)" } ?? "not encrypted") + "\n"
    for finding in plan.findings {
      switch finding.state {
      case .fits: text += "table \(finding.table) is there and fits\n"
      case .missing:
        text += "table \(finding.table) is missing; to be run:\n\(finding.statement);\n"
      case .unfit:
        text += "table \(finding.table) does not fit: \(finding.fault)\n"
        if !finding.statement.isEmpty {
          text += "moaa does not run this, and does not sync before somebody has:\n"
          text += "\(finding.statement);\n"
        }
      }
    }
    if plan.unfit.isEmpty {
      text += try StreamSync.outlook(stream, store, on: connection, plan) + "\n"
    }
    try StandardOutput.write(text)
    return plan.unfit.isEmpty ? .success : .failure
  }

  // MARK: Sync

  private static func sync(
    _ stream: SyncStream, _ store: LogStore, _ settings: MySQLSettings,
    _ options: StreamSyncOptions, follows: Bool
  ) throws -> ExitCode {
    let stopwatch = Stopwatch()
    let sync = StreamSync(
      store: store, stream: stream, options: options,
      connect: { try MySQLConnection(settings) }, hours: hours(of: stream),
      shouldStop: { Interruption.isRequested }, tell: { tell($0, stream) })
    let summary = try sync.run {
      guard follows, !Interruption.isRequested else { return false }
      usleep(100_000)
      return !Interruption.isRequested
    }
    Message.endTransient()
    report(summary, stream, seconds: stopwatch.seconds)
    if summary.wasInterrupted || Interruption.isRequested { return .interrupted }
    return summary.refusedCount > 0 ? .inputRefused : .success
  }

  /// The hours of the stream's table, as they stand in a view.
  /// - Parameter tell: told what somebody should know of them.
  static func hours(
    of stream: SyncStream, tell: @escaping (EventLine) -> Void = { Message.tell($0) }
  ) -> StreamSync.Hours {
    let keys: HourSelection.Keys =
      stream.topic == TopicName.hourly ? .allStationsTogether : .everyStation
    return { view, body in
      // Of a store that has only pulled emissions, these are the hours.
      let source: HourSource =
        try HourSource.aggregate.exists(in: view) || !HourSource.topics.exists(in: view)
        ? .aggregate : .topics
      let withoutValueCount = try source.forEach(HourSelection(keys), in: view) { hour in
        try body(
          WindowResult(
            key: hour.key, hour: hour.hour, accumulator: hour.accumulator, revision: hour.revision,
            isFinal: hour.isFinal))
      }
      if let line = HoursCommand.warning(
        ofRecordsWithoutValue: withoutValueCount, keys == .everyStation)
      {
        tell(line)
      }
    }
  }

  private static func tell(_ event: StreamSync.Event, _ stream: SyncStream) {
    switch event {
    case .committed(let summary, let lag):
      Message.transient(
        "\(stream.tableName): \(NumberText.count(summary.rowCount, "row")) sent, "
          + "\(NumberText.count(lag, "emission")) to go")
      return
    case .sendsHours(let sent):
      Message.transient("\(stream.tableName): \(NumberText.count(sent, "hour")) sent")
      return
    default: Message.endTransient()
    }
    if let line = MySQLWords.line(event) { Message.tell(line) }
  }

  private static func report(_ summary: SyncSummary, _ stream: SyncStream, seconds: Double) {
    var text = "sent \(NumberText.count(summary.rowCount, "row")) to \(stream.tableName) in "
    text += "\(NumberText.count(Int64(summary.commitCount), "transaction")), "
    text += InputReport.secondsText(seconds)
    if summary.emissionCount > 0 {
      text += ", of \(NumberText.count(summary.emissionCount, "emission"))"
    }
    if summary.retryCount > 0 {
      text +=
        "; \(NumberText.count(Int64(summary.retryCount), "attempt")) failed and were made again"
    }
    Message.plain(text)
    if summary.refusedCount > 0 {
      Message.warning(
        "\(NumberText.count(Int64(summary.refusedCount), "row")) refused, kept in topic "
          + TopicName.quarantine)
    }
  }
}
