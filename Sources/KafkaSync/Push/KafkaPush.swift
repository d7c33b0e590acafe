// A local topic → a topic of Kafka, exactly once (docs/decisions/0013-kafka-sync.md).

import Connections
import LogStore

/// One topic on its way into Kafka.
///
/// Each transaction holds the records that follow a position and the position after them, a record of
/// the topic `moaa_sync`. After any failure a new producer of the same transactional id ends what was
/// left open, and that topic says what is there: also after a commit without an answer.
public final class KafkaPush {
  private let store: LogStore
  private let topic: String
  private let settings: KafkaSettings
  private let options: PushOptions
  private let tell: (PushEvent) -> Void
  private let shouldStop: () -> Bool
  private var backoff: Backoff
  private let quarantine: RecordQuarantine

  private var session: Session?
  /// The largest batch that the topic takes; nil until the topics have been looked at. Tests on brokers
  /// that tell nothing about topics set it.
  var bytesMax: Int?
  private var isSingle = false
  private var hasSent = false
  /// A commit that was not confirmed: the position if it took place.
  private var unsettled: (position: PushPosition, summary: PushSummary)?
  public private(set) var summary = PushSummary()
  /// Tests shorten it.
  var firstStep: Int64 = 1000

  private struct Session {
    let producer: PushProducer
    let reader: PushReader
    var start: Offset
  }

  /// - Parameter topic: the local one.
  public init(
    store: LogStore, topic: String, settings: KafkaSettings, options: PushOptions = PushOptions(),
    shouldStop: @escaping () -> Bool = { false }, tell: @escaping (PushEvent) -> Void = { _ in }
  ) {
    precondition(options.recordsPerCommit > 0)
    precondition(
      topic != options.quarantineTopic || options.badRecords != .quarantine,
      "what is refused would be appended to the topic that is sent, and be refused again")
    self.store = store
    self.topic = topic
    self.settings = settings
    self.options = options
    self.shouldStop = shouldStop
    self.tell = tell
    backoff = Backoff(sleep: { Pause.seconds($0, shouldStop: shouldStop) })
    quarantine = RecordQuarantine(
      store, topic: options.quarantineTopic, source: topic, policy: options.badRecords, tell: tell)
  }

  private var target: String { options.target ?? topic }

  /// The topic as positions and transactional ids name it: `/` is in no name of a topic.
  private var destination: String { target == topic ? topic : "\(topic)/\(target)" }

  /// Sends everything, and then whatever comes as long as `wait` says so.
  ///
  /// - Parameter wait: called when nothing is left to send. Returns false to end; true, after a while,
  ///   to look again.
  /// - Throws: `KafkaFailure` for what does not pass, or has not in all the time that there was;
  ///   `RecordRefused`; `StoreError`; what `wait` throws.
  @discardableResult
  public func run(wait: () throws -> Bool = { false }) throws -> PushSummary {
    defer { leave() }
    try refusePulled()
    while !shouldStop() {
      guard let step = try attempts() else { break }
      if step == .sentAll, try !wait() {
        summary.wasInterrupted = shouldStop()
        return summary
      }
    }
    summary.wasInterrupted = true
    return summary
  }

  private func refusePulled() throws {
    guard !options.sendsPulled else { return }
    let isPulled = try store.read { try !$0.sourcePositions("kafka/\(target)").isEmpty }
    guard !isPulled else {
      throw KafkaFailure.own(
        "records of this store were pulled from Kafka's topic \(target): pushing would send them back",
        remedy: "Push to another topic with --to NAME, or to another cluster with --pulled-too.")
    }
  }

  private enum Step { case sentSome, sentAll }

  /// Makes a step, again and again while what fails may pass.
  /// - Returns: nil when it was interrupted.
  private func attempts() throws -> Step? {
    var start: ContinuousClock.Instant?
    while true {
      let began = ContinuousClock.now
      do {
        let step = try self.step()
        backoff.reset()
        return step
      } catch is PushStopped {
        leave()
        return nil
      } catch let error as StoreError where error.code == .offsetOutOfRange {
        // Retention took what was about to be read: the next attempt says so.
        leave()
      } catch let failure as KafkaFailure {
        leave()
        if shouldStop(), failure.kind == .transient { return nil }
        if try handleRefusal(failure) { continue }
        guard failure.kind != .setup else { throw failure }
        if failure.isFenced,
          ContinuousClock.now - began < PushProducer.transactionTimeout(settings)
        {
          throw KafkaFailure.own(
            "another push of \(topic) of this store has begun, and this one has ended: nothing was "
              + "sent twice", remedy: "Run one at a time.")
        }
        let now = ContinuousClock.now
        if let patience = options.patience, now - (start ?? now) >= patience { throw failure }
        start = start ?? now
        summary.retryCount += 1
        tell(.retries(failure))
        guard !shouldStop(), backoff.wait() else { return nil }
      } catch {
        leave()
        throw error
      }
    }
  }

