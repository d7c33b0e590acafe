// What a transaction promises: all or nothing, its own changes visible to itself, fencing, and views
// that stand still.

import Testing

@testable import LogStore

@Suite struct TransactionTests {
  let temporary = TemporaryStore()

  @Test func appendedRecordsAreReadBackFromAnyOffsetAfterReopening() throws {
    let store = try temporary.open()
    try store.append(encode("a", "b"), encode("c"))
    store.close()
    let again = try temporary.open(.readOnly)
    #expect(try again.values() == ["a", "b", "c"])
    #expect(try again.values(from: Offset(1)) == ["b", "c"])
    #expect(try again.values(from: Offset(3)) == [])
    #expect(try again.verify(deep: true).faults == [])
  }

  @Test func aThrowingTransactionLeavesNothingBehind() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try store.write {
        try $0.append(encode("b"), to: "t")
        try $0.createTopic("u")
        try $0.setState(group: "g", key: [1], block: 0, value: [1])
        try $0.save(SourcePosition(source: "s", partition: 0, position: 1), expected: nil)
        throw Stop()
      }
    }
    #expect(try store.values() == ["a"])
    #expect(try store.read { try $0.topics() }.map(\.name) == ["t"])
    #expect(try store.read { try $0.state(group: "g", key: [1], block: 0) } == nil)
    #expect(try store.read { try $0.sourcePositions("s") } == [])
    try store.append(encode("c"))
    #expect(try store.values() == ["a", "c"])
  }

  @Test func aFailedStatementCannotBeSwallowedAndCommitted() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    let error = #expect(throws: StoreError.self) {
      try store.write {
        try $0.append(encode("b"), to: "t")
        _ = try? $0.save(SourcePosition(source: "s", partition: 0, position: -1), expected: nil)
        _ = try? $0.setState(group: "g", key: [1], block: 0, value: [1])
      }
    }
    #expect(error?.code == .invalid)
    #expect(try store.values() == ["a"])
    #expect(try store.read { try $0.state(group: "g", key: [1], block: 0) } == nil)
  }

  @Test func aFailedStatementAtTheEndCannotBeSwallowedEither() throws {
    let store = try temporary.open()
    let error = #expect(throws: StoreError.self) {
      try store.write {
        try $0.setState(group: "g", key: [1], block: 0, value: [1])
        _ = try? $0.save(SourcePosition(source: "s", partition: 0, position: -1), expected: nil)
      }
    }
    #expect(error?.code == .invalid)
    #expect(try store.read { try $0.state(group: "g", key: [1], block: 0) } == nil)
  }

  @Test func theLockIsHeldForAWriteTransactionAndNotBetweenTwo() throws {
    let store = try temporary.open()
    let lock = try StoreLock(storePath: store.file.path)
    for _ in 0..<2 {
      try store.write { _ in #expect(!lock.tryLock(.write)) }
      #expect(lock.tryLock(.write))
      lock.unlock(.write)
    }
    #expect(throws: StoreError.self) { try store.write { _ = try $0.topic("none") } }
    #expect(lock.tryLock(.write))
  }

  @Test func aWriteTransactionReadsItsOwnChanges() throws {
    let store = try temporary.open()
    try store.write {
      try $0.createTopic("t")
      #expect(try $0.append(encode("a", "b"), to: "t") == .zero)
      #expect(try $0.topic("t").nextOffset == Offset(2))
      #expect(try $0.append(encode("c"), to: "t") == Offset(2))
      #expect(try $0.topics().map(\.recordCount) == [3])
      #expect(try $0.segments(of: $0.topic("t")).map(\.batchCount) == [2])
      #expect(try $0.offset(of: $0.topic("t"), appendedSince: $0.time) == .zero)
    }
    #expect(try store.values() == ["a", "b", "c"])
  }

  @Test func aCheckpointFromAnOldEpochIsFenced() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    let first = Checkpoint(group: "g", topic: "t", nextOffset: Offset(1), fingerprint: "f")
    let saved = try store.write { try $0.save(first) }
    let error = #expect(throws: StoreError.self) { try store.write { _ = try $0.save(first) } }
    #expect(error?.code == .fenced)
    #expect(try store.read { try $0.checkpoint(group: "g", topic: "t") } == saved)
    #expect(try store.write { try $0.save(saved) }.epoch == 2)
  }

  @Test func aCheckpointStandsBetweenStartOffsetAndHighWatermark() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    for offset in [-1, 2] as [Int64] {
      let checkpoint = Checkpoint(
        group: "g", topic: "t", nextOffset: Offset(offset), fingerprint: "")
      let error = #expect(throws: StoreError.self) {
        try store.write { _ = try $0.save(checkpoint) }
      }
      #expect(error?.code == .offsetOutOfRange)
    }
  }

  @Test func aSourceThatSomebodyElseMovedIsFenced() throws {
    let store = try temporary.open()
    let first = SourcePosition(source: "s", partition: 3, position: 10, detail: [1])
    try store.write { try $0.save(first, expected: nil) }
    for expected in [nil, 9] as [Int64?] {
      let error = #expect(throws: StoreError.self) {
        try store.write { try $0.save(first, expected: expected) }
      }
      #expect(error?.code == .fenced)
    }
    #expect(try store.read { try $0.sourcePositions("s") } == [first])
  }

  @Test func aGroupThatIsRemovedLeavesNeitherCheckpointNorState() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    try store.write {
      _ = try $0.save(Checkpoint(group: "g", topic: "t", fingerprint: ""))
      try $0.setState(group: "g", key: [], block: 1, pending: true, value: [])
      try $0.removeGroup("g")
      #expect(try $0.pendingState(group: "g").isEmpty)
      _ = try $0.save(Checkpoint(group: "g", topic: "t", fingerprint: ""))
    }
    #expect(try store.read { try $0.checkpoints() }.map(\.epoch) == [1])
    let error = #expect(throws: StoreError.self) { try store.write { try $0.removeGroup("h") } }
    #expect(error?.code == .unknown)
  }

  @Test func aWalkInsideAWalkDoesNotDisturbIt() throws {
    let store = try temporary.open()
    try store.write {
      for block in 0..<3 { try $0.setState(group: "g", key: [1], block: Int64(block), value: []) }
    }
    var seen: [Int64] = []
    try store.read { view in
      try view.forEachState(group: "g") { _, outer, _ in
        try view.forEachState(group: "g") { _, inner, _ in seen.append(outer * 10 + inner) }
      }
    }
    #expect(seen == [0, 1, 2, 10, 11, 12, 20, 21, 22])
  }

  @Test func aViewStandsStillWhileAnotherHandleWrites() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    let other = try temporary.open(.readOnly)
    try other.read { view in
      #expect(try view.topic("t").nextOffset == Offset(1))
      try store.append(encode("b"))
      #expect(try view.topic("t").nextOffset == Offset(1))
    }
    #expect(try other.read { try $0.topic("t").nextOffset } == Offset(2))
  }

  @Test func readersDoNotWaitForAWriterThatHoldsTheLock() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    let other = try temporary.open(.readOnly)
    try store.write {
      try $0.append(encode("b"), to: "t")
      #expect(try other.values() == ["a"])
      #expect(try store.values() == ["a"])
      let opened = try temporary.open(.readOnly)
      #expect(try opened.values() == ["a"])
    }
    #expect(try other.values() == ["a", "b"])
  }

  @Test func aReaderGoesOnAsTheTopicGrowsAndRefusesWhatRetentionRemoved() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    let reader = try store.reader(of: "t", from: .zero)
    let slow = try store.reader(of: "t", from: .zero)
    #expect(try reader.next()?.recordCount == 1)
    #expect(try reader.next() == nil)
    temporary.clock.advance(hours: 24 * 30)
    try store.append(encode("b"))
    #expect(try reader.next()?.baseOffset == Offset(1))
    try store.write { _ = try $0.retain(at: $0.time) }
    let error = #expect(throws: StoreError.self) { try slow.next() }
    #expect(error?.code == .offsetOutOfRange)
    #expect(throws: StoreError.self) { try store.reader(of: "t", from: .zero) }
    #expect(throws: StoreError.self) { try store.reader(of: "t", from: Offset(3)) }
  }

  @Test func aFullStoreSaysSoKeepsWhatItHasAndWorksOnceTheLimitIsLifted() throws {
    let store = try temporary.open(byteCountMax: 1 << 20)
    var generator = SeededGenerator(seed: 3)
    let batch = encode([TestRecord(value: generator.bytes(100_000))])
    var acknowledged = 0
    let error = #expect(throws: StoreError.self) {
      while acknowledged < 100 {
        try store.append(batch)
        acknowledged += 1
      }
    }
    #expect(error?.code == .full)
    #expect(acknowledged > 5)
    #expect(try store.read { try $0.topic("t").recordCount } == Int64(acknowledged))
    #expect(try store.verify(deep: true).faults == [])
    try store.setByteCountMax(nil)
    try store.append(batch)
    #expect(try store.read { try $0.topic("t").recordCount } == Int64(acknowledged) + 1)
    store.close()
    #expect(temporary.size() > 1 << 20)
  }

  @Test func everyCallOnAClosedStoreThrowsAndAReadOnlyOneDoesNotWrite() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    let reader = try store.reader(of: "t", from: .zero)
    store.close()
    store.close()
    #expect(throws: StoreError.self) { try store.append(encode("b")) }
    #expect(throws: StoreError.self) { try store.read { _ in } }
    #expect(throws: StoreError.self) { try store.verify(deep: false) }
    #expect(throws: StoreError.self) { try reader.next() }
    let readOnly = try temporary.open(.readOnly)
    let error = #expect(throws: StoreError.self) { try readOnly.append(encode("b")) }
    #expect(error?.code == .readOnly)
    readOnly.close()
    #expect(throws: StoreError.self) { try readOnly.read { _ in } }
  }

  @Test func aTopicNameIsOneThatKafkaTakes() throws {
    let store = try temporary.open()
    for name in ["", ".", "..", "a b", "ü", "a/b", String(repeating: "a", count: 250)] {
      let error = #expect(throws: StoreError.self) {
        try store.write { _ = try $0.createTopic(name) }
      }
      #expect(error?.code == .invalid)
    }
    try store.write { _ = try $0.createTopic(String(repeating: "a", count: 249)) }
    let error = #expect(throws: StoreError.self) { try store.reader(of: "none", from: .zero) }
    #expect(error?.code == .unknown)
  }
}
