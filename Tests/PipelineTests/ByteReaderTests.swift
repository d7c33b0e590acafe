// A file's bytes come out whole, whatever buffer they are read into, and no cut goes unnoticed.

import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite struct ByteReaderTests {
  private func read(_ path: String, bufferByteCount: Int) throws -> [UInt8] {
    let reader = try ByteReader(path: path, name: path)
    var buffer = [UInt8](repeating: 0, count: bufferByteCount)
    var bytes: [UInt8] = []
    while true {
      let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Text that compresses well in its first part, and hardly in its second.
  private func content(_ byteCount: Int) -> [UInt8] {
    var random = SeededGenerator(seed: 1)
    return (0..<byteCount).map {
      $0 < byteCount / 2 ? UInt8(ascii: "x") : UInt8.random(in: 0...255, using: &random)
    }
  }

  @Test func inflatedBytesComeOutWholeInBuffersOfAnySize() throws {
    let work = try Workspace()
    let bytes = content(200_000)
    let packed = try gzip(bytes, in: work.folder)
    let path = try work.write("a.gz", packed)
    // Among them such as end together with the output, or with a compressed buffer.
    for size in [10, 100, 4096, 50_000, 65_536, 99_999, 100_000, 200_000, 200_001, 400_000] {
      let isSame = try read(path, bufferByteCount: size) == bytes
      #expect(isSame, "a buffer of \(size)")
    }
  }

  @Test func membersFollowOneAnotherWhereverTheBufferEnds() throws {
    let work = try Workspace()
    let parts = [0, 1, 64, 1000].map { content($0) }
    let packed = try parts.map { try gzip($0, in: work.folder) }
    let path = try work.write("a.gz", packed.flatMap(\.self) + [0, 0, 0])
    for size in 10...80 {
      let isSame = try read(path, bufferByteCount: size) == parts.flatMap(\.self)
      #expect(isSame, "a buffer of \(size)")
    }
  }

  @Test func aCutIsNoticedEverywhereButBetweenMembers() throws {
    let work = try Workspace()
    let first = try gzip(Array("first\n".utf8), in: work.folder)
    let both = try first + gzip(Array("second\n".utf8), in: work.folder)
    for count in 2..<both.count {
      let path = try work.write("a.gz", Array(both[..<count]))
      if count == first.count {
        #expect(try read(path, bufferByteCount: 100) == Array("first\n".utf8))
      } else {
        let failure = #expect(throws: InputFailure.self, "\(count) of \(both.count) bytes") {
          try read(path, bufferByteCount: 100)
        }
        #expect(failure?.message.contains("end early") == true)
      }
    }
  }

  @Test func aFlippedByteIsNoticedOrChangesNothing() throws {
    let work = try Workspace()
    let bytes = content(500)
    let packed = try gzip(bytes, in: work.folder)
    var noticedCount = 0
    for index in 2..<packed.count {
      var damaged = packed
      damaged[index] ^= 0x10
      let path = try work.write("a.gz", damaged)
      do {
        let isSame = try read(path, bufferByteCount: 100) == bytes
        #expect(isSame, "byte \(index)")
      } catch is InputFailure {
        noticedCount += 1
      }
    }
    // Nothing covers the header's time stamp and name, and the last bits before the checksum.
    #expect(noticedCount > 250, "of \(packed.count)")
  }

  @Test func whatFollowsAWholeMemberIsNamedAndTheMemberCounts() throws {
    let work = try Workspace()
    let text = CSV.file("A", count: 20)
    let packed = try gzip(Array(text.utf8), in: work.folder)
    let path = try work.write("a.csv.gz", packed + Array("junk".utf8))
    let summary = try work.ingest([path])
    #expect(summary.recordCount == 20)
    #expect(summary.failures.map(\.message) == ["the gzip data are followed by something else"])
    // The whole file adds nothing.
    try work.write("a.csv.gz", packed)
    #expect(try work.ingest([path]).recordCount == 0)
  }
}
