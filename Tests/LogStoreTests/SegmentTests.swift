// How segments roll, what retention removes, and how long the WAL gets.

import Testing

@testable import LogStore

@Suite struct SegmentTests {
  let temporary = TemporaryStore()

  private func segments(_ store: LogStore) throws -> [Segment] {
    try store.read { try $0.segments(of: $0.topic("t")) }
  }

  @Test func aSegmentRollsAnHourAfterItsFirstBatch() throws {
    let store = try temporary.open()
    try store.append(encode("a"))
    temporary.clock.advance(milliseconds: Limits.segmentMilliseconds - 1)
    try store.append(encode("b"))
    #expect(try segments(store).map(\.isSealed) == [false])
    temporary.clock.advance(milliseconds: 1)
    try store.append(encode("c"))
    let rolled = try segments(store)
    #expect(rolled.map(\.isSealed) == [true, false])
    #expect(rolled.map(\.baseOffset) == [.zero, Offset(2)])
    #expect(rolled[0].nextOffset == Offset(2) && rolled[1].nextOffset == Offset(3))
  }

  @Test func aSegmentRollsBeforeItWouldExceedItsBytes() throws {
    let store = try temporary.open()
    var generator = SeededGenerator(seed: 5)
    let batch = encode([TestRecord(value: generator.bytes(25 << 20))])
    // In one transaction, so that the roll inside a transaction is the one tested.
    try store.write {
      try $0.createTopic("t")
      for _ in 0..<3 { try $0.append(batch, to: "t") }
    }
    #expect(try segments(store).map(\.batchCount) == [2, 1])
    #expect(try segments(store)[0].byteCount <= Limits.segmentBytesMax)
    #expect(try store.verify(deep: true).faults == [])
  }

  @Test func anAppendTimeNeverGoesBackWhenTheClockDoes() throws {
    let store = try temporary.open()
    let start = temporary.clock.now
    for step in [0, 5, -100, 7] as [Int64] {
      temporary.clock.advance(milliseconds: start + step - temporary.clock.now)
      try store.append(encode("a"))
    }
    var times: [Int64] = []
    let reader = try store.reader(of: "t", from: .zero)
    while let batch = try reader.next() { times.append(batch.appendTime - start) }
    #expect(times == [0, 5, 5, 7])
    let topic = try store.read { try $0.topic("t") }
    for (time, offset) in [(-1, 0), (0, 0), (1, 1), (5, 1), (6, 3), (8, 4)] as [(Int64, Int64)] {
      let found = try store.read { try $0.offset(of: topic, appendedSince: start + time) }
      #expect(found == Offset(offset), "appended since \(time)")
    }
  }

  @Test func retentionByTimeRemovesExpiredSealedSegmentsOnly() throws {
    let store = try temporary.open()
    let day: Int64 = 86_400_000
    let start = temporary.clock.now
    try store.write {
      _ = try $0.createTopic("t", retention: Retention(milliseconds: day))
    }
    try store.append(encode("a"))
    temporary.clock.advance(hours: 2)
    try store.append(encode("b"))
    temporary.clock.advance(hours: 2)
    try store.append(encode("c"))
    func retain(at time: Int64) throws -> [RetentionFinding.Verdict] {
      try store.write { try $0.retain(at: time) }.map(\.verdict)
    }
    #expect(try retain(at: start + day) == [])
    #expect(try retain(at: start + day + 1) == [.expired])
    #expect(try store.values(from: Offset(1)) == ["b", "c"])
    // Long after, the active segment is still there.
    #expect(try retain(at: start + 100 * day) == [.expired])
    #expect(try retain(at: start + 100 * day) == [])
    let topic = try store.read { try $0.topic("t") }
    #expect(topic.startOffset == Offset(2) && topic.nextOffset == Offset(3))
    #expect(try store.values(from: topic.startOffset) == ["c"])
    #expect(try store.verify(deep: true).faults == [])
    #expect(try store.values("t", from: Offset(3)) == [])
    // Offsets are not used again.
    try store.append(encode("d"))
    #expect(try store.records(from: Offset(3)).map(\.offset) == [Offset(3)])
  }

