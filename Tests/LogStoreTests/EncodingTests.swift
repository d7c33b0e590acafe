// The bytes below the store: checksum, hash, varints, and records in a batch.

import Glibc
import Testing

@testable import LogStore

@Suite struct EncodingTests {
  private func crc(_ bytes: [UInt8]) -> UInt32 {
    var crc = CRC32C()
    bytes.withUnsafeBytes { crc.update($0) }
    return crc.value
  }

  /// RFC 3720, B.4, and the check value of the CRC catalogue.
  @Test func crc32cGivesThePublishedValues() {
    #expect(crc(Array("123456789".utf8)) == 0xE306_9283)
    #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(crc([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(crc(Array(0..<32)) == 0x46DD_794E)
    #expect(crc([]) == 0)
  }

  @Test func crc32cDoesNotDependOnHowTheBytesArriveInPieces() {
    var generator = SeededGenerator(seed: 1)
    let bytes = generator.bytes(67)
    for cut in 0...bytes.count {
      var crc = CRC32C()
      bytes[..<cut].withUnsafeBytes { crc.update($0) }
      bytes[cut...].withUnsafeBytes { crc.update($0) }
      #expect(crc.value == self.crc(bytes))
    }
  }

  /// FIPS 180-4, example of one block.
  @Test func contentHashIsSHA256() {
    var hash = ContentHash()
    hash.update(Array("a".utf8))
    hash.update(Array("bc".utf8))
    #expect(
      ContentHash.hexadecimal(hash.finish())
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test(arguments: [0, 1, 127, 128, 16383, 16384, 1 << 32, UInt64.max >> 1, UInt64.max])
  func aVarintIsReadBackAndNotFromFewerBytes(_ value: UInt64) {
    var bytes: [UInt8] = []
    Varint.append(value, to: &bytes)
    var position = 0
    #expect(bytes.withUnsafeBytes { Varint.read($0, at: &position) } == value)
    #expect(position == bytes.count)
    for count in 0..<bytes.count {
      position = 0
      #expect(bytes[..<count].withUnsafeBytes { Varint.read($0, at: &position) } == nil)
    }
    var written = [UInt8](repeating: 0, count: Varint.bytesMax)
    position = 0
    written.withUnsafeMutableBytes { Varint.write(value, to: $0.baseAddress!, at: &position) }
    #expect(Array(written[..<position]) == bytes)
  }

  @Test func aVarintOfMoreThan64BitsIsRefused() {
    let ones = [UInt8](repeating: 0xFF, count: 9)
    for bytes in [ones + [0x02], ones + [0x81, 0x00], ones + ones] {
      var position = 0
      #expect(bytes.withUnsafeBytes { Varint.read($0, at: &position) } == nil)
    }
  }

  @Test func zigzagMakesSmallNumbersOfEitherSignShort() {
    #expect([0, -1, 1, -2, 2].map(Varint.zigzag) == [0, 1, 2, 3, 4])
    for value in [Int64.min, Int64.min + 1, -1, 0, 1, Int64.max] {
      #expect(Varint.unzigzag(Varint.zigzag(value)) == value)
    }
  }

  @Test func everyFormOfRecordIsReadBackAsItWasAppended() throws {
    let temporary = TemporaryStore()
    let store = try temporary.open()
    let headers = [
      RecordHeader("", ""), RecordHeader("", bytes: nil), RecordHeader("null", bytes: nil),
      RecordHeader("name", bytes: [0, 255]), RecordHeader("ü", ""),
    ]
    var records: [TestRecord] = []
    for kind in [RecordKind.data, .control] {
      for key in [nil, [], [0], [UInt8](repeating: 7, count: 300)] as [[UInt8]?] {
        for value in [nil, [], [1, 0, 1], [UInt8](repeating: 9, count: 70_000)] as [[UInt8]?] {
          for time in [Int64.min, 0, Int64.max] {
            records.append(
              TestRecord(
                kind: kind, eventTime: time, key: key, value: value,
                headers: key == nil ? [] : headers))
          }
        }
      }
    }
    try store.append(encode(records))
    #expect(try store.records().map(\.record) == records)
    #expect(try store.verify(deep: true).faults == [])
  }

  @Test func aBatchBoundaryChangesNothingInWhatIsRead() throws {
    var generator = SeededGenerator(seed: 2)
    let records = (0..<50).map { index in
      TestRecord(eventTime: Int64(index * 1000), key: [UInt8(index)], value: generator.bytes(index))
    }
    for size in [1, 2, 7, 49, 50] {
      let temporary = TemporaryStore()
      let store = try temporary.open()
      try store.write { transaction in
        try transaction.createTopic("t")
        for start in stride(from: 0, to: records.count, by: size) {
          let part = Array(records[start..<min(start + size, records.count)])
          try transaction.append(encode(part), to: "t")
        }
      }
      for start in 0...records.count {
        let read = try store.records(from: Offset(Int64(start)))
        #expect(read.map(\.record) == Array(records[start...]))
        #expect(read.map(\.offset.rawValue) == Array(Int64(start)..<50))
      }
    }
  }

  @Test func aBatchThatCouldNotBeReadBackIsRefusedAtAppend() throws {
    let temporary = TemporaryStore()
    let store = try temporary.open()
    let builder = RecordBatchBuilder()
    let value = [UInt8](repeating: 0, count: Limits.recordBytesMax)
    for _ in 0..<(Limits.batchBytesMax / Limits.recordBytesMax) {
      builder.append(eventTime: 0, key: nil, value: value)
    }
    let batch = builder.take()!
    let error = #expect(throws: StoreError.self) { try store.append(batch) }
    #expect(error?.code == .invalid)
  }
}
