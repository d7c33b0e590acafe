// `moaa aggregate`: raw topic → aggregate topics, from the checkpoint.

import Arguments
import Glibc
import LogStore
import Pipeline

enum AggregateCommand: Subcommand {
  static let declaration = Command(
    "aggregate", "Fold the raw topic into hours, from the checkpoint on.",
    options: [
      CommonOptions.store,
      .flag("follow", "Go on as the topic grows, until interrupted."),
    ] + CommonOptions.rule + [CommonOptions.commitRecords, CommonOptions.sizeLimit],
    discussion: """
      Emits changed hours to the topics \(TopicName.hourly) and \(TopicName.hourlyByStation). \
      Emissions, window state and checkpoint are committed together, at the latest every 5 \
      seconds, so that a crash loses and doubles nothing.
      """, examples: ["moaa aggregate", "moaa aggregate --follow --quality all"])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    // Before the store is opened: a command line that makes no sense must not make one.
    let rule = try CommonOptions.rule(arguments)
    let options = try options(arguments)
    let store = try CommonOptions.openStore(arguments, .create)
    defer { store.close() }
    let job = try AggregationJob(store: store, rule: rule, options: options)
    let follows = arguments.flag("follow")
    let sinceRetention = Stopwatch()
    var retentionDue = 60.0
    let summary = try job.run {
      guard follows, !Interruption.isRequested else { return false }
      usleep(100_000)
      if sinceRetention.seconds > retentionDue {
        retentionDue += 60
        try RetentionReport.retain(store)
      }
      return true
    }
    Message.endTransient()
    try RetentionReport.retain(store)
    InputReport.tell(summary)
    return Interruption.isRequested ? .interrupted : .success
  }

  static func options(_ arguments: ParsedArguments) throws -> AggregationJobOptions {
    var options = AggregationJobOptions(shouldStop: { Interruption.isRequested })
    if let count = try CommonOptions.commitRecords(arguments) { options.recordsPerCommit = count }
    return options
  }
}