  @Test func retentionByBytesRemovesTheOldestUntilTheTopicFits() throws {
    let store = try temporary.open()
    let batch = encode("a")
    for _ in 0..<4 {
      try store.append(batch)
      temporary.clock.advance(hours: 1)
    }
    let bytes = Int64(batch.storedByteCount)
    func retain(_ limit: Int64) throws -> [RetentionFinding.Verdict] {
      try store.write {
        try $0.setRetention(Retention(milliseconds: nil, bytes: limit), of: $0.topic("t"))
        return try $0.retain(at: $0.time).map(\.verdict)
      }
    }
    #expect(try retain(4 * bytes) == [])
    #expect(try retain(4 * bytes - 1) == [.overSize])
    #expect(try retain(0) == [.overSize, .overSize])
    #expect(try store.read { try $0.topic("t").recordCount } == 1)
    #expect(try store.verify(deep: true).faults == [])
  }

  @Test func retentionKeepsWhatTheSlowestGroupHasNotRead() throws {
    let store = try temporary.open()
    for value in ["a", "b", "c"] {
      try store.append(encode(value, value))
      temporary.clock.advance(hours: 24)
    }
    let late = temporary.clock.now + 30 * 86_400_000
    try store.write {
      _ = try $0.save(
        Checkpoint(group: "quick", topic: "t", nextOffset: Offset(6), fingerprint: ""))
      _ = try $0.save(Checkpoint(group: "slow", topic: "t", nextOffset: Offset(1), fingerprint: ""))
    }
    func retain() throws -> [String] {
      try store.write { try $0.retain(at: late) }.map {
        "\($0.segment.baseOffset) \($0.verdict.rawValue) \($0.group ?? "-")"
      }
    }
    #expect(try retain() == ["0 needed-by-group slow"])
    try store.write {
      var slow = try #require(try $0.checkpoint(group: "slow", topic: "t"))
      slow.nextOffset = Offset(2)
      _ = try $0.save(slow)
    }
    #expect(try retain() == ["0 expired -", "2 needed-by-group slow"])
    try store.write { try $0.removeGroup("slow") }
    #expect(try retain() == ["2 expired -"])
    #expect(try store.read { try $0.topic("t").startOffset } == Offset(4))
  }

  // MARK: WAL

  /// A mebibyte that does not compress.
  private let incompressible: EncodedBatch = {
    var generator = SeededGenerator(seed: 6)
    return encode([TestRecord(value: generator.bytes(1 << 20))])
  }()

  private var walBytesMax: Int64 { Int64(Limits.walPagesMax) * Int64(Limits.pageBytes) }

  @Test func theWALStaysBoundedUnderASteadyWriterWithShortReaders() throws {
    let store = try temporary.open()
    let reader = try temporary.open(.readOnly)
    var longest: Int64 = 0
    for _ in 0..<160 {
      try store.append(incompressible)
      let before = try reader.read { try $0.topic("t").nextOffset }
      #expect(before > .zero)
      longest = max(longest, temporary.size("-wal"))
    }
    #expect(longest > walBytesMax / 2, "the WAL was not reset needlessly often")
    #expect(longest < walBytesMax + (8 << 20))
    store.close()
    #expect(temporary.size("-wal") == 0)
  }

  @Test func aReaderThatStaysMakesNoCommitWaitAndTheWALShrinksOnceItLeaves() throws {
    let store = try temporary.open()
    try store.append(incompressible)
    let reader = try temporary.open(.readOnly)
    let clock = ContinuousClock()
    try reader.read { view in
      let seen = try view.topic("t").nextOffset
      for _ in 0..<100 {
        let taken = try clock.measure { try store.append(incompressible) }
        #expect(taken < .seconds(5))
      }
      #expect(temporary.size("-wal") > walBytesMax + (20 << 20))
      #expect(try view.topic("t").nextOffset == seen)
      // Nor does closing another handle wait for the reader.
      let other = try temporary.open()
      #expect(clock.measure { other.close() } < .seconds(5))
    }
    for _ in 0..<12 { try store.append(incompressible) }
    #expect(temporary.size("-wal") <= walBytesMax)
    #expect(try store.verify(deep: true).faults == [])
  }
}
