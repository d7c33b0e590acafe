// librdkafka, wrapped once: a client, whatever it is for.

import CRdKafka
import Glibc
import Synchronization

/// Owns one `rd_kafka_t`. What its callbacks find out is kept until somebody asks.
final class KafkaHandle: @unchecked Sendable {
  // Sendable by hand: librdkafka may be called by several threads, and `events` is guarded.
  enum Role {
    case consumer, producer

    var type: rd_kafka_type_t { self == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER }
  }

  let pointer: OpaquePointer
  private let events: Events

  /// What callbacks tell. Alive as long as the client, which knows it by its address.
  private final class Events: Sendable {
    struct Content {
      /// A broker that is there and refuses: then what times out does so for that reason.
      var refusal: KafkaFailure?
      /// Why the last connection failed, in librdkafka's words.
      var trouble: String?
      /// Of messages that were refused or not confirmed, the first. Those that were given up along with
      /// their transaction are not among them.
      var delivery: KafkaFailure?
      /// Handled once the poll that brought them is done, so that no message from before is taken for
      /// one from after.
      var groupChanges: [GroupChange] = []
    }
    let content = Mutex(Content())
  }

  /// - Parameters:
  ///   - own: properties that stand above those of the settings.
  ///   - defaults: properties that stand below them.
  init(
    _ role: Role, _ settings: KafkaSettings, _ own: [String: String],
    defaults: [String: String] = [:]
  ) throws(KafkaFailure) {
    let events = Events()
    let conf = try settings.makeConf(own, defaults: defaults)
    rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(events).toOpaque())
    rd_kafka_conf_set_log_cb(conf, Self.onLog)
    rd_kafka_conf_set_error_cb(conf, Self.onError)
    switch role {
    case .producer: rd_kafka_conf_set_dr_msg_cb(conf, Self.onDelivery)
    case .consumer: rd_kafka_conf_set_rebalance_cb(conf, Self.onRebalance)
    }
    var words = Words()
    guard let pointer = rd_kafka_new(role.type, conf, &words.characters, words.characters.count)
    else {
      rd_kafka_conf_destroy(conf)
      throw .own("librdkafka cannot begin: \(words.text)", remedy: "")
    }
    self.pointer = pointer
    self.events = events
  }

  deinit {
    // Of a producer what is still queued is given up: what counts was flushed before.
    rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
  }

  // MARK: Failures

  /// - Returns: the failure of a code; where it says no more than that nobody answered, that of a
  ///   broker which has refused before.
  func failure(
    _ code: rd_kafka_resp_err_t, words: String? = nil, kind: KafkaFailure.Kind? = nil,
    while action: String = ""
  ) -> KafkaFailure {
    if let fatal = fatalFailure { return fatal }
    guard KafkaFailureTable.unanswered.contains(code.rawValue) else {
      return KafkaFailure(code, words: words, kind: kind, while: action)
    }
    let (refusal, trouble) = events.content.withLock { ($0.refusal, $0.trouble) }
    if let refusal { return refusal }
    let text = words ?? String(cString: rd_kafka_err2str(code))
    return KafkaFailure(
      code, words: trouble.map { "\(text): \($0)" } ?? text, kind: kind, while: action)
  }

  func check(_ code: rd_kafka_resp_err_t, while action: String) throws(KafkaFailure) {
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else {
      noteSuccess()
      return
    }
    throw failure(code, while: action)
  }

  /// Takes over an error object. nil: none.
  func check(_ error: OpaquePointer?, while action: String) throws(KafkaFailure) {
    guard let error else { return }
    defer { rd_kafka_error_destroy(error) }
    let code = rd_kafka_error_code(error)
    let words = String(cString: rd_kafka_error_string(error))
    var kind: KafkaFailure.Kind?
    if rd_kafka_error_is_fatal(error) != 0 {
      kind = Self.kindOfFatal(code, words)
    } else if rd_kafka_error_txn_requires_abort(error) != 0 {
      kind = KafkaFailureTable.verdict(code, words: words).kind == .setup ? .setup : .abort
    } else if rd_kafka_error_is_retriable(error) != 0 {
      kind = .transient
    }
    throw failure(code, words: words, kind: kind, while: action)
  }

  /// A client that has failed for good says so from then on.
  private var fatalFailure: KafkaFailure? {
    var words = Words()
    let code = rd_kafka_fatal_error(pointer, &words.characters, words.characters.count)
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    return KafkaFailure(code, words: words.text, kind: Self.kindOfFatal(code, words.text))
  }

  /// A client that failed for missing rights would fail so again.
  private static func kindOfFatal(
    _ code: rd_kafka_resp_err_t, _ words: String
  ) -> KafkaFailure.Kind {
    KafkaFailureTable.isKnown(code)
      && KafkaFailureTable.verdict(code, words: words).kind == .setup ? .setup : .fatal
  }

  /// - Throws: what a broker that refuses has said since something succeeded last.
  func checkRefusal() throws(KafkaFailure) {
    if let refusal = events.content.withLock({ $0.refusal }) { throw refusal }
  }

  /// Of a failure of a broker that was passed over since: it does answer.
  func noteSuccess() {
    events.content.withLock { content in
      content.refusal = nil
      content.trouble = nil
    }
  }

  // MARK: Deliveries

  /// - Throws: the failure of the first message that was refused since this was asked last.
  func checkDeliveries() throws(KafkaFailure) {
    let failure = events.content.withLock { content in
      defer { content.delivery = nil }
      return content.delivery
    }
    if let failure { throw failure }
  }

  func forgetDeliveries() { events.content.withLock { $0.delivery = nil } }

  func takeGroupChanges() -> [GroupChange] {
    events.content.withLock { content in
      defer { content.groupChanges = [] }
      return content.groupChanges
    }
  }

  // MARK: Callbacks

  private static func events(_ opaque: UnsafeMutableRawPointer?) -> Events? {
    opaque.map { Unmanaged<Events>.fromOpaque($0).takeUnretainedValue() }
  }

  private static let onError:
    @convention(c) (
      OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?
    ) -> Void = { _, number, words, opaque in
      guard let events = events(opaque) else { return }
      let code = rd_kafka_resp_err_t(number)
      let words = words.map { String(cString: $0) }
      if code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE {
        events.content.withLock { $0.trouble = words }
      }
      let failure = KafkaFailure(code, words: words)
      guard failure.kind == .setup, KafkaFailureTable.refusals.contains(number) else { return }
      events.content.withLock { $0.refusal = failure }
    }

  private static let onDelivery:
    @convention(c) (
      OpaquePointer?, UnsafePointer<rd_kafka_message_t>?, UnsafeMutableRawPointer?
    ) -> Void = { _, message, opaque in
      guard let events = events(opaque), let message = message?.pointee else { return }
      switch message.err {
      case RD_KAFKA_RESP_ERR_NO_ERROR: return
      // Messages are purged for a reason that the transaction tells.
      case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT: return
      default: break
      }
      let isSilent = KafkaFailureTable.unanswered.contains(message.err.rawValue)
      var failure = KafkaFailure(message.err, while: "producing")
      failure.tag = message._private.map { Int(bitPattern: $0) }
      events.content.withLock { [failure] content in
        guard content.delivery == nil else { return }
        content.delivery = isSilent ? content.refusal ?? failure : failure
      }
    }

  private static let onRebalance:
    @convention(c) (
      OpaquePointer?, rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
      UnsafeMutableRawPointer?
    ) -> Void = { client, code, list, opaque in
      guard let events = events(opaque), let client, let list else { return }
      let partitions = PartitionList.partitions(of: list)
      let change: GroupChange =
        code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        ? .assigned(partitions)
        : rd_kafka_assignment_lost(client) != 0 ? .lost(partitions) : .revoked(partitions)
      events.content.withLock { $0.groupChanges.append(change) }
    }

  /// librdkafka's log goes to standard error where MOAA_KAFKA_LOG is set, else nowhere: what matters
  /// comes as an error.
  private static let onLog:
    @convention(c) (
      OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> Void = { _, _, facility, words in
      guard isLogWanted, let facility, let words else { return }
      let line = "librdkafka: \(String(cString: facility)): \(String(cString: words))\n"
      _ = line.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    }

  private static let isLogWanted = getenv("MOAA_KAFKA_LOG") != nil
}

extension Duration {
  /// For librdkafka, which takes milliseconds.
  var milliseconds: Int32 {
    let (seconds, attoseconds) = components
    return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
  }
}
