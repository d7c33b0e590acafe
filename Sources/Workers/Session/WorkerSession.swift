// One life of a member: its consumer, and the partitions that the group has given it. After any failure
// it is thrown away, and another begins from what is committed.

import Aggregation
import KafkaSync
import LogStore
import Pipeline

final class WorkerSession {
  private let settings: KafkaSettings
  private let topics: WorkerTopics
  private let options: WorkerOptions
  private let partitionCount: Int32
  private let copy: LocalCopy
  private let consumer: KafkaConsumer
  private var reader: ConsumerReader?
  private var works: [Int32: PartitionWork] = [:]
  /// What the group has given, and not been restored yet.
  private var pending: [TopicPartition]?
  /// Whether the group has said what is this member's, if only that nothing is.
  private var hasAssignment = false
  /// Since when the group has given other partitions of one topic than of the other.
  private var unequalSince: Double?
  /// What is being restored.
  private var restored: [TopicPartition] = []
  private(set) var summary: WorkerSummary

  private var uncommittedSince: Double?
  /// When all changes were shown last.
  private var lastShown = MonotonicClock.seconds()
  private var lastNews = MonotonicClock.seconds()
  /// Where partitions ended when they were read to their end, markers of transactions included.
  private var ends: [TopicPartition: Int64] = [:]

  private static let messagesMax = 10_000
  private static let pollTime = Duration.milliseconds(100)
  /// Commit when so many day blocks or hours have changed, so that memory stays flat.
  private static let changedBlocksMax = 16_384
  /// Longer than a rebalance takes.
  private static let unequalSecondsMax = 60.0

  /// - Parameter summary: of the sessions before.
  init(
    _ settings: KafkaSettings, _ topics: WorkerTopics, _ options: WorkerOptions,
    partitionCount: Int32, copy: LocalCopy, summary: WorkerSummary
  ) throws {
    self.settings = settings
    self.topics = topics
    self.options = options
    self.partitionCount = partitionCount
    self.copy = copy
    self.summary = summary
    // All members have both topics and the same assignor, so that raw and parts partitions of one number
    // come to the same member.
    consumer = try KafkaConsumer(
      settings, group: topics.group,
      properties: ["partition.assignment.strategy": "range"], defaults: KafkaConsumer.bulkDefaults)
  }

  /// Works until it is asked to stop, or until all is quiet.
  func run() throws {
    try consumer.subscribe([topics.raw, topics.parts])
    while !options.shouldStop() {
      if pending != nil { try restore() }
      let batch = try poll(countMax: Self.messagesMax, timeout: Self.pollTime)
      for (partition, failure) in batch.failures { throw try outOfRange(partition, failure) }
      try options.onStep?(.polled)
      try take(batch)
      try options.onStep?(.folded)
      if isCommitDue { try commit() }
      if try isQuiet() { break }
    }
    // What was folded is not thrown away.
    if works.values.contains(where: \.hasUncommitted) { try commit() }
    summary.lag = lag
    if options.shouldStop() { summary.wasInterrupted = true }
  }

  /// Waits for messages, and does what the group says.
  /// - Returns: nothing where the group has changed: what came with that is of what was before.
  private func poll(countMax: Int, timeout: Duration) throws -> MessageBatch {
    let batch = consumer.poll(countMax: countMax, timeout: timeout)
    try consumer.checkClient()
    let changes = consumer.takeGroupChanges()
    guard !changes.isEmpty else { return batch }
    for change in changes {
      switch change {
      case .assigned(let partitions):
        pending = partitions
        // Restoring takes its time, and polling must go on meanwhile.
        try consumer.assign([:])
      case .revoked, .lost:
        giveUp()
        try consumer.unassign()
      }
    }
    return MessageBatch()
  }

  /// Lets go of everything; the group learns that the member leaves.
  func close() {
    giveUpWorks()
    reader?.close()
    consumer.close()
  }

  private func giveUp() {
    pending = nil
    giveUpWorks()
    summary.lag = 0
    options.onEvent(.revoked)
  }

  private func giveUpWorks() {
    for work in works.values { work.close() }
    works = [:]
    ends = [:]
    hasAssignment = false
    summary.partitionCount = 0
    uncommittedSince = nil
    lastNews = MonotonicClock.seconds()
  }

  private func outOfRange(_ partition: TopicPartition, _ failure: KafkaFailure) throws -> any Error
  {
    guard let range = try? consumer.watermarks(of: partition),
      let work = works[partition.partition], partition.topic == topics.raw,
      !(range.low...range.high).contains(work.fold.nextOffset)
    else { return failure }
    return WorkerFailure(
      .gap,
      "\(partition.topic), partition \(partition.partition), holds offsets \(range.low) to \(range.high), and "
        + "\(work.fold.nextOffset) is next for this group: records went before they were read, or the topic "
        + "was made anew",
      remedy:
        "Their hours will lack them: --accept-gap goes on without, or begin anew with another --group"
    )
  }

