// Messages as a consumer gets them.

import CRdKafka

/// A view of one message, valid while its batch is being walked.
public struct KafkaMessage {
  private let pointer: UnsafeMutablePointer<rd_kafka_message_t>

  init(_ pointer: UnsafeMutablePointer<rd_kafka_message_t>) { self.pointer = pointer }

  public var partition: Int32 { pointer.pointee.partition }
  public var offset: Int64 { pointer.pointee.offset }

  /// nil when there is no key, which is not the same as an empty one.
  public var key: UnsafeRawBufferPointer? {
    pointer.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: pointer.pointee.key_len) }
  }

  /// nil when there is no value (a tombstone).
  public var value: UnsafeRawBufferPointer? {
    pointer.pointee.payload.map { UnsafeRawBufferPointer(start: $0, count: pointer.pointee.len) }
  }

  /// In milliseconds since 1970 UTC, by the producer's clock or the broker's; -1: none.
  public var timestamp: Int64 { rd_kafka_message_timestamp(pointer, nil) }

  /// Whether there is a header whose name is not UTF-8: `headers` would not give it back as it is.
  public var hasUnreadableHeaderName: Bool {
    var list: OpaquePointer?
    guard rd_kafka_message_headers(pointer, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
      return false
    }
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    var index = 0
    while rd_kafka_header_get_all(list, index, &name, &value, &count)
      == RD_KAFKA_RESP_ERR_NO_ERROR, let text = name
    {
      if String(validatingCString: text) == nil { return true }
      index += 1
    }
    return false
  }

  /// Name and value, in their order; a value may be nil.
  public var headers: [(name: String, value: [UInt8]?)] {
    var list: OpaquePointer?
    guard rd_kafka_message_headers(pointer, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
      return []
    }
    var headers: [(name: String, value: [UInt8]?)] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    while rd_kafka_header_get_all(list, headers.count, &name, &value, &count)
      == RD_KAFKA_RESP_ERR_NO_ERROR, let text = name
    {
      headers.append(
        (
          String(cString: text),
          value.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
        ))
    }
    return headers
  }

  var topic: OpaquePointer? { pointer.pointee.rkt }
}

/// What one poll has brought. Holds librdkafka's memory until it is gone, and with it the client:
/// librdkafka cannot end one whose messages are still held, and would wait for ever.
public final class MessageBatch {
  /// Messages of one partition that follow each other in the batch, by offset.
  public struct Run {
    public let partition: TopicPartition
    fileprivate let range: Range<Int>
    /// Of the keys and values.
    public let byteCount: Int

    public var count: Int { range.count }
  }

  public private(set) var runs: [Run] = []
  /// Partitions that were read to their end, and the offset there.
  public private(set) var ends: [TopicPartition: Int64] = [:]
  public private(set) var failures: [TopicPartition: KafkaFailure] = [:]
  private var messages: [UnsafeMutablePointer<rd_kafka_message_t>] = []
  private let client: KafkaHandle?

  public var messageCount: Int { messages.count }
  public var isEmpty: Bool { messages.isEmpty && ends.isEmpty && failures.isEmpty }

  /// Nothing.
  public init() { client = nil }

  /// - Parameter client: whose messages it will take.
  init(of client: KafkaHandle) { self.client = client }

  deinit { drop() }

  /// Takes over messages as librdkafka gives them.
  func take(
    _ pointers: UnsafeBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>,
    name: (OpaquePointer) -> String,
    failure: (rd_kafka_resp_err_t, String) -> KafkaFailure,
    onError: (KafkaFailure) -> Void
  ) {
    var lastTopic: OpaquePointer?
    var lastPartition: Int32 = -1
    var start = 0
    var byteCount = 0
    func endRun() {
      guard let lastTopic, messages.count > start else { return }
      runs.append(
        Run(
          partition: TopicPartition(name(lastTopic), lastPartition), range: start..<messages.count,
          byteCount: byteCount))
      (start, byteCount) = (messages.count, 0)
    }
    messages.reserveCapacity(pointers.count)
    for case let pointer? in pointers {
      guard pointer.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
        note(pointer.pointee, name: name, failure: failure, onError: onError)
        rd_kafka_message_destroy(pointer)
        continue
      }
      if pointer.pointee.rkt != lastTopic || pointer.pointee.partition != lastPartition {
        endRun()
        (lastTopic, lastPartition) = (pointer.pointee.rkt, pointer.pointee.partition)
      }
      messages.append(pointer)
      byteCount += pointer.pointee.len + pointer.pointee.key_len
    }
    endRun()
  }

  /// Unless the messages brought a failure of the partition.
  func noteEnd(of partition: TopicPartition, at offset: Int64) {
    guard failures[partition] == nil else { return }
    ends[partition] = max(ends[partition] ?? offset, offset)
  }

  private func note(
    _ message: rd_kafka_message_t, name: (OpaquePointer) -> String,
    failure: (rd_kafka_resp_err_t, String) -> KafkaFailure, onError: (KafkaFailure) -> Void
  ) {
    let words =
      message.payload.map {
        String(
          decoding: UnsafeRawBufferPointer(start: $0, count: message.len), as: UTF8.self)
      } ?? String(cString: rd_kafka_err2str(message.err))
    guard let topic = message.rkt else { return onError(failure(message.err, words)) }
    let partition = TopicPartition(name(topic), message.partition)
    if message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF {
      ends[partition] = message.offset
    } else {
      failures[partition] = failure(message.err, words)
    }
  }

  /// Hands over all messages, run by run.
  public func forEach(_ body: (KafkaMessage) throws -> Void) rethrows {
    for run in runs { try forEach(in: run, body) }
  }

  /// Hands over the messages of a run, by offset.
  public func forEach(in run: Run, _ body: (KafkaMessage) throws -> Void) rethrows {
    for index in run.range { try body(KafkaMessage(messages[index])) }
  }

  /// Hands over the first message of a run.
  public func withFirst<R>(of run: Run, _ body: (KafkaMessage) throws -> R) rethrows -> R {
    try body(KafkaMessage(messages[run.range.lowerBound]))
  }

  /// Hands over the last message of a run.
  public func withLast<R>(of run: Run, _ body: (KafkaMessage) throws -> R) rethrows -> R {
    try body(KafkaMessage(messages[run.range.upperBound - 1]))
  }

  /// Forgets everything.
  func drop() {
    for message in messages { rd_kafka_message_destroy(message) }
    messages = []
    runs = []
    ends = [:]
    failures = [:]
  }
}
