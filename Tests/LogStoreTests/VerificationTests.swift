// Every kind of damage is found. The damage is done with SQLite itself, past the store.

import Glibc
import Testing

@testable import LogStore

/// Damage to one row, and whether it shows without reading payloads.
struct Damage: Sendable, CustomTestStringConvertible {
  let sql: String
  let isShallow: Bool

  static func deep(_ sql: String) -> Damage { Damage(sql: sql, isShallow: false) }
  static func shallow(_ sql: String) -> Damage { Damage(sql: sql, isShallow: true) }

  var testDescription: String { sql }
}

@Suite struct VerificationTests {
  let temporary = TemporaryStore()

  /// Two segments in topic t, the first sealed: offsets 0 to 5 in three batches, then 6 to 9 in two.
  private func fill() throws {
    let store = try temporary.open()
    func records(_ count: Int) -> EncodedBatch {
      encode((0..<count).map { TestRecord(eventTime: Int64($0), value: Array("value \($0)".utf8)) })
    }
    try store.append(records(2), records(2))
    temporary.clock.advance(milliseconds: 10)
    try store.append(records(2))
    temporary.clock.advance(hours: 2)
    try store.append(records(2), records(2))
    try store.append(records(1), to: "u")
    try store.write {
      _ = try $0.save(
        Checkpoint(group: "g", topic: "t", nextOffset: Offset(4), fingerprint: "f"))
    }
    #expect(try store.verify(deep: true).faults == [])
    #expect(try store.verify(deep: false).faults == [])
    store.close()
  }

  @Test func aSoundStoreIsCountedInFull() throws {
    try fill()
    let store = try temporary.open(.readOnly)
    for deep in [false, true] {
      var calls = 0
      let report = try store.verify(deep: deep) { _ in calls += 1 }
      #expect(report.topicCount == 2 && report.segmentCount == 3 && report.batchCount == 6)
      #expect(report.recordCount == 11 && calls == 3)
      #expect((report.byteCount > 0) == deep)
    }
  }

