// The fold of one partition of raw records: hours of its stations, and their sum as parts of the hours
// over all stations.
//
// Its figures depend on the partition's records in the order of their offsets alone. After an error it
// must not be used on: what was published last says how to make another.

import Aggregation
import LogStore
import Pipeline

final class FoldTask {
  /// What is the same for all partitions of a worker.
  struct Configuration: Sendable {
    let rule: AggregationRule
    let partitioner: ExpectedPartitioner
    let partitionCount: Int32
    let rawTopic: String
  }

  /// A day block as it was published, for the local copy.
  struct ChangedBlock {
    let station: [UInt8]
    let day: Int64
    let isPending: Bool
    let bytes: [UInt8]
  }

  let partition: Int32
  private let configuration: Configuration
  private let aggregator: HourlyAggregator
  private let incarnation: String
  @exclusivity(unchecked) private var output = FoldOutput()
  /// The next offset to fold.
  @exclusivity(unchecked) private(set) var nextOffset: Int64
  @exclusivity(unchecked) private(set) var uncommittedCount = 0
  /// Whether everything that there was has been folded; the next record ends that.
  @exclusivity(unchecked) private(set) var isAtEnd = false
  private var publishedWatermark: PartWatermark?
  /// Transactions that have published something of this fold.
  private var commitCount: Int64
  /// Later than any observation, and far enough from overflow.
  private static let unboundedSeconds = Int64.max / 2

  /// - Parameters:
  ///   - progress: as the state topic has it; nil when nothing was folded yet.
  ///   - startOffset: where to begin in that case.
  ///   - windows: holds the day blocks that belong to `progress`.
  /// - Throws: `WorkerFailure` when `progress` belongs to another rule or number of partitions.
  init(
    partition: Int32, _ configuration: Configuration, progress: FoldProgress?, startOffset: Int64,
    incarnation: String, windows: LogStore, windowGroup: String
  ) throws {
    self.partition = partition
    self.configuration = configuration
    self.incarnation = progress?.incarnation ?? incarnation
    var aggregation = progress?.aggregation ?? AggregationProgress()
    if let progress {
      try Self.check(progress, configuration)
    } else {
      aggregation.originOffset = startOffset
    }
    nextOffset = progress?.nextOffset ?? startOffset
    commitCount = progress?.commitCount ?? 0
    let pending = try windows.read { try $0.pendingState(group: windowGroup) }
    aggregator = try HourlyAggregator(
      rule: configuration.rule, progress: aggregation,
      source: StoredWindows(store: windows, group: windowGroup),
      pending: pending.map { ($0.key, $0.block) })
  }

  private static func check(_ progress: FoldProgress, _ configuration: Configuration) throws {
    guard progress.partitionCount == configuration.partitionCount else {
      throw WorkerFailure(
        .setup,
        "\(configuration.rawTopic) has \(configuration.partitionCount) partitions, but "
          + "\(progress.partitionCount) when this group began: its stations have moved to other "
          + "partitions, and their hours would be split",
        remedy: "Begin anew with another --group, from a topic that holds all records")
    }
    guard progress.rule == configuration.rule.fingerprint else {
      throw WorkerFailure(
        .ruleChanged,
        "the hours of this group were made under another rule, and two rules must not mix: "
          + "\(progress.rule), and asked for: \(configuration.rule.fingerprint)",
        remedy: "Ask with the options of the group's rule, or begin anew with another --group")
    }
  }

  var progress: AggregationProgress { aggregator.progress }
  /// Whether anything of this fold has been published, by this member or another.
  var wasRestored: Bool { commitCount > 0 }
  var emittedCount: Int64 { output.emittedCount }
  var refusedCount: Int64 { output.refusedCount }
  /// A measure of the memory that only a commit can free.
  var changedBlockCount: Int { aggregator.changedBlockCount }

  // MARK: Input

  /// Folds a record that was judged by the rule's quality; one before `nextOffset` is passed over.
  /// - Parameters:
  ///   - timestamp: Kafka's, in milliseconds since 1970 UTC: when the record was received. Negative: it
  ///     has none, and so no observation is too far ahead of it.
  ///   - withValue: gives the record's value; asked for when it is refused.
  @inline(__always)
  func fold(
    _ verdict: ObservationJudge.Verdict, offset: Int64, timestamp: Int64,
    key: UnsafeRawBufferPointer,
    withValue: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    guard offset >= nextOffset else { return }
    output.recordKey = key
    let keyCount = aggregator.keyCount
    try aggregator.apply(
      verdict, offset: offset,
      appendSeconds: timestamp < 0 ? Self.unboundedSeconds : timestamp / 1000,
      withValue: withValue, to: &output)
    if aggregator.keyCount > keyCount { try checkPlace(offset, key) }
    nextOffset = offset + 1
    uncommittedCount += 1
    isAtEnd = false
  }

