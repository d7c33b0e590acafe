// How far a partition has been pulled, as the store keeps it.

import LogStore

/// The last record that was pulled of a partition: by it the topic is known again.
public struct LastRecord: Hashable, Sendable {
  public let offset: Int64
  /// In milliseconds since 1970 UTC; -1: none.
  public let timestamp: Int64
  /// The first half of the SHA-256 of key and value, each behind its length (-1: there is none, as
  /// 8 bytes little-endian), in hexadecimal.
  public let hash: String

  init(offset: Int64, timestamp: Int64, hash: String) {
    self.offset = offset
    self.timestamp = timestamp
    self.hash = hash
  }

  init(_ message: KafkaMessage) {
    var hash = ContentHash()
    for part in [message.key, message.value] {
      withUnsafeBytes(of: Int64(part?.count ?? -1).littleEndian) { hash.update($0) }
      if let part { hash.update(part) }
    }
    offset = message.offset
    timestamp = message.timestamp
    self.hash = ContentHash.hexadecimal(hash.finish().prefix(16))
  }
}

/// A row of `source_position`: source `kafka/TOPIC`, the partition, its next Kafka offset, and as
/// detail, in lines of `NAME VALUE`, what this struct holds besides.
public struct PullPosition: Sendable, Equatable {
  public let partition: TopicPartition
  /// The Kafka offset to be read next.
  public var nextOffset: Int64
  /// nil when the brokers gave none.
  public var clusterID: String?
  public var last: LastRecord?
  /// The end of the partition as it was known at the last commit.
  public var end: Int64 = 0
  /// When nothing was left to pull last, or the pull began; in milliseconds since 1970 UTC.
  public var caughtUpTime: Int64 = 0

  public static func source(_ topic: String) -> String { "kafka/\(topic)" }

  init(_ partition: TopicPartition, nextOffset: Int64) {
    self.partition = partition
    self.nextOffset = nextOffset
  }

  /// - Throws: `damaged` when the row does not decode.
  init(_ row: SourcePosition, topic: String) throws(StoreError) {
    partition = TopicPartition(topic, Int32(truncatingIfNeeded: row.partition))
    nextOffset = row.position
    for line in String(decoding: row.detail, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      switch (words.first, words.count) {
      case ("cluster", 2): clusterID = words[1]
      case ("end", 2): end = try Self.number(words[1], partition)
      case ("caught_up", 2): caughtUpTime = try Self.number(words[1], partition)
      case ("last", 4):
        last = LastRecord(
          offset: try Self.number(words[1], partition),
          timestamp: try Self.number(words[2], partition), hash: words[3])
      default: throw Self.damage(partition)
      }
    }
  }

  /// The positions of a topic's partitions, by partition.
  public static func all(
    of topic: String, _ view: ReadTransaction
  ) throws -> [PullPosition] {
    try view.sourcePositions(source(topic)).map { try PullPosition($0, topic: topic) }
  }

  var row: SourcePosition {
    var lines: [String] = []
    if let clusterID { lines.append("cluster \(clusterID)") }
    if let last { lines.append("last \(last.offset) \(last.timestamp) \(last.hash)") }
    lines.append("end \(end)")
    lines.append("caught_up \(caughtUpTime)")
    return SourcePosition(
      source: Self.source(partition.topic), partition: Int64(partition.partition),
      position: nextOffset, detail: Array(lines.joined(separator: "\n").utf8))
  }

  /// Offsets that were not pulled at the last commit, as far as is known.
  public var lag: Int64 { max(0, end - nextOffset) }

  private static func number(
    _ text: String, _ partition: TopicPartition
  ) throws(StoreError) -> Int64 {
    guard let number = Int64(text) else { throw damage(partition) }
    return number
  }

  private static func damage(_ partition: TopicPartition) -> StoreError {
    StoreError(
      .damaged, "the stored position of \(partition) in Kafka does not decode",
      remedy: "Was it written by a later moaa? Else pull into a new store")
  }
}