  /// Finds out which record a broker does not take.
  /// - Returns: whether it is worth another attempt at once.
  private func handleRefusal(_ failure: KafkaFailure) throws -> Bool {
    guard failure.isAboutMessage else { return false }
    guard isSingle else {
      // A batch was refused: the one to blame may be any of it.
      isSingle = true
      return true
    }
    guard let tag = failure.tag else { return false }
    try quarantine.note(Offset(Int64(tag) - 1), "\(failure.words) (\(failure.name))")
    return true
  }

  /// Gives up what is open.
  private func leave() {
    session?.producer.abort()
    session = nil
  }

  // MARK: One transaction

  private func step() throws -> Step {
    let session = try openSession()
    guard let chunk = try session.reader.next() else {
      try copyPosition(session.start)
      return .sentAll
    }
    var done = try session.producer.send(chunk)
    // Before the commit, so that no record is passed over that is not kept.
    done.refusedCount = try quarantine.keep(chunk)
    done.commitCount = 1
    done.nextOffset = chunk.nextOffset
    let position = PushPosition(
      nextOffset: chunk.nextOffset, lastBatch: chunk.lastBatch?.description)
    unsettled = (position, done)
    try session.producer.finish(position)
    unsettled = nil
    self.session?.start = chunk.nextOffset
    noteCommitted(done)
    try copyPosition(chunk.nextOffset)
    tell(.committed(summary, lag: try lag(from: chunk.nextOffset)))
    if isSingle {
      // Large batches again.
      isSingle = false
      leave()
    }
    return .sentSome
  }

  private func noteCommitted(_ done: PushSummary) {
    hasSent = true
    summary.add(done)
    if let offset = done.nextOffset { quarantine.forget(before: offset) }
  }

  private func openSession() throws -> Session {
    if let session { return session }
    let bytesMax = try self.bytesMax ?? prepareTopics()
    self.bytesMax = bytesMax
    let key = Array("\(store.id)/\(destination)".utf8)
    let name = destination.split(separator: "/").joined(separator: ".")
    let producer = try PushProducer(
      settings, transactionalID: "moaa.push.\(store.id).\(name)", target: target, key: key,
      options: options, quarantine: quarantine, bytesMax: bytesMax, isSingle: isSingle,
      shouldStop: shouldStop)
    try producer.begin()
    let found = try PositionTopic(
      connection: settings, group: "moaa.\(store.id)", firstStep: firstStep, shouldStop: shouldStop
    ).read(key)
    settle(found)
    let offset = try starting(found)
    let opened = Session(
      producer: producer,
      reader: try PushReader(
        store, topic: topic, from: offset, countMax: options.recordsPerCommit), start: offset)
    summary.nextOffset = offset
    session = opened
    return opened
  }

  private func prepareTopics() throws(KafkaFailure) -> Int {
    try PushTopics(cluster: KafkaCluster(settings), options: options, tell: tell).prepare(target)
  }

  /// Says whether the commit that was not confirmed took place.
  private func settle(_ found: PushPosition?) {
    guard let (position, done) = unsettled else { return }
    unsettled = nil
    guard found == position else { return }
    summary.settledCount += 1
    noteCommitted(done)
  }

  private func starting(_ found: PushPosition?) throws -> Offset {
    let starting = try store.read { view in
      let topic = try view.topic(topic)
      return PushStarting(
        topic: topic.name, options: options, retained: topic.startOffset..<topic.nextOffset,
        copy: try view.checkpoint(group: options.group, topic: topic.name)?.nextOffset,
        lastBatch: try found.flatMap {
          try view.batchIdentity(of: topic, before: $0.nextOffset)?.description
        })
    }
    let decision = try starting.decide(found, mayAdopt: !hasSent)
    switch decision.event {
    case .begins: tell(.begins(at: decision.offset))
    case .adopts(let reason): tell(.adopts(at: decision.offset, reason: reason))
    case .passesGap(let from): tell(.passesGap(from: from, to: decision.offset))
    case nil: break
    }
    return decision.offset
  }

  private func lag(from offset: Offset) throws -> Int64 {
    try store.read { try $0.topic(topic).nextOffset - offset }
  }

  /// Copies the position into the store, for retention and status.
  private func copyPosition(_ offset: Offset) throws {
    do {
      let known = try store.read { try $0.checkpoint(group: options.group, topic: topic) }
      guard known?.nextOffset != offset else { return }
      try store.write { transaction in
        var checkpoint =
          try transaction.checkpoint(group: options.group, topic: topic)
          ?? Checkpoint(group: options.group, topic: topic, fingerprint: "")
        checkpoint.nextOffset = offset
        try transaction.save(checkpoint)
      }
    } catch let error as StoreError where error.code == .offsetOutOfRange {
      // Retention is a step ahead of a copy that nobody decides by.
    }
  }
}
