// The parts of `moaa up`.

import Aggregation
import Glibc
import KafkaSync
import LogStore
import MySQLSync
import Pipeline
import Sockets
import Supervision

/// Makes components over one store.
struct UpComponents: Sendable {
  let store: LogStore
  let board: UpBoard
  let log: UpLog

  /// How often a follower looks for more.
  private static let waitMicroseconds: UInt32 = 20_000
  private static let secondsPerRetention = 60.0

  func feed(_ paths: [String], to path: SocketPath, _ base: FeedOptions, _ outcome: UpOutcome)
    -> Component
  {
    Component("feed", isFatal: { ($0 as? SocketFailure)?.code == .refused }) { control in
      var options = base
      options.patienceSeconds = nil
      options.shouldStop = { control.isDraining }
      options.shouldPause = { Interruption.isPaused }
      options.onProgress = { board.note($0) }
      options.tell = { log.tell("feed", .warning, $0) }
      do {
        guard
          let files = try ObservationFiles(
            paths, format: outcome.inputFormat, shouldStop: options.shouldStop)
        else { return }
        let feed = try Feed(files, to: path, options)
        while !board.isListening, !control.isDraining { usleep(Self.waitMicroseconds) }
        log.tell(
          "feed",
          "feeding \(NumberText.count(Int64(files.fileCount), "file")) as source \(feed.name)")
        let report = FeedReport(try feed.run(), fileCount: files.fileCount)
        for line in report.lines { log.tell("feed", line) }
        if report.wasRefused { outcome.noteRefused() }
      } catch is FeedInterrupted {}
    }
  }

  func listen(_ base: ListenOptions) -> Component {
    let isFatal = { @Sendable (error: any Error) in
      [.path, .inUse].contains((error as? SocketFailure)?.code)
    }
    return Component("listen", isFatal: isFatal) { control in
      var options = base
      options.shouldStop = { control.isDraining }
      options.onCommit = { board.note($0) }
      let paths = [options.stream, options.datagram].compactMap { $0?.text }
      options.tell = { log.tell("listen", .warning, $0) }
      options.onReady = {
        board.noteListening()
        log.tell("listen", "listening at \(paths.joined(separator: " and "))")
      }
      board.beginListening()
      _ = try Listener(store: store, options: options).run()
    }
  }

  func aggregate(_ rule: AggregationRule) -> Component {
    Component("aggregate", isFatal: { $0 is JobRuleChanged }) { control in
      let options = AggregationJobOptions(shouldStop: { control.isStopping })
      _ = try AggregationJob(store: store, rule: rule, options: options).run {
        // Asked at the high watermark: whoever drains has folded everything.
        guard !control.isDraining else { return false }
        usleep(Self.waitMicroseconds)
        return true
      }
    }
  }

  func mysql(_ stream: SyncStream, _ settings: MySQLSettings, group: String) -> Component {
    let name = "mysql \(stream.tableName)"
    return Component(name) { control in
      var options = StreamSyncOptions()
      options.group = group
      options.quarantineTopic = TopicName.quarantine
      options.patience = nil
      let sync = StreamSync(
        store: store, stream: stream, options: options,
        connect: { try MySQLConnection(settings) },
        hours: SyncMySQLCommand.hours(of: stream, tell: { log.tell(name, $0) }),
        shouldStop: { control.isStopping },
        tell: { if let line = MySQLWords.line($0) { log.tell(name, line) } })
      _ = try sync.run { Self.wait(control) }
    }
  }

  func kafka(_ topic: String, _ settings: KafkaSettings, _ base: PushOptions) -> Component {
    let name = "kafka \(topic)"
    return Component(name) { control in
      var options = base
      options.patience = nil
      options.quarantineTopic = TopicName.quarantine
      let push = KafkaPush(
        store: store, topic: topic, settings: settings, options: options,
        shouldStop: { control.isStopping },
        tell: { if let line = KafkaPushWords.line($0) { log.tell(name, line) } })
      _ = try push.run { Self.wait(control) }
    }
  }

  func retention() -> Component {
    Component("retention") { control in
      var lookedAt = MonotonicClock.seconds()
      while !control.isDraining {
        usleep(Self.waitMicroseconds)
        guard MonotonicClock.seconds() - lookedAt >= Self.secondsPerRetention else { continue }
        lookedAt = MonotonicClock.seconds()
        for (topic, count) in try RetentionReport.remove(store) {
          log.tell("retention", "removed \(NumberText.count(count, "segment")) of \(topic)")
        }
      }
    }
  }

  /// - Returns: whether there may be more to send.
  private static func wait(_ control: ComponentControl) -> Bool {
    guard !control.isDraining else { return false }
    usleep(waitMicroseconds)
    return true
  }
}
