// The topics and consumer groups that the jobs use. Topic names are wire contracts.

import LogStore

/// Topic names.
public enum TopicName {
  /// One observation a record, as the JSON of `Observations.RawObservationEncoder`.
  public static let raw = "raw_probes_results"
  /// Hours over all stations.
  public static let hourly = "agg_probes_results"
  /// Hours of each station.
  public static let hourlyByStation = "agg_probes_results_by_station"
  /// What could not be used, with the reason in its headers.
  public static let quarantine = "quarantine"
}

/// Names of outside sources.
public enum SourceName {
  /// A topic of Kafka. Its partitions are those of the source.
  public static func kafka(_ topic: String) -> String { "kafka/\(topic)" }

  /// Whether records of a topic came from Kafka: then their event times are Kafka's timestamps, and
  /// say nothing about when something was observed.
  static func isPulled(_ topic: String, _ view: ReadTransaction) throws -> Bool {
    try !view.sourcePositions(kafka(topic)).isEmpty
  }
}

/// Consumer group names.
public enum GroupName {
  /// The hourly aggregation.
  public static let hourly = "hourly"
  /// Holds the `WatermarkMarks` of the hourly aggregation; it has no checkpoint.
  static let watermarks = "hourly.watermarks"
  /// Holds what ingest remembers of the files it has read; it has no checkpoint.
  public static let ingest = "ingest"
}

/// Header names of quarantine records.
public enum QuarantineHeader {
  public static let reason = "reason"
  /// The file and physical line of a row that ingest refused; of a socket's, the number of the line.
  public static let file = "file"
  public static let line = "line"
  /// Who sent a line that came through a socket.
  public static let source = "source"
  /// The topic and offset of a record that the aggregation refused, and its partition where there are several.
  public static let topic = "topic"
  public static let partition = "partition"
  public static let offset = "offset"
}
