// `moaa hours`: the results.

import Aggregation
import Arguments
import LogStore
import Observations
import Pipeline

enum HoursCommand: Subcommand {
  static let selection: [Option] = [
    .flag("by-station", "A line for each station and hour."),
    .value("station", "ID", "Only this station; implies --by-station."),
    .value("from", "TIME", "From this time on, such as 2022-06-24 or 2022-06-24T08:00 (UTC)."),
    .value("to", "TIME", "Up to this time, which is not included."),
  ]

  static let declaration = Command(
    "hours", "Show hourly min, mean and max.",
    options: selection + [
      .value(
        "results", "SOURCE",
        "The hours of `aggregate`, of `backfill`, or those that the aggregate `topics` tell, as after a "
          + "pull from Kafka (default: those that the store has, in this order).",
        choices: HourSource.allCases.map(\.rawValue)),
      CommonOptions.format, CommonOptions.store,
    ],
    discussion: """
      Every hour with an accepted record, also those not final yet; °C and UTC. CSV is stable for \
      scripts: hour,count,min_tmp,mean_tmp,max_tmp, with station in front by station; min and max \
      with one decimal, the mean with six, rounded half to even from integers.
      """,
    examples: [
      "moaa hours --from 2022-06-24 --to 2022-06-25",
      "moaa hours --station 72530094846 --format csv",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let selection = try selection(arguments)
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    try show(
      selection, try source(arguments, store), CommonOptions.outputFormat(arguments), store)
    return .success
  }

  static func selection(_ arguments: ParsedArguments) throws -> HourSelection {
    let expected = "a time such as 2022-06-24 or 2022-06-24T08:00"
    let from = try arguments.value("from", expecting: expected) { Timestamp(argument: $0) }
    let until = try arguments.value("to", expecting: expected) { Timestamp(argument: $0) }
    if let from, let until, from.secondsSinceEpoch > until.secondsSinceEpoch {
      throw UsageError(message: "--from is later than --to: no hour lies between them")
    }
    // The first hour that begins at or after the time.
    func hour(_ time: Timestamp) -> Int64 {
      Timestamp(secondsSinceEpoch: time.secondsSinceEpoch + 3599).hourIndex
    }
    let keys: HourSelection.Keys =
      try CommonOptions.station(arguments).map { .station($0) }
      ?? (arguments.flag("by-station") ? .everyStation : .allStationsTogether)
    return HourSelection(keys, fromHour: from.map(hour), untilHour: until.map(hour))
  }

  private static func source(_ arguments: ParsedArguments, _ store: LogStore) throws -> HourSource {
    if let named = arguments.value("results").flatMap({ HourSource(rawValue: $0) }) { return named }
    let only = try store.read { try HourSource.only(in: $0) }
    if only?.hasBoth ?? false {
      Message.plain("the hours of `moaa aggregate`; there are others: --results backfill")
    }
    return only?.source ?? .aggregate
  }

  /// Prints the hours of one snapshot, after its view is closed.
  static func show(
    _ selection: HourSelection, _ source: HourSource, _ format: OutputFormat, _ store: LogStore
  ) throws {
    let byStation = selection.keys != .allStationsTogether
    guard format != .csv else { return try showCSV(selection, source, byStation, store) }
    var table = ResultTable(
      format,
      (byStation ? ["station"] : [])
        + ["hour", "count", "min_tmp", "mean_tmp", "max_tmp", "final", "revision"])
    let withoutValueCount = try store.read { view in
      try source.forEach(selection, in: view) { result in
        if Interruption.isRequested { throw OutputInterrupted() }
        try table.add((byStation ? [.text(result.stationText)] : []) + cells(result))
      }
    }
    if let line = warning(ofRecordsWithoutValue: withoutValueCount, byStation) {
      Message.tell(line)
    }
    guard table.rowCount > 0 || format == .json else {
      return try explainNothing(selection, source, store)
    }
    try table.finish()
  }

  private static func showCSV(
    _ selection: HourSelection, _ source: HourSource, _ byStation: Bool, _ store: LogStore
  ) throws {
    let output = OutputSpool()
    output.append(byStation ? HourText.stationHeader : HourText.header)
    let withoutValueCount = try store.read { view in
      try source.forEach(selection, in: view) { result in
        if Interruption.isRequested { throw OutputInterrupted() }
        HourText.append(result, byStation: byStation, to: &output.bytes)
        try output.spillIfLarge()
      }
    }
    if let line = warning(ofRecordsWithoutValue: withoutValueCount, byStation) {
      Message.tell(line)
    }
    try output.writeOut()
  }

  /// What a topic holds beside hours.
  /// nil when there is nothing to warn of.
  static func warning(ofRecordsWithoutValue count: Int64, _ byStation: Bool) -> EventLine? {
    guard count > 0 else { return nil }
    let name = byStation ? TopicName.hourlyByStation : TopicName.hourly
    return EventLine(
      isWarning: true,
      text:
        "\(NumberText.count(count, "record")) of \(name) without a value passed over: moaa writes none, "
        + "and takes no hour away for them")
  }

  /// Hour, count, min, mean, max, final, revision.
  static func cells(_ result: HourResult) -> [Cell] {
    let figures = result.accumulator
    return [
      .text(result.hourText), .number(figures.count),
      .number(text { FigureText.appendTenths(Int64(figures.minTenths), to: &$0) }),
      .number(text { FigureText.appendMillionths(figures.meanMillionths, to: &$0) }),
      .number(text { FigureText.appendTenths(Int64(figures.maxTenths), to: &$0) }),
      .truth(result.isFinal), .number(result.revision),
    ]
  }

  static func text(_ append: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = []
    append(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func explainNothing(
    _ selection: HourSelection, _ source: HourSource, _ store: LogStore
  ) throws {
    guard try store.read({ try source.exists(in: $0) }) else {
      switch source {
      case .aggregate: Message.plain("Nothing has been aggregated yet: run `moaa aggregate`.")
      case .backfill:
        Message.plain("Nothing has been backfilled yet: run `moaa backfill PATH...`.")
      case .topics:
        Message.plain("The aggregate topics are empty: nothing has been emitted or pulled.")
      }
      return
    }
    func text(_ hour: Int64) -> String { "\(Timestamp(secondsSinceEpoch: hour * 3600))" }
    let times =
      switch (selection.fromHour.map(text), selection.untilHour.map(text)) {
      case (let from?, let until?): " between \(from) and \(until)"
      case (let from?, nil): " from \(from) on"
      case (nil, let until?): " before \(until)"
      case (nil, nil): ""
      }
    var station = ""
    if case .station(let id) = selection.keys { station = " of station \(id)" }
    Message.plain("no hours\(station)\(times)")
  }
}
