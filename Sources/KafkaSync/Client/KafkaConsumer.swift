// A consumer, alone or as a member of a group.

import CRdKafka

public enum KafkaIsolation: String, Sendable {
  case readCommitted = "read_committed"
  case readUncommitted = "read_uncommitted"
}

/// What a transaction must know of the group whose offsets it carries.
public final class KafkaGroupMetadata {
  let metadata: OpaquePointer
  init(_ metadata: OpaquePointer) { self.metadata = metadata }
  deinit { rd_kafka_consumer_group_metadata_destroy(metadata) }
}

/// Used by one thread.
public final class KafkaConsumer {
  /// Calls of a group, made from inside `poll` and `close`.
  private final class Callbacks {
    var onAssign: ([TopicPartition]) -> Void = { _ in }
    var onRevoke: ([TopicPartition]) -> Void = { _ in }
    var onLost: ([TopicPartition]) -> Void = { _ in }
  }

  private let callbacks = Callbacks()
  private var client: OpaquePointer?
  private let names = TopicNames()

  public init(
    _ settings: KafkaSettings, group: String?, isolation: KafkaIsolation = .readCommitted
  ) throws(KafkaFailure) {
    let configuration = try settings.configuration([
      // Without a group too, the consumer's interface asks for a name.
      ("group.id", group ?? "moaa"), ("enable.auto.commit", "false"),
      ("enable.auto.offset.store", "false"), ("auto.offset.reset", "error"),
      ("enable.partition.eof", "true"), ("isolation.level", isolation.rawValue),
    ])
    rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(callbacks).toOpaque())
    rd_kafka_conf_set_rebalance_cb(configuration) { client, code, list, opaque in
      guard let client, let opaque else { return }
      let callbacks = Unmanaged<Callbacks>.fromOpaque(opaque).takeUnretainedValue()
      let places = PartitionList.places(list)
      if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
        callbacks.onAssign(places)
      } else {
        if rd_kafka_assignment_lost(client) != 0 {
          callbacks.onLost(places)
        } else {
          callbacks.onRevoke(places)
        }
        rd_kafka_assign(client, nil)
      }
    }
    let client = try KafkaSettings.client(RD_KAFKA_CONSUMER, configuration)
    self.client = client
    rd_kafka_poll_set_consumer(client)
  }

  deinit { close() }

  public func close() {
    guard let client else { return }
    rd_kafka_consumer_close(client)
    rd_kafka_destroy(client)
    self.client = nil
  }

  private func open() -> OpaquePointer {
    guard let client else { preconditionFailure("the consumer was closed") }
    return client
  }

  public func subscribe(
    _ topics: [String], onAssign: @escaping ([TopicPartition]) -> Void,
    onRevoke: @escaping ([TopicPartition]) -> Void, onLost: @escaping ([TopicPartition]) -> Void
  ) throws(KafkaFailure) {
    callbacks.onAssign = onAssign
    callbacks.onRevoke = onRevoke
    callbacks.onLost = onLost
    let list = PartitionList(
      Dictionary(uniqueKeysWithValues: topics.map { (TopicPartition(topic: $0, partition: -1), 0) })
    )
    let code = rd_kafka_subscribe(open(), list.list)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaFailure(code, "subscribing failed") }
  }

  /// Reads these partitions from these offsets on, and no others.
  public func assign(_ offsets: [TopicPartition: Int64]) throws(KafkaFailure) {
    let list = PartitionList(offsets)
    let code = rd_kafka_assign(open(), list.list)
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaFailure(code, "assigning failed") }
  }

  /// Waits for messages, in seconds; serves the group meanwhile.
  public func poll(countMax: Int, timeout: Double) throws(KafkaFailure) -> MessageBatch {
    let batch = MessageBatch(names)
    var wait = Int32(timeout * 1000)
    var count = 0
    while count < countMax, let message = rd_kafka_consumer_poll(open(), wait) {
      try batch.add(message)
      count += 1
      wait = 0
    }
    return batch
  }

  /// The group's offsets; -1001 where it has none.
  public func committed(
    _ partitions: [TopicPartition], timeout: Double
  ) throws(KafkaFailure) -> [TopicPartition: Int64] {
    let list = PartitionList(Dictionary(uniqueKeysWithValues: partitions.map { ($0, -1001) }))
    let code = rd_kafka_committed(open(), list.list, Int32(timeout * 1000))
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      throw KafkaFailure(code, "asking for the group's offsets failed")
    }
    return list.offsets
  }

  /// The oldest offset and the next one; of a reader of committed records: the end of those.
  public func watermarks(
    of place: TopicPartition, timeout: Double
  ) throws(KafkaFailure) -> (low: Int64, high: Int64) {
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_query_watermark_offsets(
      open(), place.topic, place.partition, &low, &high, Int32(timeout * 1000))
    if code != RD_KAFKA_RESP_ERR_NO_ERROR {
      throw KafkaFailure(code, "asking for the offsets of \(place) failed")
    }
    return (low, high)
  }

  public var groupMetadata: KafkaGroupMetadata {
    get throws(KafkaFailure) {
      guard let metadata = rd_kafka_consumer_group_metadata(open()) else {
        throw KafkaFailure(
          .transient, name: "_STATE", message: "the consumer is no member of a group")
      }
      return KafkaGroupMetadata(metadata)
    }
  }
}
