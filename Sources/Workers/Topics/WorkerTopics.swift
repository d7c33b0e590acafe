// The Kafka topics of a group of workers. Their names are wire contracts.

import Pipeline

/// Which topics a group of workers reads and writes.
public struct WorkerTopics: Hashable, Sendable {
  /// The consumer group.
  public let group: String
  /// Input: raw records, keyed by station.
  public let raw: String
  /// Output: hours of each station.
  public let stationHours: String
  /// Output: hours over all stations.
  public let hours: String

  /// What each partition of the input contributes to the hours over all stations.
  public var parts: String { "moaa_\(group)_parts" }
  /// What the members know, so that another can go on where one has stopped.
  public var state: String { "moaa_\(group)_state" }
  /// Records that were refused, with the reason.
  public var quarantine: String { "moaa_\(group)_quarantine" }

  /// - Throws: `WorkerFailure` when a name made of the group's would not be one of a topic.
  public init(
    group: String, raw: String = TopicName.raw, stationHours: String = TopicName.hourlyByStation,
    hours: String = TopicName.hourly
  ) throws(WorkerFailure) {
    let isAllowed = group.utf8.allSatisfy {
      ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122)
        || $0 == 45 || $0 == 46 || $0 == 95
    }
    guard isAllowed, (1...200).contains(group.utf8.count) else {
      throw WorkerFailure(
        .setup, "\(group.isEmpty ? "an empty name" : group) cannot name a group of workers",
        remedy: "It becomes part of topic names: 1 to 200 letters, digits, '.', '_' or '-'")
    }
    self.group = group
    self.raw = raw
    self.stationHours = stationHours
    self.hours = hours
    let names = [raw, stationHours, hours, parts, state, quarantine]
    guard Set(names).count == names.count else {
      throw WorkerFailure(
        .setup, "two topics have the same name: \(names.sorted().joined(separator: ", "))",
        remedy: "Input and outputs must be different topics")
    }
  }
}