  /// Judges and folds a record.
  func fold(
    value: UnsafeRawBufferPointer, offset: Int64, timestamp: Int64, key: UnsafeRawBufferPointer
  ) throws {
    try ObservationJudge.judge(value, quality: configuration.rule.quality) {
      try fold($0, offset: offset, timestamp: timestamp, key: key, withValue: { try $0(value) })
    }
  }

  /// The partition holds nothing more for now.
  func noteEnd() { isAtEnd = true }

  /// Whether the station that has just appeared belongs here. If it did not, the same station would be
  /// in another partition too, and each would emit hours of its own.
  @inline(never)
  private func checkPlace(_ offset: Int64, _ key: UnsafeRawBufferPointer) throws {
    guard configuration.partitioner != .any else { return }
    let station = aggregator.key(aggregator.keyCount - 1)
    let place = "record \(offset) of \(configuration.rawTopic), partition \(partition),"
    guard key.elementsEqual(station) else {
      throw WorkerFailure(
        .misplaced,
        "\(place) has the key \"\(String(decoding: key, as: UTF8.self))\", and its STATION is "
          + "\"\(String(decoding: station, as: UTF8.self))\": records must be keyed by station",
        remedy:
          "Produce them with that key; or, if another key brings each station to one partition "
          + "as well, say --partitioner any")
    }
    let expected = station.withUnsafeBytes {
      configuration.partitioner.partition(of: $0, count: configuration.partitionCount)
    }
    guard expected == partition else {
      throw WorkerFailure(
        .misplaced,
        "\(place) is of station \"\(String(decoding: station, as: UTF8.self))\", which the partitioner "
          + "\(configuration.partitioner.rawValue) puts in partition \(expected ?? -1)",
        remedy:
          "Name the producers' own with --partitioner (librdkafka: crc32). If the topic got more "
          + "partitions after records were written, its stations have moved: make it anew")
    }
  }

  // MARK: Output

  /// Whether there is something that a commit would make durable.
  var hasUncommitted: Bool {
    if uncommittedCount > 0 { return true }
    // Records that were committed before the end was seen have changes that nobody has been shown.
    guard isAtEnd else { return false }
    return aggregator.changedWindowCount > 0
      || (watermark == .empty && publishedWatermark != .empty)
  }

  private var watermark: PartWatermark? {
    if let seconds = aggregator.progress.watermarkSeconds(configuration.rule) {
      return .hour(HourNumber.containing(seconds: seconds))
    }
    return isAtEnd ? .empty : nil
  }

  /// Sends everything since the last call, the state rows at the end.
  /// - Parameter showsChanges: whether hours that are not complete are shown too, as they are at the end
  ///   of the input. Figures do not depend on it, the count of their revisions does.
  /// - Returns: the same state, for the local copy.
  func publish(
    showsChanges: Bool, to sink: inout some CycleSink
  ) throws -> (blocks: [ChangedBlock], progress: FoldProgress) {
    if isAtEnd || showsChanges { try aggregator.flush(to: &output) }
    commitCount += 1
    let count = configuration.partitionCount
    try output.publish(
      from: partition, of: count, rawTopic: configuration.rawTopic, to: &sink)
    if let watermark, watermark != publishedWatermark {
      for target in 0..<count {
        try sink.send(
          .parts, partition: target, key: PartKey.watermark(source: partition).bytes,
          value: watermark.bytes)
      }
      publishedWatermark = watermark
    }
    var blocks: [ChangedBlock] = []
    try aggregator.takeChangedBlocks { changed in
      let block = ChangedBlock(
        station: changed.key, day: changed.day, isPending: changed.block.isPending,
        bytes: changed.block.encoded())
      try sink.send(
        .state, partition: partition,
        key: StateKey.dayBlock(station: block.station, day: block.day).bytes, value: block.bytes)
      blocks.append(block)
    }
    let progress = FoldProgress(
      partitionCount: count, rule: configuration.rule.fingerprint, incarnation: incarnation,
      nextOffset: nextOffset, commitCount: commitCount, aggregation: aggregator.progress)
    try sink.send(
      .state, partition: partition, key: StateKey.fold.bytes, value: progress.encoded())
    return (blocks, progress)
  }

  /// What was published is durable, in the local copy too.
  func noteCommitted() {
    uncommittedCount = 0
    aggregator.trimCache()
  }
}
