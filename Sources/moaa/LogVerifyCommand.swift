// `moaa log verify`: is everything as it was written?

import Arguments
import LogStore
import Pipeline

enum LogVerifyCommand: Subcommand {
  static let declaration = Command(
    "log verify", "Check offsets, bounds and state; with --deep, every batch.",
    options: [
      .flag("deep", "Read every batch: CRC, records, hash chain, and SQLite's own pages."),
      CommonOptions.format, CommonOptions.store,
    ],
    discussion: """
      Exit code 3: damage was found; each fault is named with topic and offset. That the hours are those \
      of the log is what `moaa replay --verify` shows.
      """,
    examples: ["moaa log verify --deep"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    var report = try store.verify(
      deep: arguments.flag("deep"),
      progress: { report in
        Message.transient("verifying  \(NumberText.grouped(report.recordCount)) records")
      }, shouldStop: { Interruption.isRequested })
    report.faults += try store.read {
      try HourlyStateCheck.faults(in: $0) + BackfillCheck.faults(in: $0)
    }
    Message.endTransient()
    var table = ResultTable(
      CommonOptions.outputFormat(arguments),
      ["topics", "segments", "batches", "records", "bytes_read", "faults"])
    try table.add([
      .number(Int64(report.topicCount)), .number(Int64(report.segmentCount)),
      .number(Int64(report.batchCount)), .number(report.recordCount), .number(report.byteCount),
      .number(Int64(report.faults.count)),
    ])
    try table.finish()
    for fault in report.faults { Message.error(fault) }
    if report.faults.isEmpty { return .success }
    Message.plain(
      "Copy the store before anything else. What is damaged in the log can be ingested again into "
        + "another store; hours are made again by `moaa reset hourly --to earliest` and `moaa aggregate`, or by "
        + "`moaa reset backfill` and `moaa backfill`."
    )
    return .checkFailed
  }
}
