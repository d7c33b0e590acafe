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
    options: selection + [CommonOptions.format, CommonOptions.store],
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
    let count = try show(selection, CommonOptions.outputFormat(arguments), store)
    if count == 0, CommonOptions.outputFormat(arguments) == .table { try explainNothing(store) }
    return .success
  }

  static func selection(_ arguments: ParsedArguments) throws -> HourSelection {
    let expected = "a time such as 2022-06-24 or 2022-06-24T08:00"
    func hour(_ name: String) throws -> Int64? {
      // The first hour that begins at or after the time.
      try arguments.value(name, expecting: expected) { Timestamp(argument: $0) }
        .map { Timestamp(secondsSinceEpoch: $0.secondsSinceEpoch + 3599).hourIndex }
    }
    let keys: HourSelection.Keys =
      try CommonOptions.station(arguments).map { .station($0) }
      ?? (arguments.flag("by-station") ? .everyStation : .allStationsTogether)
    return HourSelection(keys, fromHour: try hour("from"), untilHour: try hour("to"))
  }

  /// - Returns: how many hours were shown.
  static func show(
    _ selection: HourSelection, _ format: OutputFormat, _ store: LogStore
  ) throws -> Int {
    let byStation = selection.keys != .allStationsTogether
    return try store.read { view in
      format == .csv
        ? try showCSV(selection, byStation, view) : try show(selection, byStation, format, view)
    }
  }

  private static func showCSV(
    _ selection: HourSelection, _ byStation: Bool, _ view: ReadTransaction
  ) throws -> Int {
    var count = 0
    var output = OutputBuffer()
    output.append(byStation ? HourText.stationHeader : HourText.header)
    try HourlyResults.forEach(selection, in: view) { result in
      HourText.append(result, byStation: byStation, to: &output.bytes)
      count += 1
      try output.flushIfLarge()
    }
    try output.flush()
    return count
  }

  private static func show(
    _ selection: HourSelection, _ byStation: Bool, _ format: OutputFormat, _ view: ReadTransaction
  ) throws -> Int {
    var table = ResultTable(
      format,
      (byStation ? ["station"] : [])
        + ["hour", "count", "min_tmp", "mean_tmp", "max_tmp", "final", "revision"])
    try HourlyResults.forEach(selection, in: view) { result in
      try table.add((byStation ? [.text(result.stationText)] : []) + cells(result))
    }
    try table.finish()
    return table.rowCount
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

  private static func explainNothing(_ store: LogStore) throws {
    let fingerprint = try store.read { try HourlyResults.fingerprint($0) }
    Message.plain(
      fingerprint == nil
        ? "Nothing has been aggregated yet: run `moaa aggregate`." : "No hour matches.")
  }
}
