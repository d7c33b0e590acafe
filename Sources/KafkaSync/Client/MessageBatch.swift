// Messages as they came from the consumer.

import CRdKafka

/// One message; its pointers are valid inside the closure that received it.
public struct KafkaMessage {
  let message: UnsafeMutablePointer<rd_kafka_message_t>
  public let partition: TopicPartition

  public var offset: Int64 { message.pointee.offset }
  /// Milliseconds since 1970 UTC; -1 when there is none.
  public var timestamp: Int64 { rd_kafka_message_timestamp(message, nil) }
  public var key: UnsafeRawBufferPointer? {
    message.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len) }
  }
  public var value: UnsafeRawBufferPointer? {
    message.pointee.payload.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.len) }
  }
}

/// Owns what one poll has given.
public final class MessageBatch: @unchecked Sendable {
  // Sendable by hand: nothing in it changes, and the messages belong to it.
  private var messages: [UnsafeMutablePointer<rd_kafka_message_t>] = []
  private let names: TopicNames
  /// The next offset of partitions whose end was reached.
  public private(set) var endOfPartitions: [TopicPartition: Int64] = [:]
  public private(set) var failures: [TopicPartition: KafkaFailure] = [:]
  public var count: Int { messages.count }

  init(_ names: TopicNames) { self.names = names }

  deinit { for message in messages { rd_kafka_message_destroy(message) } }

  /// Takes a message over.
  func add(_ message: UnsafeMutablePointer<rd_kafka_message_t>) throws(KafkaFailure) {
    let code = message.pointee.err
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return messages.append(message) }
    defer { rd_kafka_message_destroy(message) }
    guard let topic = message.pointee.rkt else {
      throw KafkaFailure(code, "consuming failed")
    }
    let place = TopicPartition(
      topic: String(cString: rd_kafka_topic_name(topic)), partition: message.pointee.partition)
    if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
      endOfPartitions[place] = message.pointee.offset
    } else {
      failures[place] = KafkaFailure(code, "consuming \(place) failed")
    }
  }

  public func forEach(_ body: (KafkaMessage) throws -> Void) rethrows {
    for message in messages {
      let partition = names.partition(message)
      try body(KafkaMessage(message: message, partition: partition))
      // A partition whose end was reached before this message is at its end no longer; the consumer says
      // so again.
    }
  }
}

/// Topic names by librdkafka's topic objects, so that no String is made for each message.
final class TopicNames {
  private var last: (topic: OpaquePointer, place: TopicPartition)?
  private var names: [OpaquePointer: String] = [:]

  func partition(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> TopicPartition {
    guard let topic = message.pointee.rkt else { preconditionFailure("a message has a topic") }
    if let last, last.topic == topic, last.place.partition == message.pointee.partition {
      return last.place
    }
    let name = names[topic] ?? String(cString: rd_kafka_topic_name(topic))
    names[topic] = name
    let place = TopicPartition(topic: name, partition: message.pointee.partition)
    last = (topic, place)
    return place
  }
}
