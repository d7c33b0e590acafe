// Gzip files come out whole, however they are cut, and what is wrong with one is noticed.

import TestSupport
import Testing

@testable import Unpacking

@Suite struct GzipInflaterTests {
  /// Rows like a station's, and bytes that hardly compress.
  private func content(_ byteCount: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      bytes +=
        random.oneIn(4)
        ? (0..<30).map { _ in UInt8.random(in: 0...255, using: &random) }
        : Array("\"72530094846\",\"2014-01-01T00:51:00\",\"+0\(bytes.count % 300),1\"\n".utf8)
    }
    return Array(bytes[..<byteCount])
  }

  @Test func buffersAndPiecesOfEverySizeGiveTheSame() throws {
    let bytes = content(700)
    for packed in [try gzip(bytes), storedMember(bytes, name: "a")] {
      let whole = Inflated(bytes: bytes)
      for piece in 1...min(80, packed.count) {
        for buffer in [1, 13, 700, 4096] {
          let result = inflated(packed, pieceByteCount: piece, bufferByteCount: buffer)
          #expect(result == whole, "pieces of \(piece), a buffer of \(buffer)")
        }
      }
      for buffer in 1...(bytes.count + 1) {
        for piece in [7, packed.count] {
          let result = inflated(packed, pieceByteCount: piece, bufferByteCount: buffer)
          #expect(result == whole, "pieces of \(piece), a buffer of \(buffer)")
        }
      }
    }
  }

  @Test(arguments: [1, 6, 9]) func largeFilesComeOutWhole(level: Int) throws {
    // More than the greatest distance back, 32 KiB, and than what is supplied at once.
    let bytes = content(400_000)
    let packed = try gzip(bytes, level: level)
    for (piece, buffer) in [(65_536, 262_144), (1000, 777), (4096, 32_768), (65_536, 400_000)] {
      let result = inflated(packed, pieceByteCount: piece, bufferByteCount: buffer)
      #expect(result == Inflated(bytes: bytes), "pieces of \(piece), a buffer of \(buffer)")
    }
  }

  @Test func membersFollowOneAnotherAndZerosMayFollowThem() throws {
    let parts = [content(0), content(100, seed: 2), content(0), content(3000, seed: 3)]
    let packed = try parts.flatMap { try gzip($0) } + storedMember([]) + [0, 0, 0]
    let whole = Inflated(bytes: parts.flatMap(\.self))
    for piece in 1...100 {
      #expect(inflated(packed, pieceByteCount: piece, bufferByteCount: 50) == whole)
    }
    let both = packed + storedMember(Array("more".utf8))
    #expect(inflated(both).bytes == whole.bytes + Array("more".utf8))
  }

  @Test func aCutIsNoticedEverywhereButBetweenMembers() throws {
    let first = try gzip(Array("first\n".utf8))
    let second = storedMember(
      Array("second\n".utf8), extra: [1, 2], name: "n", hasHeaderCheck: true)
    let both = first + second
    for count in 0..<both.count {
      for piece in [1, 1000] {
        let cut = Array(both[..<count])
        let result = inflated(cut, pieceByteCount: piece, bufferByteCount: 100)
        #expect(result.end == (count == first.count ? .whole : .early), "\(count) bytes")
        #expect((Array("first\nsecond\n".utf8)).starts(with: result.bytes))
      }
    }
  }

  @Test func everyDamageToAByteIsNoticedOrChangesNothing() throws {
    let bytes = content(150)
    var sameCount = 0
    for packed in [try gzip(bytes), try gzip([]) + storedMember(bytes, hasHeaderCheck: true)] {
      for index in packed.indices {
        for value in UInt8.min...UInt8.max where value != packed[index] {
          var damaged = packed
          damaged[index] = value
          let result = inflated(damaged, pieceByteCount: 1000, bufferByteCount: 500)
          guard result.end == .whole else { continue }
          sameCount += 1
          #expect(result.bytes == bytes, "byte \(index) is \(value)")
        }
      }
    }
    // Nothing covers a header's time stamp and name.
    #expect(sameCount > 1000)
  }

  @Test func garbageAfterAMemberIsToldFromDamage() throws {
    let bytes = content(100)
    let packed = try gzip(bytes)
    for garbage in ["x", "PK", "\u{1F}x", "\0\0x", "\u{1F}\u{1F}"] {
      for piece in [1, 2, 1000] {
        let result = inflated(
          packed + Array(garbage.utf8), pieceByteCount: piece, bufferByteCount: 64)
        #expect(result == Inflated(bytes: bytes, end: .garbage), "\(garbage.debugDescription)")
      }
    }
    #expect(inflated(Array("text".utf8)).end == .damaged("they are not gzip"))
    #expect(inflated([0, 0] + packed).end == .damaged("they are not gzip"))
  }

  @Test func headersMayHaveEveryPart() {
    let bytes = Array("content".utf8)
    for parts in 0..<32 {
      let member = storedMember(
        bytes,
        extra: parts & 1 == 0 ? nil : parts & 16 == 0 ? [] : [UInt8](repeating: 0, count: 300),
        name: parts & 2 == 0 ? nil : "file.csv", comment: parts & 4 == 0 ? nil : "",
        hasHeaderCheck: parts & 8 != 0)
      for piece in [1, 2, 3, 5, 1000] {
        let result = inflated(member, pieceByteCount: piece, bufferByteCount: 64)
        #expect(result == Inflated(bytes: bytes), "parts \(parts), pieces of \(piece)")
      }
      guard parts & 8 != 0 else { continue }
      for index in 2..<(member.count - bytes.count - 13) {
        var damaged = member
        damaged[index] ^= 1
        #expect(inflated(damaged).bytes != bytes, "parts \(parts), byte \(index)")
      }
    }
  }

  @Test func whatIsWrongIsSaid() throws {
    let packed = try gzip(content(100))
    func end(_ change: (inout [UInt8]) -> Void) -> Inflated.End {
      var damaged = packed
      change(&damaged)
      return inflated(damaged).end
    }
    let checksum = Inflated.End.damaged("their checksum or length is another")
    #expect(end { $0[packed.count - 1] ^= 1 } == checksum)
    #expect(end { $0[packed.count - 8] ^= 1 } == checksum)
    #expect(end { $0[2] = 9 } == .damaged("their method is 9, not deflate"))
    #expect(end { $0[3] |= 0x20 } == .damaged("the header has unknown flags"))
  }

  @Test(arguments: SeededGenerator.seeds(100))
  func randomDamageNeverGivesOtherBytesAsWhole(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = content(Int.random(in: 0...3000, using: &random), seed: seed)
    let packed = try gzip(bytes, level: Int.random(in: 1...9, using: &random))
    for _ in 0..<40 {
      var damaged = packed
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        // The header has a name, which nothing covers; most of the rest is the body.
        let place = Int.random(in: 0..<damaged.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
        case 1: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default: if damaged.count > 20 { damaged.remove(at: place) }
        }
      }
      let result = inflated(
        damaged, pieceByteCount: Int.random(in: 1...500, using: &random),
        bufferByteCount: Int.random(in: 1...4000, using: &random))
      #expect(result.end != .whole || result.bytes == bytes)
      #expect(inflated(damaged) == result || result.end != .whole)
    }
  }
}