  @Test(arguments: [
    Damage.shallow("UPDATE batch SET append_time = append_time + 1 WHERE topic_id = 2"),
    .deep("UPDATE batch SET append_time = append_time + 1 WHERE topic_id = 1 AND base_offset = 2"),
    .deep("UPDATE batch SET earliest_event_time = -1 WHERE base_offset = 2"),
    .deep("UPDATE batch SET latest_event_time = 9 WHERE base_offset = 2"),
    .deep("UPDATE batch SET raw_byte_count = raw_byte_count + 1 WHERE base_offset = 2"),
    .deep("UPDATE batch SET raw_byte_count = -1 WHERE base_offset = 2"),
    .deep("UPDATE batch SET raw_byte_count = 1 << 62 WHERE base_offset = 2"),
    .deep("UPDATE batch SET crc32c = crc32c + 1 WHERE base_offset = 2"),
    .deep("UPDATE batch SET payload = x'' WHERE base_offset = 2"),
    .deep("UPDATE segment SET content_hash = zeroblob(32) WHERE base_offset = 6"),
    .deep("UPDATE segment SET byte_count = byte_count + 1 WHERE base_offset = 6"),
    .shallow("UPDATE batch SET topic_id = 9 WHERE topic_id = 2"),
    .shallow("UPDATE batch SET append_time = 5 WHERE base_offset = 2"),
    .shallow("UPDATE batch SET record_count = 3 WHERE base_offset = 2"),
    .shallow("UPDATE batch SET record_count = 0 WHERE base_offset = 2"),
    .shallow("UPDATE batch SET record_count = 9223372036854775807 WHERE base_offset = 2"),
    .shallow("UPDATE batch SET base_offset = 3 WHERE base_offset = 2"),
    .shallow("UPDATE batch SET base_offset = 1000 WHERE base_offset = 2"),
    .shallow("UPDATE batch SET base_offset = 9223372036854775807 WHERE base_offset = 8"),
    .shallow("DELETE FROM batch WHERE topic_id = 1 AND base_offset = 0"),
    .shallow("DELETE FROM batch WHERE topic_id = 1 AND base_offset = 2"),
    .shallow("DELETE FROM batch WHERE topic_id = 1 AND base_offset = 8"),
    .shallow("DELETE FROM batch WHERE topic_id = 2"),
    .shallow(
      "INSERT INTO batch SELECT topic_id, 1000, record_count, append_time, earliest_event_time, "
        + "latest_event_time, raw_byte_count, crc32c, payload FROM batch WHERE topic_id = 2"),
    .shallow("UPDATE segment SET batch_count = 4 WHERE base_offset = 6"),
    .shallow("UPDATE segment SET next_offset = 5 WHERE topic_id = 1 AND base_offset = 0"),
    .shallow("UPDATE segment SET next_offset = 11 WHERE base_offset = 6"),
    .shallow("UPDATE segment SET base_offset = 5 WHERE base_offset = 6"),
    .shallow("UPDATE segment SET oldest_append_time = 0 WHERE base_offset = 6"),
    .shallow("UPDATE segment SET newest_append_time = newest_append_time + 1 WHERE topic_id = 2"),
    .shallow("UPDATE segment SET sealed = 1 WHERE base_offset = 6"),
    .shallow("DELETE FROM segment WHERE base_offset = 6"),
    .shallow("DELETE FROM segment WHERE topic_id = 1 AND base_offset = 0"),
    .shallow("UPDATE topic SET next_offset = 11 WHERE topic_id = 1"),
    .shallow("UPDATE topic SET next_offset = 9 WHERE topic_id = 1"),
    .shallow("UPDATE topic SET start_offset = 1 WHERE topic_id = 1"),
    .shallow("UPDATE checkpoint SET next_offset = 11"),
    .shallow("UPDATE checkpoint SET next_offset = -1"),
    .shallow("DROP TABLE consumer_group"),
  ])
  func damageToARowIsFound(_ damage: Damage) throws {
    try fill()
    try sqlite(temporary.path, damage.sql)
    let store = try temporary.open(.readOnly)
    #expect(try store.verify(deep: true).faults != [])
    #expect(try store.verify(deep: false).faults.isEmpty != damage.isShallow)
  }

  @Test func everyFlippedBitOfAPayloadIsFoundAndNotRead() throws {
    try fill()
    let select = "SELECT payload FROM batch WHERE topic_id = 1 AND base_offset = 2"
    let payload = try sqlite(temporary.path, select)[0][0]
    func store(_ bytes: [UInt8]) throws {
      try sqlite(
        temporary.path,
        "UPDATE batch SET payload = x'\(ContentHash.hexadecimal(bytes))' "
          + "WHERE topic_id = 1 AND base_offset = 2")
    }
    for index in payload.indices {
      var damaged = payload
      damaged[index] ^= 1 << UInt8(index % 8)
      try store(damaged)
      let store = try temporary.open(.readOnly)
      #expect(try store.verify(deep: true).faults.count == 2, "byte \(index)")
      let error = #expect(throws: StoreError.self) { try store.records() }
      #expect(error?.code == .damaged)
      #expect(error?.message.contains("topic t, offset 2") == true)
    }
    try store(payload)
    #expect(try temporary.open(.readOnly).verify(deep: true).faults == [])
  }

  @Test func aReaderDoesNotSkipAMissingBatch() throws {
    try fill()
    try sqlite(temporary.path, "DELETE FROM batch WHERE topic_id = 1 AND base_offset = 2")
    let store = try temporary.open(.readOnly)
    for start in [0, 2, 3] as [Int64] {
      let error = #expect(throws: StoreError.self) { try store.records(from: Offset(start)) }
      #expect(error?.code == .damaged)
    }
    #expect(try store.records(from: Offset(4)).count == 6)
  }

