// `moaa listen`: a unix socket → raw topic.

import Arguments
import LogStore
import Pipeline
import Sockets

enum ListenCommand: Subcommand {
  static let declaration = Command(
    "listen", "Take observations from a unix socket into the raw topic.",
    options: [
      .value("socket", "PATH", "Where feeders connect.")
    ] + ListenOptionSet.declarations + [CommonOptions.store, CommonOptions.sizeLimit],
    discussion: """
      One observation a line, as the JSON of the raw topic. After the commit that holds line N the answer \
      is `ok N`; what was not acknowledged should be sent again. A line that is no observation is answered \
      by `bad N REASON`, kept in the topic \(TopicName.quarantine), and acknowledged like the others. \
      A feeder whose first line is `source NAME` is answered by `at N HASH`: so many of its lines are \
      stored, whatever became of their acknowledgements, and it goes on with line N + 1: so nothing is \
      lost or doubled. `moaa feed` does that.

      At each --trigger the listener writes a control record into the log, and `moaa aggregate --follow` \
      shows the hours that have changed; a replay shows the same ones.
      """,
    examples: [
      "moaa listen --socket run/raw.sock",
      "moaa feed noaa/ --to run/raw.sock --speed 60x",
      "moaa log dump raw_probes_results --format json | jq -c .value | nc -NU run/raw.sock",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    var options = try ListenOptionSet.read(arguments, path: arguments.value("socket"))
    guard options.stream != nil || options.datagram != nil else {
      throw UsageError(message: "where to listen? Give --socket PATH, or --datagram PATH")
    }
    let store = try CommonOptions.openStore(arguments, .create)
    defer { store.close() }
    let line = ListenLine()
    let paths = [options.stream, options.datagram].compactMap { $0?.text }
    options.onReady = { Message.plain("listening at \(paths.joined(separator: " and "))") }
    if Message.isTerminal { options.onCommit = { line.show($0) } }
    options.tell = { text in
      Message.endTransient()
      Message.warning(text)
    }
    options.shouldStop = { Interruption.isRequested }
    let counts = try Listener(store: store, options: options).run()
    Message.endTransient()
    try RetentionReport.retain(store)
    var text = "received \(NumberText.count(counts.recordCount, "record"))"
    if counts.refusedCount > 0 {
      text += "; \(NumberText.count(counts.refusedCount, "line")) refused, kept: "
      text += "`moaa log dump \(TopicName.quarantine)`"
    }
    Message.plain(text)
    return .interrupted
  }
}

/// What a person sees of a listener.
struct ListenLine: Sendable {
  private let started = Stopwatch()

  func show(_ counts: ListenCounts) {
    let rate = Int64(Double(counts.recordCount) / max(started.seconds, 0.001))
    Message.transient(
      "\(NumberText.grouped(counts.recordCount)) records  \(NumberText.grouped(rate)) records/s  "
        + "\(NumberText.grouped(counts.refusedCount)) refused  "
        + NumberText.count(Int64(counts.connectionCount), "connection"))
  }
}
