// The command line of `moaa up`, understood: which parts run, and how.

import Aggregation
import Arguments
import KafkaSync
import MySQLSync
import Pipeline
import Sockets
import Supervision

struct UpPlan {
  let rule: AggregationRule
  let untilFed: Bool
  /// nil: no metrics.
  let metricsPort: UInt16?
  private let paths: [String]
  private let listen: ListenOptions
  private let feed: FeedOptions
  private let mysql: MySQLSettings?
  private let kafka: KafkaSettings?
  private let kafkaTopics: [String]
  private let sendsStations: Bool

  init(_ arguments: ParsedArguments) throws {
    rule = try CommonOptions.rule(arguments)
    paths = try FeedOptionSet.paths(arguments)
    untilFed = arguments.flag("until-fed")
    metricsPort = try arguments.integer("metrics", in: 0...65_535).map { UInt16($0) }
    sendsStations = arguments.flag("by-station")
    listen = try ListenOptionSet.read(
      arguments,
      path: arguments.value("socket") ?? CommonOptions.storePath(arguments) + "-socket/raw.sock")
    var feed = FeedOptions()
    feed.pace = try FeedOptionSet.pace(arguments)
    feed.eventTimes = try FeedOptionSet.eventTimes(arguments)
    feed.source = try FeedOptionSet.source(arguments)
    self.feed = feed
    mysql = try Self.mysql(arguments)
    kafka = try Self.kafka(arguments)
    kafkaTopics = try Self.topics(arguments, sendsStations: sendsStations)
    try Self.refuseWhatDoesNotGoTogether(arguments, paths, sends: mysql != nil || kafka != nil)
  }

  private static func refuseWhatDoesNotGoTogether(
    _ arguments: ParsedArguments, _ paths: [String], sends: Bool
  ) throws(UsageError) {
    let feedNames = [
      "day", "cache", "from", "name", "until", "speed", "step", "every", "until-fed",
      "input-format",
    ]
    for name in feedNames where paths.isEmpty && arguments.isGiven(name) {
      throw UsageError(message: "--\(name) is for a feed: name what to feed")
    }
    if arguments.flag("by-station"), !sends {
      throw UsageError(message: "--by-station is for --mysql or --kafka")
    }
  }

  private static func mysql(_ arguments: ParsedArguments) throws -> MySQLSettings? {
    guard let value = arguments.value("mysql") else {
      for name in ["password-file", "tls-ca", "no-tls"] where arguments.isGiven(name) {
        throw UsageError(message: "--\(name) is for --mysql")
      }
      return nil
    }
    return try MySQLOptions.settings(arguments, address: value == "env" ? nil : value)
  }

  private static func kafka(_ arguments: ParsedArguments) throws -> KafkaSettings? {
    guard let value = arguments.value("kafka") else {
      for name in ["kafka-config", "kafka-topics"] where arguments.isGiven(name) {
        throw UsageError(message: "--\(name) is for --kafka")
      }
      return nil
    }
    return try KafkaOptions.settings(arguments, brokers: value == "env" ? nil : value)
  }

  private static func topics(
    _ arguments: ParsedArguments, sendsStations: Bool
  ) throws -> [String] {
    let known = [TopicName.raw, TopicName.hourly, TopicName.hourlyByStation, TopicName.quarantine]
    var names: [String] = []
    let listed =
      arguments.value("kafka-topics").map { $0.split(separator: ",").map(String.init) }
      ?? [TopicName.raw, TopicName.hourly]
    for name in listed where !names.contains(name) {
      guard known.contains(name) else {
        throw UsageError(
          message: "--kafka-topics: there is no \(name); there is \(known.joined(separator: ", "))")
      }
      names.append(name)
    }
    if sendsStations, !names.contains(TopicName.hourlyByStation) {
      names.append(TopicName.hourlyByStation)
    }
    return names
  }

  /// In the direction in which records flow.
  func stages(_ make: UpComponents, _ outcome: UpOutcome) -> [[Component]] {
    var sinks: [Component] = []
    if let mysql {
      let group = SyncMySQLCommand.groupPrefix + mysql.address.database
      sinks.append(make.mysql(.hours(topic: TopicName.hourly), mysql, group: group))
      if sendsStations {
        sinks.append(
          make.mysql(.stationHours(topic: TopicName.hourlyByStation), mysql, group: group))
      }
    }
    if let kafka {
      sinks += kafkaTopics.map { make.kafka($0, kafka, PushOptions()) }
    }
    var sources: [Component] = []
    if !paths.isEmpty, let socket = listen.stream {
      sources.append(make.feed(paths, to: socket, feed, outcome))
    }
    return [
      sources, [make.listen(listen)], [make.aggregate(rule)], sinks + [make.retention()],
    ]
  }
}
