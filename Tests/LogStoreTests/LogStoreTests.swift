// The store as a caller sees it: what is appended is read back, survives reopening, and is checked.

import Glibc
import LogStore
import Testing

@Suite struct LogStoreTests {
  let path = "/tmp/moaa-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).store"

  private func batch(_ values: [String], eventTime: Int64 = 0) -> EncodedBatch {
    let builder = RecordBatchBuilder()
    for value in values { builder.append(eventTime: eventTime, key: nil, value: Array(value.utf8)) }
    return builder.take()!
  }

  private func values(_ store: LogStore, _ topic: String, from: Offset) throws -> [String] {
    let reader = try store.reader(of: topic, from: from)
    var result: [String] = []
    while let batch = try reader.next() {
      try batch.forEach(from: from) { result.append(String(decoding: $0.value!, as: UTF8.self)) }
    }
    return result
  }

  private func removeFiles() {
    for suffix in ["", "-wal", "-shm", "-lock"] { unlink(path + suffix) }
  }

  @Test func appendedRecordsAreReadBackFromAnyOffsetAfterReopening() throws {
    defer { removeFiles() }
    let store = try LogStore.open(path)
    try store.write {
      try $0.createTopic("t")
      #expect(try $0.append(batch(["a", "b"]), to: "t") == .zero)
      #expect(try $0.append(batch(["c"]), to: "t") == Offset(2))
    }
    store.close()
    let again = try LogStore.open(path, StoreOptions(mode: .readOnly))
    #expect(try values(again, "t", from: .zero) == ["a", "b", "c"])
    #expect(try values(again, "t", from: Offset(1)) == ["b", "c"])
    #expect(try again.verify(deep: true).faults == [])
  }

  @Test func aThrowingTransactionLeavesNothingBehind() throws {
    defer { removeFiles() }
    let store = try LogStore.open(path)
    try store.write { _ = try $0.createTopic("t") }
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try store.write {
        try $0.append(batch(["a"]), to: "t")
        throw Stop()
      }
    }
    #expect(try store.read { try $0.topic("t").nextOffset } == .zero)
  }

  @Test func aCheckpointFromAnOldEpochIsFenced() throws {
    defer { removeFiles() }
    let store = try LogStore.open(path)
    try store.write {
      try $0.createTopic("t")
      try $0.append(batch(["a"]), to: "t")
    }
    let first = Checkpoint(group: "g", topic: "t", nextOffset: Offset(1), fingerprint: "f")
    try store.write { _ = try $0.save(first) }
    let error = #expect(throws: StoreError.self) { try store.write { _ = try $0.save(first) } }
    #expect(error?.code == .fenced)
  }

  @Test func retentionRemovesExpiredSealedSegmentsButNotWhatAGroupNeeds() throws {
    defer { removeFiles() }
    let day: Int64 = 86_400_000
    let old = try LogStore.open(path, StoreOptions(clock: .fixed(milliseconds: day)))
    try old.write {
      try $0.createTopic("t")
      try $0.append(batch(["a"]), to: "t")
      _ = try $0.save(Checkpoint(group: "g", topic: "t", fingerprint: ""))
    }
    old.close()
    let store = try LogStore.open(path, StoreOptions(clock: .fixed(milliseconds: 20 * day)))
    try store.write { _ = try $0.append(batch(["b"]), to: "t") }
    #expect(try store.write { try $0.retain(at: 20 * day) }.map(\.verdict) == [.neededByGroup])
    try store.write {
      var checkpoint = try #require(try $0.checkpoint(group: "g", topic: "t"))
      checkpoint.nextOffset = Offset(2)
      _ = try $0.save(checkpoint)
      #expect(try $0.retain(at: 20 * day).map(\.verdict) == [.expired])
    }
    #expect(try store.read { try $0.topic("t").startOffset } == Offset(1))
    #expect(try store.verify(deep: true).faults == [])
  }
}
