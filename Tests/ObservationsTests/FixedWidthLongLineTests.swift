// Lines up to the greatest length and beyond: judged the same however they are cut, in bounded memory.

import Testing

@testable import Observations

@Suite struct FixedWidthLongLineTests {
  private let good = Array((ISDText().text + "\n").utf8)
  private let lineBytesMax = ISDRecordReader.lineBytesMax

  private func line(_ byteCount: Int) -> [UInt8] {
    Array("9999".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: byteCount - 4)
  }

  @Test(arguments: ["\n", "\r\n", ""])
  func theGreatestLengthIsTheLastReadWhole(ending: String) {
    let unended = ending.isEmpty ? " unended" : ""
    for byteCount in [lineBytesMax, lineBytesMax + 1, lineBytesMax + 2] {
      let bytes = line(byteCount) + Array(ending.utf8)
      let rows = decodedWhole(bytes) { FixedWidthDecoder(ISDRecordReader()) }
      let isLong = byteCount > lineBytesMax
      let length = byteCount + (ending == "\r\n" ? 1 : 0)
      let verdict = isLong ? "line-too-long of \(length) bytes" : "bad-station"
      #expect(rows.count == 1)
      #expect(rows.first?.hasPrefix("1! \(verdict)\(unended) 9999xxx") == true)
      for last in 1...4 {
        #expect(
          decoded(bytes, pieces: [bytes.count - last, 1, 1]) {
            FixedWidthDecoder(ISDRecordReader())
          } == rows)
      }
      let pieces = [Int](repeating: 1000, count: bytes.count / 1000)
      #expect(decoded(bytes, pieces: pieces) { FixedWidthDecoder(ISDRecordReader()) } == rows)
    }
  }

  @Test func theLongestRecordIsAnObservation() {
    var text = ISDText()
    text.more = String(repeating: "x", count: 9999)
    #expect(
      decodedWhole(Array(text.text.utf8)) { FixedWidthDecoder(ISDRecordReader()) } == [
        "1: \(ISDText.json()) unended"
      ])
  }

  @Test func aLineEndsAtItsNewlineHoweverLongItIs() {
    let bytes = line(50_000) + [10] + good
    let rows = decodedWhole(bytes) { FixedWidthDecoder(ISDRecordReader()) }
    #expect(rows.count == 2)
    #expect(rows.last == "2: \(ISDText.json())")
    #expect(decodedByteByByte(bytes) { FixedWidthDecoder(ISDRecordReader()) } == rows)
  }

  @Test func aHundredMegabytesInOneLineAreOneRejectionInBoundedMemory() throws {
    let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
    var decoder = FixedWidthDecoder(ISDRecordReader())
    var rejections: [(line: Int, byteCount: Int, keptCount: Int, reason: RejectionReason)] = []
    var accepted = 0
    func onRow(_ row: DecodedRow) {
      switch row.content {
      case .observation: accepted += 1
      case .rejected(let reason):
        rejections.append((row.line, row.byteCount, row.bytes.count, reason))
      }
    }
    for _ in 0..<1600 {
      try chunk.withUnsafeBytes { try decoder.decode($0, onRow) }
      #expect(decoder.keptByteCount <= lineBytesMax + 1)
    }
    try ([10] + good).withUnsafeBytes { try decoder.decode($0, onRow) }
    try decoder.finish(onRow)
    #expect(accepted == 1)
    #expect(rejections.count == 1)
    #expect(rejections.first?.line == 1)
    #expect(rejections.first?.byteCount == 1600 * 65_536)
    #expect(rejections.first?.keptCount == FixedWidth.keptBytesMax)
    #expect(rejections.first?.reason == .lineTooLong)
  }
}