  // MARK: Taking partitions over

  private func restore() throws {
    guard let given = pending else { return }
    restored = given
    let raw = given.filter { $0.topic == topics.raw }.map(\.partition).sorted()
    let parts = given.filter { $0.topic == topics.parts }.map(\.partition).sorted()
    if let added = (raw + parts).first(where: { $0 >= partitionCount }) {
      // The next session looks at the topics again, and says what is wrong with them.
      throw KafkaFailure.passing(
        "the group has given partition \(added), and there were \(partitionCount) partitions")
    }
    guard raw == parts else { return try waitForEqual(raw, parts) }
    unequalSince = nil
    try options.onStep?(.joined)
    let started = MonotonicClock.seconds()
    var readCount: Int64 = 0
    // The group may change its mind at any time.
    guard let producers = try fence(raw, given) else { return }
    // Only now: offsets that a former owner has left in an open transaction would be waited for.
    let groupOffsets = try consumer.committed(
      given.filter { $0.topic == topics.raw }, timeout: .seconds(30))
    for (partition, producer) in producers {
      guard let work = try restore(partition, producer, given, &readCount) else { return }
      works[partition] = work
      if let offset = groupOffsets[work.rawPartition], offset >= 0,
        offset != work.fold.nextOffset
      {
        options.onEvent(
          .groupOffsetDiffers(partition: partition, group: offset, state: work.fold.nextOffset))
      }
    }
    try options.onStep?(.restored)
    guard pending == given else { return }
    pending = nil
    var offsets: [TopicPartition: Int64] = [:]
    for work in works.values {
      offsets[work.rawPartition] = work.fold.nextOffset
      offsets[work.partsPartition] = work.merge.nextOffset
    }
    try consumer.assign(offsets)
    summary.restoredRowCount += readCount
    summary.partitionCount = works.count
    hasAssignment = true
    lastNews = MonotonicClock.seconds()
    options.onEvent(
      .assigned(
        raw: raw, parts: parts, readCount: readCount, seconds: lastNews - started))
  }

  /// Ends what former owners have left open, and refuses whatever they may still send.
  ///
  /// First of all, so that what is read afterwards is a state that nobody else can change any more; and of all
  /// partitions before any is read, because a fold's transaction also holds parts for the others: who reads these
  /// waits for its end.
  /// - Returns: the producers of the partitions, in order; nil when the group has taken these back meanwhile.
  private func fence(
    _ partitions: [Int32], _ given: [TopicPartition]
  ) throws -> [(Int32, KafkaProducer)]? {
    var producers: [(Int32, KafkaProducer)] = []
    do {
      for partition in partitions {
        let producer = try KafkaProducer(
          settings, transactionalID: PartitionWork.transactionalID(topics.group, partition))
        producer.shouldStop = options.shouldStop
        try producer.initTransactions(timeout: PartitionWork.transactionTime)
        producers.append((partition, producer))
        try keepAlive(given)
      }
    } catch is AssignmentChanged {
      return nil
    }
    return producers
  }

  /// The member that divides the partitions may not know yet of a topic that was just made, and divides
  /// again when it does.
  private func waitForEqual(_ raw: [Int32], _ parts: [Int32]) throws {
    let now = MonotonicClock.seconds()
    let since = unequalSince ?? now
    unequalSince = since
    guard now - since > Self.unequalSecondsMax else { return }
    throw WorkerFailure(
      .setup,
      "the group has given partitions \(raw) of \(topics.raw), but \(parts) of \(topics.parts)",
      remedy:
        "Something else is a member of group \(topics.group): give the workers a --group of their own"
    )
  }

  /// - Returns: nil when the group has taken the partitions back meanwhile.
  private func restore(
    _ partition: Int32, _ producer: KafkaProducer, _ given: [TopicPartition],
    _ readCount: inout Int64
  ) throws -> PartitionWork? {
    do {
      let reader = try reader ?? makeReader()
      self.reader = reader
      let restoring = TaskRestoring(
        copy: copy, topics: topics,
        configuration: FoldTask.Configuration(
          rule: options.rule, partitioner: options.partitioner, partitionCount: partitionCount,
          rawTopic: topics.raw), acceptsGap: options.acceptsGap,
        incarnation: Incarnation.random(),
        onGap: { [options] in options.onEvent(.acceptedGap(partition: $0, missing: $1)) })
      let stateEnd = try reader.range(of: topics.state, partition).end
      let tasks = try restoring.restore(partition, [.fold, .merge], reader)
      guard let fold = tasks.fold, let merge = tasks.merge else {
        preconditionFailure("both were asked for")
      }
      readCount += tasks.readCount
      try keepAlive(given)
      return PartitionWork(
        partition, fold: fold, merge: merge, producer: producer, topics: topics,
        stateOffset: stateEnd)
    } catch is AssignmentChanged {
      return nil
    }
  }

