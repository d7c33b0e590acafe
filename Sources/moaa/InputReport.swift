// What an ingest did, told to a person on standard error.

import Aggregation
import Observations
import Pipeline

enum InputReport {
  /// - Returns: whether part of the input was refused.
  static func tell(_ summary: IngestSummary, seconds: Double) -> Bool {
    for failure in summary.failures { Message.error(failure.description) }
    for name in summary.divergingNames {
      Message.warning(
        "\(name) begins like a file ingested before, and then differs: taken as another file, "
          + "so rows that stand in both are in the log twice")
    }
    for example in summary.refusedExamples { Message.error(example.description) }
    if summary.refusedCount > 0 {
      let reasons = summary.refusedCounts.sorted { $0.key.rawValue < $1.key.rawValue }
        .map { "\($0.key.rawValue) \(NumberText.grouped($0.value))" }.joined(separator: ", ")
      Message.error(
        "\(NumberText.count(summary.refusedCount, "row")) refused (\(reasons)); kept: "
          + "`moaa log dump \(TopicName.quarantine)`")
    }
    var parts = [NumberText.count(summary.recordCount, "record")]
    parts.append(
      "from \(summary.readCount) of \(NumberText.count(Int64(summary.fileCount), "file"))")
    if summary.knownCount > 0 { parts.append("(\(summary.knownCount) hold nothing new)") }
    if summary.emptyCount > 0 { parts.append("(\(summary.emptyCount) without rows)") }
    Message.plain("ingested \(parts.joined(separator: " ")) in \(secondsText(seconds))")
    return !summary.failures.isEmpty || summary.refusedCount > 0 || !summary.divergingNames.isEmpty
  }

  static func tell(_ summary: AggregationSummary) {
    let progress = summary.progress
    var parts = [
      "\(NumberText.grouped(progress.acceptedCount)) accepted",
      "\(NumberText.grouped(progress.lateCount)) of them late",
    ]
    for (reason, count) in progress.rejectedCounts.sorted(by: { $0.key.rawValue < $1.key.rawValue })
    where count > 0 {
      parts.append("\(NumberText.grouped(count)) refused: \(reason.rawValue)")
    }
    Message.plain(
      "aggregated \(NumberText.count(summary.recordCount, "record")); in all "
        + parts.joined(separator: ", "))
  }

  static func secondsText(_ seconds: Double) -> String {
    let hundredths = Int64(seconds * 100)
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
  }
}

/// The line that shows how far an ingest has come.
struct IngestProgressLine: Sendable {
  private let started = Stopwatch()

  func show(_ progress: IngestProgress) {
    guard Message.isTerminal else { return }
    let seconds = max(started.seconds, 0.001)
    let rate = Int64(Double(progress.recordCount) / seconds)
    var text = "ingesting  \(NumberText.grouped(progress.recordCount)) records"
    let total = progress.fileByteTotal
    if total > 0 {
      text += "  \(min(100, progress.fileByteCount * 100 / total)) %"
    }
    Message.transient("\(text)  \(NumberText.grouped(rate)) records/s")
  }
}
