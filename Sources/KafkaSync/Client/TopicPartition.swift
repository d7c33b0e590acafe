// A partition of a topic, and lists of them as librdkafka has them.

import CRdKafka

/// One of the logs that a topic of Kafka is made of.
public struct TopicPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let topic: String
  public let partition: Int32

  public init(_ topic: String, _ partition: Int32) {
    self.topic = topic
    self.partition = partition
  }

  public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
    left.topic == right.topic
      ? left.partition < right.partition
      : left.topic.utf8.lexicographicallyPrecedes(right.topic.utf8)
  }

  public var description: String { "\(topic)[\(partition)]" }
}

/// Offsets that stand for a place.
public enum KafkaOffset {
  public static let beginning = Int64(RD_KAFKA_OFFSET_BEGINNING)
  public static let end = Int64(RD_KAFKA_OFFSET_END)
}

/// Partitions with an offset each, for as long as librdkafka looks at them.
final class PartitionList {
  let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(_ offsets: [TopicPartition: Int64]) {
    list = rd_kafka_topic_partition_list_new(Int32(offsets.count))
    for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
      let element = rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition)
      element?.pointee.offset = offset
    }
  }

  convenience init(_ partitions: some Sequence<TopicPartition>) {
    self.init(
      Dictionary(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) }) { first, _ in first })
  }

  /// Names of topics, of all their partitions.
  init(topics: [String]) {
    list = rd_kafka_topic_partition_list_new(Int32(topics.count))
    for topic in topics {
      rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA)
    }
  }

  deinit { rd_kafka_topic_partition_list_destroy(list) }

  private var elements: UnsafeMutableBufferPointer<rd_kafka_topic_partition_t> {
    UnsafeMutableBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
  }

  var partitions: [TopicPartition] { Self.partitions(of: list) }

  static func partitions(
    of list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
  ) -> [TopicPartition] {
    UnsafeMutableBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt)).map {
      TopicPartition(String(cString: $0.topic), $0.partition)
    }
  }

  /// Offsets that are places in a log: not those that stand for none.
  var offsets: [TopicPartition: Int64] {
    var offsets: [TopicPartition: Int64] = [:]
    for element in elements where element.offset >= 0 {
      offsets[TopicPartition(String(cString: element.topic), element.partition)] = element.offset
    }
    return offsets
  }

  /// The first error of a partition.
  var firstError: rd_kafka_resp_err_t? {
    elements.first { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }?.err
  }
}
