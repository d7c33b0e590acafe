// `moaa log verify`: is everything as it was written?

import Arguments
import LogStore

enum LogVerifyCommand: Subcommand {
  static let declaration = Command(
    "log verify", "Check offsets and bounds; with --deep, every byte.",
    options: [
      .flag("deep", "Read every batch: CRC, records, hash chain, and SQLite's own pages."),
      CommonOptions.format, CommonOptions.store,
    ], discussion: "Exit code 3: damage was found; each fault is named with topic and offset.",
    examples: ["moaa log verify --deep"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    let report = try store.verify(deep: arguments.flag("deep")) { report in
      Message.transient("verifying  \(NumberText.grouped(report.recordCount)) records")
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
    Message.plain("Copy the store before anything else; what is damaged can be ingested again.")
    return .checkFailed
  }
}
