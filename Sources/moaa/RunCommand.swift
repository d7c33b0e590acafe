// `moaa run`: the main job. Files → raw log → hours → terminal.

import Arguments
import LogStore
import Pipeline

enum RunCommand: Subcommand {
  static let declaration = Command(
    "run", "Ingest files, aggregate them, and print the hours.",
    positionals: [IngestCommand.paths],
    options: HoursCommand.selection
      + [CommonOptions.format, CommonOptions.inputFormat, CommonOptions.store]
      + CommonOptions.rule + [CommonOptions.commitRecords, CommonOptions.sizeLimit],
    discussion: """
      Prints every hour of the store, also those of earlier runs. Running it again over the same \
      files changes nothing.
      """,
    examples: ["moaa run 72530094846.csv", "moaa run 2022/ --by-station --format csv > hours.csv"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let selection = try HoursCommand.selection(arguments)
    let rule = try CommonOptions.rule(arguments)
    // Before the store is opened: a command line that makes no sense must not make one.
    let ingestOptions = try IngestCommand.options(arguments)
    let aggregationOptions = try AggregateCommand.options(arguments)
    let store = try CommonOptions.openStore(arguments, .create)
    defer { store.close() }
    let stopwatch = Stopwatch()
    let summary = try PipelineRun(
      store: store, rule: rule, ingestOptions: ingestOptions, aggregationOptions: aggregationOptions
    ).run(arguments.positionals("PATH"))
    Message.endTransient()
    try RetentionReport.retain(store)
    let wasRefused = InputReport.tell(summary.ingest, seconds: stopwatch.seconds)
    InputReport.tell(summary.aggregation)
    if Interruption.isRequested { return .interrupted }
    try HoursCommand.show(
      selection, .aggregate, CommonOptions.outputFormat(arguments), store)
    return wasRefused ? .inputRefused : .success
  }
}
