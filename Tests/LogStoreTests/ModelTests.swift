// Random sequences of everything a store can do, compared with a model after every step.
//
// A failure names its seed and step; MOAA_MODEL_SEED=N runs that seed alone.

import Glibc
import Testing

@testable import LogStore

@Suite struct ModelTests {
  static let seeds: [UInt64] =
    getenv("MOAA_MODEL_SEED").flatMap { UInt64(String(cString: $0)) }.map { [$0] }
    ?? Array(1...8) + [UInt64.random(in: 0...UInt64.max)]

  @Test(arguments: seeds)
  func aRandomHistoryIsTheSameInStoreAndModel(_ seed: UInt64) throws {
    var history = try RandomHistory(seed: seed)
    for step in 0..<250 {
      do {
        try history.step()
      } catch {
        Issue.record("seed \(seed), step \(step), \(history.action): \(error)")
        return
      }
    }
  }
}

private struct RandomHistory {
  /// A difference between store and model.
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  /// Thrown on purpose inside a transaction.
  struct Abort: Error {}

  private let temporary = TemporaryStore()
  private var store: LogStore
  private var model = StoreModel()
  private var generator: SeededGenerator
  /// What the last step was about.
  private(set) var action = ""

  private static let topicNames = ["a", "b", "c.d-e_f"]
  private static let groupNames = ["g", "h", ""]
  private static let sourceNames = ["file", "topic/é"]

  init(seed: UInt64) throws {
    generator = SeededGenerator(seed: seed)
    store = try temporary.open()
  }

