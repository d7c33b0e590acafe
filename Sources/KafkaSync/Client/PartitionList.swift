// librdkafka's list of partitions with offsets.

import CRdKafka

/// Owns a list.
final class PartitionList {
  let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

  init(_ offsets: [TopicPartition: Int64]) {
    list = rd_kafka_topic_partition_list_new(Int32(offsets.count))
    for (place, offset) in offsets.sorted(by: { $0.key < $1.key }) {
      rd_kafka_topic_partition_list_add(list, place.topic, place.partition).pointee.offset = offset
    }
  }

  deinit { rd_kafka_topic_partition_list_destroy(list) }

  static func places(
    _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
  ) -> [TopicPartition] {
    guard let list else { return [] }
    return (0..<Int(list.pointee.cnt)).map { index in
      let element = list.pointee.elems[index]
      return TopicPartition(topic: String(cString: element.topic), partition: element.partition)
    }
  }

  var offsets: [TopicPartition: Int64] {
    var offsets: [TopicPartition: Int64] = [:]
    for index in 0..<Int(list.pointee.cnt) {
      let element = list.pointee.elems[index]
      offsets[
        TopicPartition(topic: String(cString: element.topic), partition: element.partition)] =
        element.offset
    }
    return offsets
  }
}