  /// hash = SHA-256(hash before, six integers little-endian, payload), from nothing in each segment.
  @Test func theSegmentChainCanBeRecomputedFromTheTables() throws {
    try fill()
    let segments = try integers(
      temporary.path,
      "SELECT topic_id, base_offset, next_offset FROM segment ORDER BY 1, 2")
    #expect(segments == [[1, 0, 6], [1, 6, 10], [2, 0, 1]])
    for segment in segments {
      let range =
        "FROM batch WHERE topic_id = \(segment[0]) AND base_offset >= \(segment[1]) "
        + "AND base_offset < \(segment[2]) ORDER BY base_offset"
      let headers = try integers(
        temporary.path,
        "SELECT base_offset, record_count, append_time, earliest_event_time, latest_event_time, "
          + "raw_byte_count " + range)
      let payloads = try sqlite(temporary.path, "SELECT payload " + range).map { $0[0] }
      var chain: [UInt8] = []
      for (header, payload) in zip(headers, payloads) {
        var bytes = chain
        for value in header {
          for shift in 0..<8 { bytes.append(UInt8(value >> (8 * shift) & 255)) }
        }
        bytes += payload
        var hash = ContentHash()
        hash.update(bytes)
        chain = hash.finish()
      }
      let stored = try sqlite(
        temporary.path,
        "SELECT content_hash FROM segment WHERE topic_id = \(segment[0]) "
          + "AND base_offset = \(segment[1])")
      #expect(stored == [[chain]])
    }
  }

  @Test func othersReadAndWriteWhileAStoreIsVerified() throws {
    try fill()
    let store = try temporary.open()
    let report = try store.verify(deep: true) { _ in
      _ = try? store.append(encode("x"))
      #expect((try? store.values("u", from: .zero))?.isEmpty == false)
    }
    #expect(report.faults == [])
    #expect(try store.records().count == 13)
  }

  @Test func damagedPagesAreReportedNotReadNorFatal() throws {
    let store = try temporary.open()
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<20 {
      try store.append(encode([TestRecord(value: generator.bytes(40_000))]))
    }
    store.close()
    let pageBytes = Int(Limits.pageBytes)
    let pageCount = Int(temporary.size()) / pageBytes
    let sound = try readFile(temporary.path)
    for page in 1..<pageCount {
      var damaged = sound
      let start = page * pageBytes
      damaged.replaceSubrange(start..<(start + pageBytes), with: generator.bytes(pageBytes))
      try writeFile(temporary.path, damaged)
      // Pages that the store does not use any more would be the exception; there are none.
      do {
        let store = try temporary.open(.readOnly)
        #expect(try store.verify(deep: true).faults != [], "page \(page)")
        store.close()
      } catch let error as StoreError {
        #expect(error.code == .damaged, "page \(page): \(error)")
      }
    }
    try writeFile(temporary.path, Array(sound[..<(sound.count / 2)]))
    do {
      let store = try temporary.open(.readOnly)
      #expect(try store.verify(deep: true).faults != [])
    } catch let error as StoreError { #expect(error.code == .damaged) }
  }

  @Test func aVerificationThatIsAskedToStopThrows() throws {
    let store = try temporary.open()
    defer { store.close() }
    try store.append(encode("a"))
    for deep in [false, true] {
      let error = #expect(throws: StoreError.self) {
        _ = try store.verify(deep: deep, shouldStop: { true })
      }
      #expect(error?.code == .interrupted)
    }
    // Only that verification was stopped.
    #expect(try store.verify(deep: true).faults == [])
  }
}

func readFile(_ path: String) throws -> [UInt8] {
  let file = try #require(fopen(path, "r"))
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = fread(&part, 1, part.count, file)
    if count == 0 { return bytes }
    bytes += part[..<count]
  }
}

/// Only while no store has the file open in this process.
func writeFile(_ path: String, _ bytes: [UInt8]) throws {
  let file = try #require(fopen(path, "w"))
  #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
  fclose(file)
}
