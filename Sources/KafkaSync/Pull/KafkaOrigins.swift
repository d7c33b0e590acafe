// Where pulled records come from: local offset → partition and offset in Kafka; and what never came.
//
// State of the group `kafka.origins`. Key TOPIC: a block for each transaction, numbered by the local
// offset of its first record. Its value has a line for each partition, in the order in which their
// records were appended: partition, the first Kafka offset, a count of records, and then pairs of a
// count of offsets that hold no record and a count of records. Key TOPIC/gaps: a block for each gap.
// No topic has a slash in its name.

import LogStore

/// Records that had expired before they were pulled.
public struct KafkaGap: Sendable, Hashable, CustomStringConvertible {
  public let partition: TopicPartition
  /// The first that is missing, and the one after the last.
  public let offsets: Range<Int64>

  public var description: String {
    "\(partition): offsets \(offsets.lowerBound) to \(offsets.upperBound - 1), "
      + "\(offsets.count) in all"
  }
}

/// Appended records of one partition, in the order of their Kafka offsets.
struct OriginRun: Equatable {
  let partition: Int32
  let firstOffset: Int64
  /// Records that follow each other; then, in turn, offsets without a record and records.
  private(set) var counts: [Int64] = []
  private(set) var recordCount: Int64 = 0
  private var nextOffset: Int64

  init(partition: Int32, firstOffset: Int64) {
    self.partition = partition
    self.firstOffset = firstOffset
    nextOffset = firstOffset
    counts = [0]
  }

  mutating func add(_ offset: Int64) {
    precondition(offset >= nextOffset, "a partition is read in the order of its offsets")
    if offset > nextOffset { counts += [offset - nextOffset, 0] }
    counts[counts.count - 1] += 1
    recordCount += 1
    nextOffset = offset + 1
  }

  /// The Kafka offset of a record, by its place in the run.
  func offset(at index: Int64) -> Int64? {
    var (offset, rest) = (firstOffset, index)
    for (place, count) in counts.enumerated() {
      if place.isMultiple(of: 2) {
        if rest < count { return offset + rest }
        rest -= count
      }
      offset += count
    }
    return nil
  }

  var text: String {
    "\(partition) \(firstOffset) " + counts.map(String.init).joined(separator: " ")
  }

  init?(_ text: Substring) {
    let numbers = text.split(separator: " ").map { Int64($0) }
    guard numbers.count >= 3, numbers.count.isMultiple(of: 2) == false,
      numbers.allSatisfy({ ($0 ?? -1) >= 0 }), let partition = numbers[0],
      let first = numbers[1]
    else { return nil }
    self.partition = Int32(truncatingIfNeeded: partition)
    firstOffset = first
    counts = numbers[2...].compactMap { $0 }
    nextOffset = first + counts.reduce(0, +)
    for place in stride(from: 0, to: counts.count, by: 2) { recordCount += counts[place] }
  }
}

public enum KafkaOrigins {
  static let group = "kafka.origins"

  static func save(
    _ runs: [OriginRun], topic: String, at base: Offset, in transaction: WriteTransaction
  ) throws {
    let key = Array(topic.utf8)
    try transaction.setState(
      group: group, key: key, block: base.rawValue,
      value: Array(runs.map(\.text).joined(separator: "\n").utf8))
    // What retention has taken needs no origin any more.
    let start = try transaction.topic(topic).startOffset
    guard
      let first = try transaction.lastState(group: group, key: key, upTo: start.rawValue)?.block
    else { return }
    var old: [Int64] = []
    try transaction.forEachState(group: group, key: key, blocks: Int64.min...(first - 1)) {
      _, block, _ in old.append(block)
    }
    for block in old { try transaction.removeState(group: group, key: key, block: block) }
  }

  /// Where the record at a local offset comes from.
  /// - Returns: nil when it was not pulled.
  /// - Throws: `damaged` when what is stored does not decode.
  public static func find(
    _ topic: String, _ offset: Offset, _ view: ReadTransaction
  ) throws -> (partition: Int32, offset: Int64)? {
    guard
      let found = try view.lastState(group: group, key: Array(topic.utf8), upTo: offset.rawValue)
    else { return nil }
    var rest = offset.rawValue - found.block
    for line in String(decoding: found.value, as: UTF8.self).split(separator: "\n") {
      guard let run = OriginRun(line) else { throw damage(topic) }
      if rest < run.recordCount { return run.offset(at: rest).map { (run.partition, $0) } }
      rest -= run.recordCount
    }
    return nil
  }

  static func save(_ gap: KafkaGap, in transaction: WriteTransaction) throws {
    let key = Array((gap.partition.topic + "/gaps").utf8)
    let last = try transaction.lastState(group: group, key: key, upTo: .max)?.block ?? -1
    try transaction.setState(
      group: group, key: key, block: last + 1,
      value: Array(
        "\(gap.partition.partition) \(gap.offsets.lowerBound) \(gap.offsets.upperBound)".utf8))
  }

  /// The records of a topic that never came, in the order in which that was accepted.
  /// - Throws: `damaged` when what is stored does not decode.
  public static func gaps(_ topic: String, _ view: ReadTransaction) throws -> [KafkaGap] {
    var gaps: [KafkaGap] = []
    try view.forEachState(group: group, key: Array((topic + "/gaps").utf8)) { _, _, value in
      let numbers = String(decoding: value, as: UTF8.self).split(separator: " ").map { Int64($0) }
      guard numbers.count == 3, let partition = numbers[0], let from = numbers[1],
        let until = numbers[2], from < until
      else { throw damage(topic) }
      gaps.append(
        KafkaGap(
          partition: TopicPartition(topic, Int32(truncatingIfNeeded: partition)),
          offsets: from..<until))
    }
    return gaps
  }

  private static func damage(_ topic: String) -> StoreError {
    StoreError(
      .damaged, "what the store knows of the origins of \(topic) does not decode",
      remedy: "Was it written by a later moaa?")
  }
}
