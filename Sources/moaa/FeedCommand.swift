// `moaa feed`: files → a socket, or standard output, as if they were happening now.

import Arguments
import Glibc
import Observations
import Pipeline
import Sockets

enum FeedCommand: Subcommand {
  static let declaration = Command(
    "feed", "Send observations of files to a socket, in event-time order, as if they happened now.",
    positionals: [
      Positional(
        "PATH", .any,
        "Files, folders, or - for standard input, as for `moaa ingest`; without it, what `moaa download` has "
          + "fetched of --day.")
    ],
    options: [
      .value(
        "to", "SOCKET", "Where `moaa listen` or `moaa up` listens; - for standard output.",
        default: "-")
    ] + FeedOptionSet.declarations + [
      .value(
        "name", "NAME",
        "What the listener knows this feed by. Without it a --day has the day's name, and anything else a name made "
          + "from all that will be sent: another feed of the same goes on where the first ended, and one "
          + "of other or grown files is refused, since what stands in both would count twice."),
      .value(
        "patience", "DURATION", "How long to wait for a listener that is away.", default: "5m"),
      CommonOptions.inputFormat,
    ],
    discussion: """
      A feed may be killed and started again, and so may the listener: it goes on after the last line that \
      is stored, and nothing is stored twice. Ctrl-Z or SIGUSR1 pauses it, `fg` or SIGUSR2 lets it go on. \
      To standard output everything is written, each time from the beginning.
      """,
    examples: [
      "moaa feed noaa/ --day 2022-06-24 --to run/raw.sock --every 30s --step 10m",
      "moaa feed noaa/ --from 2022-06-24T12 --speed 600x --to run/raw.sock",
      "moaa feed noaa/ --speed max | kcat -P -b localhost:9092 -t raw_probes_results",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let options = try options(arguments)
    let target = arguments.value("to") ?? "-"
    let path = target == "-" ? nil : try ListenOptionSet.socketPath(target)
    for name in ["name", "patience"] where path == nil && arguments.isGiven(name) {
      throw UsageError(message: "--\(name) is for a listener: name its socket with --to")
    }
    let paths = try FeedOptionSet.paths(arguments)
    guard !paths.isEmpty else {
      throw UsageError(
        message: "what to feed? Name files or folders, or a --day that was downloaded")
    }
    Interruption.installPause()
    guard
      let files = try ObservationFiles(
        paths, format: CommonOptions.inputFormat(arguments),
        shouldStop: options.shouldStop)
    else { return .interrupted }
    let summary: FeedSummary
    do {
      if let path {
        summary = try Feed(files, to: path, options).run()
      } else {
        var printer = FeedPrinter(files, options)
        summary = try printer.run()
      }
    } catch is FeedInterrupted {
      return .interrupted
    }
    Message.endTransient()
    let report = FeedReport(summary, fileCount: files.fileCount)
    for line in report.lines { Message.tell(line) }
    if summary.wasInterrupted { return .interrupted }
    return report.wasRefused ? .inputRefused : .success
  }

  private static func options(_ arguments: ParsedArguments) throws -> FeedOptions {
    var options = FeedOptions()
    options.pace = try FeedOptionSet.pace(arguments)
    options.eventTimes = try FeedOptionSet.eventTimes(arguments)
    options.source = try FeedOptionSet.source(arguments)
    if let patience = try arguments.value(
      "patience", expecting: "a duration such as 5m", Duration.seconds)
    {
      options.patienceSeconds = Double(patience)
    }
    options.tell = { text in
      Message.endTransient()
      Message.plain(text)
    }
    if Message.isTerminal { options.onProgress = { Message.transient(FeedReport.line($0)) } }
    options.shouldStop = { Interruption.isRequested }
    options.shouldPause = { Interruption.isPaused }
    return options
  }
}

/// What a feed did, in words.
struct FeedReport {
  private(set) var lines: [EventLine] = []
  /// Whether part of the input was refused.
  let wasRefused: Bool

  static func line(_ progress: FeedProgress) -> String {
    var text = progress.eventSeconds.map { "\(Timestamp(secondsSinceEpoch: $0))  " } ?? ""
    text += "\(NumberText.grouped(progress.sentCount)) sent"
    text += "  \(NumberText.grouped(progress.storedCount)) stored"
    return progress.isPaused ? text + "  paused" : text
  }

  init(_ summary: FeedSummary, fileCount: Int) {
    let (progress, faults) = (summary.progress, summary.faults)
    wasRefused = !faults.isEmpty || progress.refusedCount > 0
    for failure in faults.failures {
      lines.append(EventLine(isWarning: true, text: failure.description))
    }
    for name in faults.divergingNames {
      lines.append(
        EventLine(
          isWarning: true,
          text:
            "\(name) begins like another file, and then differs: what stands in both was sent twice"
        ))
    }
    for (reason, count) in faults.refusedCounts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      lines.append(
        EventLine(
          isWarning: true,
          text:
            "\(NumberText.count(count, "row")) not sent: \(reason.explanation) (\(reason.rawValue)); "
            + "`moaa ingest` keeps such rows"))
    }
    var text = "sent \(NumberText.count(progress.sentCount, "observation"))"
    text += " of \(NumberText.count(Int64(fileCount), "file"))"
    if progress.storedCount < progress.sentCount {
      text += ", of which \(NumberText.grouped(progress.storedCount)) are known to be stored"
    }
    if progress.earlierCount > 0 {
      text += "; \(NumberText.grouped(progress.earlierCount)) were stored before"
    }
    if progress.refusedCount > 0 {
      text += "; \(NumberText.count(progress.refusedCount, "line")) refused"
    }
    lines.append(EventLine(text: text))
  }
}
