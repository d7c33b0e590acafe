// `moaa backfill`: files → tables, on all cores, without the log.

import Aggregation
import Arguments
import LogStore
import Observations
import Pipeline

enum BackfillCommand: Subcommand {
  static let declaration = Command(
    "backfill", "Fold files into tables by hour, day, month, season, year and station.",
    positionals: [
      Positional(
        "PATH", .oneOrMore,
        "Files, archives (.tar, .tar.gz, .tgz), folders (searched for files with NCEI's names), "
          + "patterns, or - for standard input.")
    ],
    options: [
      .value(
        "by", "SETS",
        "Tables to print, with commas between: "
          + TableOptions.ownNames.joined(separator: ", ")
          + ", or any that `moaa tables` lists."),
      TableOptions.weight, TableOptions.seasons, CommonOptions.rule[0],
      .value(
        "reports", "RULE",
        "Which reports count: `all` that are accepted, or `routine`, one a station and hour "
          + "(no special reports, no synoptic copies of a METAR).",
        default: "all", choices: ReportsRule.allCases.map(\.rawValue)),
      .value("threads", "N", "Files that are read at the same time (default: as many as cores)."),
      CommonOptions.inputFormat, CommonOptions.format, CommonOptions.store,
      CommonOptions.sizeLimit,
    ],
    discussion: """
      The same figures as `moaa ingest` and `moaa aggregate` make of the same files, to the last digit, \
      without keeping the records. Of each file the store keeps a partial result, of which every table is \
      made: a second run reads only what is new or has changed, and an interrupted one goes on where it \
      stopped. A file that changed replaces what it gave before. Afterwards `moaa table NAME` and `moaa \
      hours` show the results.

      --quality and --reports belong to the store's results: another choice is refused until \
      `moaa reset backfill`. --weight and --seasons are chosen each time.
      """,
    examples: [
      "moaa backfill 2023/ --by day", "moaa backfill 2023.tar.gz --by month,season --format csv",
      "moaa backfill '20*/*.csv.gz' --reports routine --by station-year",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    // Before the store is opened: a command line that makes no sense must not make one.
    let sets = try arguments.value("by").map(TableOptions.sets) ?? []
    var options = BackfillOptions(inputFormat: CommonOptions.inputFormat(arguments))
    if let count = try arguments.integer("threads", in: 1...256) {
      options.threadCount = Int(count)
    }
    let line = BackfillProgressLine()
    if Message.isTerminal { options.onProgress = { line.show($0) } }
    options.onWait = { Message.plain("waiting for another backfill of the same store to end") }
    options.shouldStop = { Interruption.isRequested }
    let rule = BackfillRule(
      quality: CommonOptions.quality(arguments),
      reports: arguments.value("reports").flatMap { ReportsRule(rawValue: $0) } ?? .all)
    let store = try CommonOptions.openStore(arguments, .create)
    defer { store.close() }
    let stopwatch = Stopwatch()
    let summary = try Backfill(store: store, rule: rule, options: options)
      .run(arguments.positionals("PATH"))
    Message.endTransient()
    let wasRefused = BackfillReport.tell(summary, seconds: stopwatch.seconds)
    if summary.wasInterrupted {
      Message.plain("interrupted; the same command goes on from here")
      return .interrupted
    }
    _ = try TableOptions.show(sets, arguments, threadCount: options.threadCount, store)
    return wasRefused ? .inputRefused : .success
  }
}

/// What a backfill did, told to a person on standard error.
enum BackfillReport {
  /// - Returns: whether part of the input was refused.
  static func tell(_ summary: BackfillSummary, seconds: Double) -> Bool {
    for failure in summary.failures { Message.error(failure.description) }
    for example in summary.refusedExamples { Message.error(example.description) }
    if summary.quarantinedCount > 0 {
      Message.error(
        "\(NumberText.count(summary.quarantinedCount, "row")) could not be read; kept: "
          + "`moaa log dump \(TopicName.quarantine)`")
    }
    var parts = ["\(NumberText.grouped(summary.counts.accepted)) accepted"]
    for (reason, count) in summary.counts.refused.sorted(by: { $0.key.rawValue < $1.key.rawValue })
    {
      parts.append("\(NumberText.grouped(count)) refused: \(reason.rawValue)")
    }
    var files = ["read \(NumberText.count(Int64(summary.readCount), "file"))"]
    if summary.knownCount > 0 {
      files.append(
        "(\(NumberText.grouped(Int64(summary.knownCount))) with a content known already)")
    }
    if summary.unchangedCount > 0 {
      files.append("and skipped \(NumberText.grouped(Int64(summary.unchangedCount))) unchanged")
    }
    Message.plain(
      files.joined(separator: " ") + " in \(InputReport.secondsText(seconds)); "
        + "\(NumberText.count(summary.counts.rowCount, "new row")): "
        + parts.joined(separator: ", "))
    TableOptions.warn(ofShared: summary.sharedHourCount)
    return !summary.failures.isEmpty || summary.quarantinedCount > 0 || summary.sharedHourCount > 0
  }
}

/// The line that shows how far a backfill has come.
struct BackfillProgressLine: Sendable {
  private let started = Stopwatch()

  func show(_ progress: BackfillProgress) {
    let seconds = max(started.seconds, 0.001)
    let rate = Int64(Double(progress.fileByteCount) / seconds)
    let percent = progress.fileByteCount * 100 / max(1, progress.fileByteTotal)
    Message.transient(
      "folding  \(NumberText.count(Int64(progress.fileCount), "file"))  \(min(100, percent)) %  "
        + "\(NumberText.bytes(rate))/s")
  }
}
