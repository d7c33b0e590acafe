// The store as plain arrays and dictionaries: what the random test compares the real one with.

import LogStore

struct StoreModel: Equatable {
  struct Entry: Equatable {
    var record: TestRecord
    var appendTime: Int64
  }

  struct Segment: Equatable {
    var base: Int
    var next: Int
    var batchCount = 0
    var bytes: Int64 = 0
    var oldest: Int64
    var newest: Int64
    var isSealed = false
  }

  struct Topic: Equatable {
    var retention: Retention
    var start = 0
    /// Every record ever appended; its index is its offset.
    var entries: [Entry] = []
    var segments: [Segment] = []
  }

  struct Position: Hashable {
    var name: String
    var number: Int64
  }

  struct Progress: Equatable {
    var next: Int
    var epoch: Int64
    var jobState: [UInt8]
  }

  struct StateKey: Hashable, Comparable {
    var key: [UInt8]
    var block: Int64

    static func < (left: StateKey, right: StateKey) -> Bool {
      left.key == right.key
        ? left.block < right.block : left.key.lexicographicallyPrecedes(right.key)
    }
  }

  struct StateValue: Equatable {
    var isPending: Bool
    var value: [UInt8]
  }

  var topics: [String: Topic] = [:]
  /// By group, then topic.
  var groups: [String: [String: Progress]] = [:]
  var state: [String: [StateKey: StateValue]] = [:]
  var sources: [Position: (position: Int64, detail: [UInt8])] = [:]

  static func == (left: StoreModel, right: StoreModel) -> Bool {
    left.topics == right.topics && left.groups == right.groups && left.state == right.state
      && left.sources.count == right.sources.count
      && left.sources.allSatisfy { key, value in right.sources[key].map { $0 == value } ?? false }
  }

  mutating func append(
    _ records: [TestRecord], storedBytes: Int, to name: String, at time: Int64
  ) -> Int {
    var topic = topics[name]!
    let base = topic.entries.count
    let appendTime = max(time, topic.segments.last?.newest ?? time)
    if let last = topic.segments.last, appendTime - last.oldest >= Limits.segmentMilliseconds {
      topic.segments[topic.segments.count - 1].isSealed = true
    }
    if topic.segments.last?.isSealed ?? true {
      topic.segments.append(
        Segment(base: base, next: base, oldest: appendTime, newest: appendTime))
    }
    let index = topic.segments.count - 1
    topic.segments[index].next = base + records.count
    topic.segments[index].batchCount += 1
    topic.segments[index].bytes += Int64(storedBytes)
    topic.segments[index].newest = appendTime
    topic.entries += records.map { Entry(record: $0, appendTime: appendTime) }
    topics[name] = topic
    return base
  }

  mutating func retain(at time: Int64) {
    for name in topics.keys {
      var topic = topics[name]!
      let needed = groups.values.compactMap { $0[name]?.next }.min() ?? Int.max
      while let first = topic.segments.first, first.isSealed, first.next <= needed {
        let isExpired = topic.retention.milliseconds.map { first.newest < time - $0 } ?? false
        let bytes = topic.segments.reduce(0) { $0 + $1.bytes }
        guard isExpired || topic.retention.bytes.map({ bytes > $0 }) ?? false else { break }
        topic.segments.removeFirst()
        topic.start = first.next
      }
      topics[name] = topic
    }
  }
}

extension StoreModel {
  /// What a real store holds, in the model's terms; the records before the start offset, which only
  /// the model still knows, are taken from `known`.
  init(reading view: ReadTransaction, known: StoreModel, sources names: [String]) throws {
    for topic in try view.topics() {
      var copy = Topic(retention: topic.retention, start: Int(topic.startOffset.rawValue))
      copy.entries = known.topics[topic.name]?.entries ?? []
      if copy.entries.count != Int(topic.nextOffset.rawValue) { copy.entries = [] }
      copy.segments = try view.segments(of: topic).map {
        Segment(
          base: Int($0.baseOffset.rawValue), next: Int($0.nextOffset.rawValue),
          batchCount: Int($0.batchCount), bytes: $0.byteCount, oldest: $0.oldestAppendTime,
          newest: $0.newestAppendTime, isSealed: $0.isSealed)
      }
      topics[topic.name] = copy
    }
    for checkpoint in try view.checkpoints() {
      groups[checkpoint.group, default: [:]][checkpoint.topic] = Progress(
        next: Int(checkpoint.nextOffset.rawValue), epoch: checkpoint.epoch,
        jobState: checkpoint.jobState)
    }
    for group in known.state.keys {
      var blocks: [StateKey: StateValue] = [:]
      try view.forEachState(group: group) { key, block, value in
        blocks[StateKey(key: Array(key), block: block)] = StateValue(
          isPending: false, value: Array(value))
      }
      for (key, block) in try view.pendingState(group: group) {
        blocks[StateKey(key: key, block: block)]?.isPending = true
      }
      state[group] = blocks
    }
    for name in names {
      for found in try view.sourcePositions(name) {
        sources[Position(name: name, number: found.partition)] = (found.position, found.detail)
      }
    }
  }
}