  private func makeReader() throws -> ConsumerReader {
    try ConsumerReader(settings) { [unowned self] in
      try keepAlive(restored)
    }
  }

  private struct AssignmentChanged: Error {}

  /// Polls without taking messages, there being none assigned: the group sees that the member lives.
  private func keepAlive(_ given: [TopicPartition]) throws {
    if options.shouldStop() { throw AssignmentChanged() }
    _ = try poll(countMax: 1, timeout: .zero)
    if pending != given { throw AssignmentChanged() }
  }

  // MARK: Records

  private func take(_ batch: MessageBatch) throws {
    for run in batch.runs { try take(run, of: batch) }
    for (place, end) in batch.ends {
      guard let work = works[place.partition] else { continue }
      ends[place] = end
      if place.topic == topics.raw { work.fold.noteEnd() } else { work.merge.noteEnd() }
    }
    guard batch.messageCount > 0 else { return }
    lastNews = MonotonicClock.seconds()
    uncommittedSince = uncommittedSince ?? lastNews
  }

  private func take(_ run: MessageBatch.Run, of batch: MessageBatch) throws {
    guard let work = works[run.partition.partition] else { return }
    let isRaw = run.partition.topic == topics.raw
    try batch.forEach(in: run) { message in
      if isRaw {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        try work.fold.fold(
          value: message.value ?? empty, offset: message.offset, timestamp: message.timestamp,
          key: message.key ?? empty)
      } else {
        guard let key = message.key, let value = message.value else {
          throw work.merge.damaged(message.offset)
        }
        try work.merge.apply(offset: message.offset, key: key, value: value)
      }
    }
  }

  // MARK: Commit

  private var isCommitDue: Bool {
    guard works.values.contains(where: \.hasUncommitted) else { return false }
    let now = MonotonicClock.seconds()
    guard let since = uncommittedSince else {
      // An empty partition has something to say too.
      uncommittedSince = now
      return false
    }
    if now - since >= options.secondsPerCommit { return true }
    if options.quietSecondsMax != nil, works.values.allSatisfy(\.isAtEnd) { return true }
    let count = works.values.reduce(0) { $0 + $1.fold.uncommittedCount + $1.merge.uncommittedCount }
    return count >= options.recordsPerCommit
      || works.values.contains {
        $0.fold.changedBlockCount + $0.merge.changedCount >= Self.changedBlocksMax
      }
  }

  private func commit() throws {
    var changes: [StateChange] = []
    // A partition that is never at its end shows its changes by the trigger, however often it commits.
    let now = MonotonicClock.seconds()
    let showsChanges = now - lastShown >= options.secondsPerCommit
    if showsChanges { lastShown = now }
    let due = works.values.filter(\.hasUncommitted).sorted { $0.partition < $1.partition }
    // All of them first: what one has published is on its way while the next publishes.
    for work in due {
      try work.publish(showsChanges: showsChanges, onStep: { try options.onStep?($0) })
    }
    for work in due {
      changes.append(try work.commit(consumer, onStep: { try options.onStep?($0) }))
      summary.recordCount += Int64(work.fold.uncommittedCount)
      summary.partCount += Int64(work.merge.uncommittedCount)
    }
    // Only now: the copy is never ahead of what Kafka has.
    try copy.save(changes)
    try options.onStep?(.copied)
    for change in changes {
      guard let work = works[change.partition] else { continue }
      summary.emittedCount += work.takeEmittedCount()
      summary.refusedCount += work.takeRefusedCount()
      work.noteCommitted(change)
    }
    uncommittedSince = nil
    summary.commitCount += 1
    summary.lag = lag
    options.onEvent(.committed(summary))
  }

  /// Up to the high watermarks that the last answers told; a partition that none has told of yet counts as
  /// nothing.
  private var lag: Int64 {
    works.values.reduce(0) { sum, work in
      let place = work.rawPartition
      // Markers of transactions lie behind the last record, and are passed when the end is reached.
      let position = max(work.fold.nextOffset, ends[place] ?? 0)
      return sum + max(0, (consumer.knownEnd(of: place) ?? position) - position)
    }
  }

  /// Whether all has been done. The brokers are asked: silence may also be that of a slow one.
  private func isQuiet() throws -> Bool {
    guard let quiet = options.quietSecondsMax, pending == nil, hasAssignment,
      MonotonicClock.seconds() - lastNews >= quiet,
      works.values.allSatisfy({ $0.isAtEnd && !$0.hasUncommitted })
    else { return false }
    for work in works.values {
      for place in [work.rawPartition, work.partsPartition] {
        let end = try consumer.watermarks(of: place).high
        if ends[place] ?? 0 < end {
          lastNews = MonotonicClock.seconds()
          return false
        }
      }
    }
    return true
  }
}
