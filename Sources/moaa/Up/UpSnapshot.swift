// Where a running `moaa up` stands at one moment.

import Aggregation
import LogStore
import Metrics
import Observations
import Pipeline
import Sockets
import Supervision

struct UpSnapshot: Sendable {
  let received: ListenCounts
  let feed: FeedProgress?
  /// Observations received a second, over the time since the snapshot before.
  var receivedPerSecond: Double = 0
  let hourly: HourlyStanding?
  let consumers: [ConsumerLag]
  let standings: [Supervisor.Standing]
  let storeByteCount: Int64
  /// Milliseconds since 1970 UTC.
  let time: Int64

  static func take(
    _ store: LogStore, _ board: UpBoard, _ supervisor: Supervisor
  ) throws -> UpSnapshot {
    let figures = board.current
    let (hourly, consumers) = try store.read {
      (try HourlyStanding.read($0), try ConsumerLag.all($0))
    }
    return UpSnapshot(
      received: figures.received, feed: figures.feed, hourly: hourly, consumers: consumers,
      standings: supervisor.standings, storeByteCount: FileSize.ofStore(store.path),
      time: store.options.clock.nowMilliseconds())
  }

  // MARK: For people

  /// One line of a terminal.
  var line: String {
    var parts: [String] = []
    if let watermark = hourly?.watermarkSeconds {
      parts.append("watermark \(Timestamp(secondsSinceEpoch: watermark))")
    }
    parts.append(
      "received \(NumberText.grouped(received.recordCount)) (\(Int64(receivedPerSecond))/s)")
    if let progress = hourly?.progress {
      parts.append("late \(NumberText.grouped(progress.lateCount))")
      let rejected = progress.rejectedCount + received.refusedCount
      parts.append("rejected \(NumberText.grouped(rejected))")
    }
    let lags = consumers.filter { $0.recordCount > 0 }.map {
      "\($0.checkpoint.group) \(NumberText.grouped($0.recordCount))"
    }
    parts.append("lag " + (lags.isEmpty ? "0" : lags.joined(separator: ", ")))
    if feed?.isPaused == true { parts.append("paused") }
    let waiting = standings.compactMap { standing -> String? in
      if case .waiting = standing.state { return standing.name }
      return nil
    }
    if !waiting.isEmpty { parts.append("waiting: \(waiting.joined(separator: ", "))") }
    return parts.joined(separator: "  ")
  }

  // MARK: For programs

  /// The figures of a log line.
  var cells: [(name: String, value: Cell)] {
    var cells: [(String, Cell)] = [
      ("received", .number(received.recordCount)),
      ("received_per_second", .number(Int64(receivedPerSecond))),
      ("refused", .number(received.refusedCount)),
      ("connections", .number(Int64(received.connectionCount))),
      (
        "watermark",
        hourly?.watermarkSeconds.map { .text("\(Timestamp(secondsSinceEpoch: $0))") } ?? .missing
      ),
      ("accepted", .number(hourly?.progress.acceptedCount ?? 0)),
      ("late", .number(hourly?.progress.lateCount ?? 0)),
      ("rejected", .number(hourly?.progress.rejectedCount ?? 0)),
    ]
    for lag in consumers {
      let name = "\(lag.checkpoint.group)/\(lag.checkpoint.topic)"
      cells.append(("lag_records:\(name)", .number(lag.recordCount)))
      cells.append(("lag_seconds:\(name)", .number(lag.seconds(at: time))))
    }
    return cells.map { (name: $0.0, value: $0.1) }
  }

  /// For Prometheus.
  var metrics: String {
    var text = PrometheusText()
    text.add(
      "moaa_received_records_total", .counter, "Observations taken from sockets and stored.",
      Double(received.recordCount))
    text.add(
      "moaa_refused_lines_total", .counter, "Lines from sockets that are no observations.",
      Double(received.refusedCount))
    text.add(
      "moaa_connections", .gauge, "Feeders that are connected.", Double(received.connectionCount))
    if let hourly {
      text.add(
        "moaa_accepted_records_total", .counter, "Observations in the hours.",
        Double(hourly.progress.acceptedCount))
      text.add(
        "moaa_late_records_total", .counter, "Observations that came after their hour was final.",
        Double(hourly.progress.lateCount))
      text.add(
        "moaa_rejected_records_total", .counter, "Observations that the aggregation refused.",
        hourly.progress.rejectedCounts.sorted { $0.key.rawValue < $1.key.rawValue }.map {
          ([("reason", $0.key.rawValue)], Double($0.value))
        })
      if let watermark = hourly.watermarkSeconds {
        text.add(
          "moaa_watermark_seconds", .gauge, "The watermark, in seconds since 1970 UTC.",
          Double(watermark))
      }
    }
    let labels = { (lag: ConsumerLag) in
      [("group", lag.checkpoint.group), ("topic", lag.checkpoint.topic)]
    }
    text.add(
      "moaa_lag_records", .gauge, "Records that a consumer has not read.",
      consumers.map { (labels($0), Double($0.recordCount)) })
    text.add(
      "moaa_lag_seconds", .gauge, "The age of the oldest record that a consumer has not read.",
      consumers.map { (labels($0), Double($0.seconds(at: time))) })
    text.add(
      "moaa_component_up", .gauge, "Whether a component runs.",
      standings.map { ([("component", $0.name)], $0.state == .running ? 1 : 0) })
    text.add(
      "moaa_component_restarts_total", .counter,
      "How often a component failed and was started again.",
      standings.map { ([("component", $0.name)], Double($0.restartCount)) })
    text.add("moaa_store_bytes", .gauge, "The store's size.", Double(storeByteCount))
    return text.text
  }
}