  private mutating func random(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func chance(_ percent: Int) -> Bool { random(1...100) <= percent }

  private mutating func pick<T>(_ values: [T]) -> T { values[random(0...(values.count - 1))] }

  mutating func step() throws {
    switch random(1...100) {
    case 1...60: try transaction()
    case 61...80: try read()
    case 81...90:
      action = "clock"
      // Sometimes back.
      temporary.clock.advance(milliseconds: Int64(random(-600_000...5_400_000)))
    case 91...95: try reopen()
    default:
      action = "verify"
      let faults = try store.verify(deep: true).faults
      if !faults.isEmpty { throw Difference(description: faults.joined(separator: "; ")) }
    }
    try compare()
  }

  private mutating func reopen() throws {
    action = "reopen"
    // Closed, or left open beside the new handle, as another process would be.
    if chance(50) { store.close() }
    store = try temporary.open()
  }

  private func compare() throws {
    let found = try store.read {
      try StoreModel(reading: $0, known: model, sources: Self.sourceNames)
    }
    if found != model {
      throw Difference(description: "the store holds\n\(found)\nthe model\n\(model)")
    }
  }

  private mutating func read() throws {
    action = "read"
    guard let name = model.topics.keys.sorted().first, let topic = model.topics[name] else {
      return
    }
    let start = random(max(0, topic.start - 3)...(topic.entries.count + 3))
    guard start >= topic.start, start <= topic.entries.count else {
      do {
        _ = try store.reader(of: name, from: Offset(Int64(start)))
      } catch let error as StoreError where error.code == .offsetOutOfRange { return }
      throw Difference(description: "\(name) was read from \(start)")
    }
    let expected = topic.entries[start...]
    let found = try store.records(name, from: Offset(Int64(start)))
    guard found.map(\.record) == expected.map(\.record),
      found.map({ Int($0.offset.rawValue) }) == Array(start..<topic.entries.count)
    else { throw Difference(description: "\(name) reads differently from \(start)") }
    let time = (expected.first?.appendTime ?? temporary.clock.now) + Int64(random(-1...1))
    let first =
      topic.entries.indices.first { $0 >= topic.start && topic.entries[$0].appendTime >= time }
      ?? topic.entries.count
    let offset = try store.read { try $0.offset(of: $0.topic(name), appendedSince: time) }
    if offset != Offset(Int64(first)) {
      throw Difference(description: "\(name) since \(time): \(offset), not \(first)")
    }
  }

  // MARK: Writing

  private mutating func transaction() throws {
    var draft = model
    var steps: [String] = []
    let isAborted = chance(20)
    do {
      try store.write { transaction in
        for _ in 0..<random(1...5) {
          steps.append(try change(transaction, &draft))
          action = steps.joined(separator: ", ")
        }
        if isAborted { throw Abort() }
      }
      model = draft
    } catch is Abort { action += ", aborted" }
    for group in draft.state.keys where model.state[group] == nil { model.state[group] = [:] }
  }

  private mutating func change(
    _ transaction: WriteTransaction, _ draft: inout StoreModel
  ) throws -> String {
    let names = draft.topics.keys.sorted()
    guard let first = names.first, !chance(5) else {
      let name = pick(Self.topicNames)
      let retention = Retention(
        milliseconds: chance(80) ? Int64(random(0...20)) * 3_600_000 : nil,
        bytes: chance(30) ? Int64(random(0...4000)) : nil)
      try transaction.createTopic(name, retention: retention)
      if draft.topics[name] == nil { draft.topics[name] = StoreModel.Topic(retention: retention) }
      return "create \(name)"
    }
    let name = chance(60) ? first : pick(names)
    switch random(1...100) {
    case 1...45: return try append(transaction, to: name, &draft)
    case 46...60: return try checkpoint(transaction, name, &draft)
    case 61...75: return try changeState(transaction, &draft)
    case 76...87: return try moveSource(transaction, &draft)
    case 88...92:
      draft.topics[name]!.retention.milliseconds = Int64(random(0...20)) * 3_600_000
      try transaction.setRetention(draft.topics[name]!.retention, of: transaction.topic(name))
      return "set retention of \(name)"
    case 93...95:
      guard let group = draft.groups.keys.sorted().first else { return "no group" }
      try transaction.removeGroup(group)
      draft.groups[group] = nil
      draft.state[group] = [:]
      return "remove group \(group)"
    default:
      try transaction.retain(at: transaction.time)
      draft.retain(at: transaction.time)
      return "retain"
    }
  }

  private mutating func append(
    _ transaction: WriteTransaction, to name: String, _ draft: inout StoreModel
  ) throws -> String {
    let records = (0..<random(1...30)).map { _ in record() }
    let batch = encode(records)
    let base = try transaction.append(batch, to: name)
    let expected = draft.append(
      records, storedBytes: batch.storedByteCount, to: name, at: transaction.time)
    if base != Offset(Int64(expected)) {
      throw Difference(description: "appended at \(base), not \(expected)")
    }
    return "append \(records.count) to \(name)"
  }

  private mutating func record() -> TestRecord {
    func bytes(_ history: inout RandomHistory, _ countMax: Int) -> [UInt8]? {
      switch history.random(0...9) {
      case 0: nil
      case 1: []
      default: history.generator.bytes(history.random(0...countMax))
      }
    }
    return TestRecord(
      kind: chance(10) ? .control : .data,
      eventTime: chance(5)
        ? pick([.min, .max]) : Int64(random(-2_000_000_000_000...2_000_000_000_000)),
      key: bytes(&self, 12), value: bytes(&self, chance(2) ? 100_000 : 200),
      headers: (0..<(chance(10) ? random(1...3) : 0)).map { number in
        RecordHeader("header \(number)", bytes: generator.bytes(number * 5))
      })
  }

  private mutating func checkpoint(
    _ transaction: WriteTransaction, _ name: String, _ draft: inout StoreModel
  ) throws -> String {
    let group = pick(Self.groupNames)
    let topic = draft.topics[name]!
    let stored = draft.groups[group]?[name]
    let isStale = chance(20)
    let next = random((topic.start - 1)...(topic.entries.count + 1))
    var checkpoint =
      try transaction.checkpoint(group: group, topic: name)
      ?? Checkpoint(group: group, topic: name, fingerprint: "f")
    checkpoint.nextOffset = Offset(Int64(next))
    checkpoint.jobState = generator.bytes(random(0...20))
    if isStale { checkpoint.epoch -= 1 }
    let isWithin = next >= topic.start && next <= topic.entries.count
    do {
      let saved = try transaction.save(checkpoint)
      guard isWithin, !isStale else {
        throw Difference(description: "saved a checkpoint that is stale or out of range")
      }
      draft.groups[group, default: [:]][name] = StoreModel.Progress(
        next: next, epoch: (stored?.epoch ?? 0) + 1, jobState: saved.jobState)
      return "save \(group) at \(next)"
    } catch let error as StoreError where error.code == (isStale ? .fenced : .offsetOutOfRange) {
      if isWithin, !isStale { throw error }
      return "refuse \(group) at \(next)"
    }
  }

  private mutating func changeState(
    _ transaction: WriteTransaction, _ draft: inout StoreModel
  ) throws -> String {
    let group = pick(Self.groupNames)
    let at = StoreModel.StateKey(
      key: [UInt8](repeating: 1, count: random(0...2)), block: Int64(random(-2...2)))
    if chance(30) {
      try transaction.removeState(group: group, key: at.key, block: at.block)
      draft.state[group, default: [:]][at] = nil
      return "remove state"
    }
    let value = StoreModel.StateValue(
      isPending: chance(50), value: generator.bytes(random(0...50)))
    try transaction.setState(
      group: group, key: at.key, block: at.block, pending: value.isPending, value: value.value)
    draft.state[group, default: [:]][at] = value
    let pending = try transaction.pendingState(group: group).map(StoreModel.StateKey.init)
    let expected = draft.state[group]!.filter { $0.value.isPending }.keys.sorted()
    if pending != expected {
      throw Difference(description: "pending \(pending), not \(expected)")
    }
    return "set state"
  }

  private mutating func moveSource(
    _ transaction: WriteTransaction, _ draft: inout StoreModel
  ) throws -> String {
    let at = StoreModel.Position(name: pick(Self.sourceNames), number: Int64(random(0...2)))
    let stored = draft.sources[at]?.position
    let isStale = chance(20)
    let position = Int64(random(0...1000))
    let detail = generator.bytes(random(0...10))
    do {
      try transaction.save(
        SourcePosition(
          source: at.name, partition: at.number, position: position, detail: detail),
        expected: isStale ? (stored ?? 0) + 1 : stored)
      if isStale { throw Difference(description: "moved a source from where it was not") }
      draft.sources[at] = (position, detail)
      return "move source to \(position)"
    } catch let error as StoreError where error.code == .fenced && isStale {
      return "refuse source"
    }
  }
}
