// `moaa ingest`: files → raw topic.

import Arguments
import LogStore
import Pipeline

enum IngestCommand: Subcommand {
  static let paths = Positional(
    "PATH", .oneOrMore,
    "Files, folders (searched for files with NCEI's names: .csv, .psv, USAF-WBAN-YEAR, also with .gz, "
      + "and YEAR.gz), or - for standard input.")

  static let declaration = Command(
    "ingest", "Append the observations of files to the raw topic.", positionals: [paths],
    options: [
      CommonOptions.inputFormat, CommonOptions.store, CommonOptions.commitRecords,
      CommonOptions.sizeLimit,
    ],
    discussion: """
      Files are merged in event-time order. A file is known by its rows: whatever its name, and \
      compressed or not, its rows are appended once, and only the new ones when it has grown. Rows \
      that cannot be read go to the topic quarantine, with file, line and reason.

      Formats: `global-hourly` (NCEI's CSV), `isd` (its fixed-width records, of one station or several \
      a file), `isd-lite`, whose files must be named USAF-WBAN-YEAR[.gz] because the station stands \
      nowhere else, and `ghcnh` (NCEI's successor of ISD, pipe-separated). The same observations in two formats are other rows: ingest one of them.
      """,
    examples: [
      "moaa ingest 2022/", "moaa ingest 725300-94846-2014.gz",
      "zcat 72530094846.csv.gz | moaa ingest -",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    // Before the store is opened: a command line that makes no sense must not make one.
    let options = try options(arguments)
    let store = try CommonOptions.openStore(arguments, .create)
    defer { store.close() }
    let stopwatch = Stopwatch()
    let summary = try Ingest(store: store, options: options).run(arguments.positionals("PATH"))
    Message.endTransient()
    try RetentionReport.retain(store)
    let wasRefused = InputReport.tell(summary, seconds: stopwatch.seconds)
    if summary.wasInterrupted { return .interrupted }
    return wasRefused ? .inputRefused : .success
  }

  static func options(_ arguments: ParsedArguments) throws -> IngestOptions {
    let line = IngestProgressLine()
    var options = IngestOptions(inputFormat: CommonOptions.inputFormat(arguments))
    if Message.isTerminal { options.onProgress = { line.show($0) } }
    options.onWait = { Message.plain("waiting for another ingest into the same store to end") }
    options.shouldStop = { Interruption.isRequested }
    if let count = try CommonOptions.commitRecords(arguments) { options.recordsPerCommit = count }
    return options
  }
}
