// `moaa explain`: what is behind a figure.

import Aggregation
import Arguments
import LogStore
import Observations
import Pipeline

enum ExplainCommand: Subcommand {
  static let declaration = Command(
    "explain", "Show the raw records, quality codes and revisions behind an hour.",
    positionals: [Positional("HOUR", .one, "The hour, such as 2022-06-24T08 (UTC).")],
    options: [
      .value("station", "ID", "Only this station's hour."), CommonOptions.format,
      CommonOptions.store,
    ],
    discussion: """
      A table of the records, then of the emissions, with the figures on standard error. As CSV \
      only the records; as JSON one object with figures, records and emissions.
      """, examples: ["moaa explain 2022-06-24T08 --station 72530094846"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let text = arguments.positionals("HOUR")[0]
    guard let time = Timestamp(argument: text) else {
      throw UsageError(message: "HOUR: '\(text)' is not a time such as 2022-06-24T08")
    }
    let station = try CommonOptions.station(arguments)
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    let explanation = try Explanation.make(hour: time.hourIndex, station: station, in: store)
    switch CommonOptions.outputFormat(arguments) {
    case .json: try showJSON(explanation)
    case .csv: try showRecords(explanation, .csv)
    case .table:
      try showRecords(explanation, .table)
      try showEmissions(explanation)
      tell(explanation)
    }
    return .success
  }

  private static let recordColumns = [
    "offset", "station", "time", "tmp", "quality", "report_type", "verdict",
  ]

  private static func cells(_ record: ExplainedRecord, _ explanation: Explanation) -> [Cell] {
    let verdict =
      record.refusal?.rawValue
      ?? (record.offset < explanation.nextOffset ? "accepted" : "not aggregated yet")
    return [
      .number(record.offset.rawValue), .text(record.station), .text(record.time.description),
      record.temperature.tenths.map { tenths in
        .number(HoursCommand.text { FigureText.appendTenths(Int64(tenths), to: &$0) })
      } ?? .missing,
      .text(String(decoding: [record.temperature.qualityCode], as: UTF8.self)),
      .text(record.reportType), .text(verdict),
    ]
  }

  private static func showRecords(_ explanation: Explanation, _ format: OutputFormat) throws {
    var table = ResultTable(format, recordColumns)
    for record in explanation.records { try table.add(cells(record, explanation)) }
    try table.finish()
  }

  private static func showEmissions(_ explanation: Explanation) throws {
    guard !explanation.emissions.isEmpty else { return }
    var table = ResultTable(.table, ["offset", "emission"])
    for emission in explanation.emissions {
      try table.add([.number(emission.offset.rawValue), .text(emission.value)])
    }
    try StandardOutput.write("\n")
    try table.finish()
  }

  private static func showJSON(_ explanation: Explanation) throws {
    let figures = explanation.result.map { result in
      ResultTable.object(
        ["hour", "count", "min_tmp", "mean_tmp", "max_tmp", "final", "revision"],
        HoursCommand.cells(result))
    }
    let records = explanation.records.map {
      ResultTable.object(recordColumns, cells($0, explanation))
    }
    // An emission's value is JSON already.
    let emissions = explanation.emissions.map { "{\"offset\":\($0.offset),\"value\":\($0.value)}" }
    try StandardOutput.write(
      "{\"figures\":\(figures ?? "null"),\n\"records\":[\n\(records.joined(separator: ",\n"))],\n"
        + "\"emissions\":[\n\(emissions.joined(separator: ",\n"))]}\n")
  }

  private static func tell(_ explanation: Explanation) {
    if let result = explanation.result {
      let cells = HoursCommand.cells(result).map(\.plainText)
      Message.plain(
        "\(cells[0]): \(cells[1]) accepted, min \(cells[2]), mean \(cells[3]), max \(cells[4]) °C; "
          + "revision \(cells[6]), \(result.isFinal ? "final" : "not final yet")")
    } else {
      Message.plain("no accepted record lies in this hour")
    }
    if explanation.rawStartOffset > .zero {
      Message.warning(
        "retention has removed the raw records before offset \(explanation.rawStartOffset): some of "
          + "this hour may be among them")
    }
  }
}
