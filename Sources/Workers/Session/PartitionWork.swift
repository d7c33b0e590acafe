// One partition number of a group: the fold of the raw partition, the merge of the parts partition, and
// the transactions of both.
//
// Its transactional id belongs to the partition and not to the member. Who takes a partition over begins with
// `initTransactions`, which ends what the former owner has left open and refuses everything it may still send,
// whatever the group's coordinator thinks of it. Only then is the state read. So a partition has one
// writer, also of its state partition.

import KafkaSync
import LogStore

final class PartitionWork {
  let partition: Int32
  let fold: FoldTask
  let merge: MergeTask
  private let producer: KafkaProducer
  private let topics: WorkerTopics
  /// At or before the rows of the next transaction in the state partition.
  private var stateOffset: Int64
  private var hasOpenTransaction = false
  /// What is in the open transaction.
  private var published: Published?

  private struct Published {
    let change: StateChange
    let offsets: [TopicPartition: Int64]
    let stateRowCount: Int64
  }

  /// - Parameters:
  ///   - producer: whose transactions have been initialised before the tasks were restored.
  ///   - stateOffset: where the state partition ended then.
  init(
    _ partition: Int32, fold: FoldTask, merge: MergeTask, producer: KafkaProducer,
    topics: WorkerTopics, stateOffset: Int64
  ) {
    self.partition = partition
    self.fold = fold
    self.merge = merge
    self.producer = producer
    self.topics = topics
    self.stateOffset = stateOffset
  }

  static func transactionalID(_ group: String, _ partition: Int32) -> String {
    "moaa.worker.\(group).\(partition)"
  }

  var rawPartition: TopicPartition { TopicPartition(topics.raw, partition) }
  var partsPartition: TopicPartition { TopicPartition(topics.parts, partition) }
  var statePartition: TopicPartition { TopicPartition(topics.state, partition) }

  var hasUncommitted: Bool { fold.hasUncommitted || merge.hasUncommitted }
  var isAtEnd: Bool { fold.isAtEnd && merge.isAtEnd }

  /// Begins a transaction, and sends results, parts and state into it. librdkafka sends them on beside
  /// what follows.
  /// - Parameter showsChanges: as in `FoldTask.publish`.
  func publish(showsChanges: Bool, onStep: (WorkerStep) throws -> Void) throws {
    precondition(!hasOpenTransaction, "one transaction at a time")
    try producer.beginTransaction()
    hasOpenTransaction = true
    try onStep(.began)
    var sink = ProducerSink(producer: producer, topics: topics)
    var change = StateChange(partition: partition, rowOffset: stateOffset)
    var offsets: [TopicPartition: Int64] = [:]
    if fold.hasUncommitted {
      change.fold = try fold.publish(showsChanges: showsChanges, to: &sink)
      offsets[rawPartition] = fold.nextOffset
    }
    if merge.hasUncommitted {
      change.merge = (merge, try merge.publish(to: &sink))
      offsets[partsPartition] = merge.nextOffset
    }
    published = Published(change: change, offsets: offsets, stateRowCount: sink.stateRowCount)
    try onStep(.published)
  }

  /// Ends the transaction with the positions in it.
  /// - Returns: what the local copy must take over.
  func commit(
    _ consumer: KafkaConsumer, onStep: (WorkerStep) throws -> Void
  ) throws -> StateChange {
    guard let published else { preconditionFailure("it was published before") }
    // Informative, since the state's own positions count; but a member that the group has put out is
    // refused here by brokers that look at the generation.
    try producer.sendOffsets(published.offsets, of: consumer)
    try onStep(.sentOffsets)
    try producer.commitTransaction(timeout: Self.transactionTime)
    hasOpenTransaction = false
    self.published = nil
    // The marker at the transaction's end takes an offset too. Were there none, the copy's own row would
    // not be found where it is looked for, and the copy be read again.
    stateOffset += published.stateRowCount + 1
    try onStep(.committed)
    return published.change
  }

  private var toldEmittedCount: Int64 = 0
  private var toldRefusedCount: Int64 = 0

  /// Hours emitted since the last call.
  func takeEmittedCount() -> Int64 {
    let all = fold.emittedCount + merge.emittedCount
    defer { toldEmittedCount = all }
    return all - toldEmittedCount
  }

  /// Records refused since the last call.
  func takeRefusedCount() -> Int64 {
    defer { toldRefusedCount = fold.refusedCount }
    return fold.refusedCount - toldRefusedCount
  }

  /// Kafka has confirmed, and the local copy has been saved.
  func noteCommitted(_ change: StateChange) {
    if change.fold != nil { fold.noteCommitted() }
    if change.merge != nil { merge.noteCommitted() }
  }

  /// Gives the partition up: uncommitted work is the next owner's.
  func close() {
    // Otherwise what was sent would hold readers back until the transaction times out.
    if hasOpenTransaction { try? producer.abortTransaction(timeout: Self.abortTime) }
  }

  static let transactionTime = Duration.seconds(60)
  private static let abortTime = Duration.seconds(5)
}

/// Sends the records of a transaction.
struct ProducerSink: CycleSink {
  let producer: KafkaProducer
  let topics: WorkerTopics
  private(set) var stateRowCount: Int64 = 0

  init(producer: KafkaProducer, topics: WorkerTopics) {
    self.producer = producer
    self.topics = topics
  }

  mutating func send(
    _ topic: WorkerTopic, partition: Int32?, key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer, headers: [RecordHeader]
  ) throws {
    if topic == .state { stateRowCount += 1 }
    try producer.produce(
      topic: topics.name(of: topic), partition: partition, key: key, value: value,
      // The present, by which the brokers remove.
      timestamp: 0, headers: headers.map { ($0.name, $0.value) })
  }
}

extension WorkerTopics {
  func name(of topic: WorkerTopic) -> String {
    switch topic {
    case .stationHours: stationHours
    case .hours: hours
    case .parts: parts
    case .state: state
    case .quarantine: quarantine
    }
  }
}
