// Rows up to the greatest length and beyond: judged the same however they are cut, in bounded memory.

@testable import Observations
import Testing

@Suite struct CSVLongRowTests {
  private let header = Array("STATION,DATE,TMP,NAME\n".utf8)
  private let good = Array("1,2022-06-24T08:00:00,\"+0123,1\",\n".utf8)
  private let rowBytesMax = GlobalHourlyDecoder.rowBytesMax

  /// A row of so many bytes, with a long NAME.
  private func row(_ byteCount: Int, filler: UInt8 = UInt8(ascii: "n")) -> [UInt8] {
    let start = Array("1,2022-06-24T08:00:00,\"+0123,1\",".utf8)
    return start + [UInt8](repeating: filler, count: byteCount - start.count)
  }

  private func pieces(_ byteCount: Int, of size: Int) -> [Int] {
    [Int](repeating: size, count: byteCount / size)
  }

  @Test(arguments: ["\n", "\r\n", ""])
  func theGreatestLengthIsTheLastAccepted(ending: String) {
    for (byteCount, isAccepted) in [(rowBytesMax, true), (rowBytesMax + 1, false)] {
      let bytes = header + row(byteCount) + Array(ending.utf8)
      let rows = decodedWhole(bytes)
      // Without its end the unquoted last field may go on.
      let judged = ending.isEmpty ? "2! truncated-line unended" : "2: "
      #expect(rows.count == 1 && rows[0].hasPrefix(isAccepted ? judged : "2! line-too-long of"))
      // The end of the row and of its terminator fall on every side of a cut.
      for last in 1...4 {
        #expect(decoded(bytes, pieces: [bytes.count - last, 1, 1]) == rows)
      }
      #expect(decoded(bytes, pieces: pieces(bytes.count, of: 65_536)) == rows)
    }
  }

  @Test func aHeaderThatIsTooLongIsRefusedHoweverItIsCut() {
    let bytes = header.dropLast() + [UInt8](repeating: UInt8(ascii: "x"), count: rowBytesMax) + [10]
    let expected = ["failure: this is not CSV: no header line"]
    #expect(decodedWhole(Array(bytes)) == expected)
    #expect(decoded(Array(bytes), pieces: pieces(bytes.count, of: 65_536)) == expected)
  }

  @Test(arguments: [true, false])
  func aHundredMegabytesInOneLineAreOneRejectionInBoundedMemory(isQuoted: Bool) throws {
    let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
    var decoder = GlobalHourlyDecoder()
    var rejections: [(line: Int, byteCount: Int, keptCount: Int, reason: RejectionReason)] = []
    var accepted = 0
    func onRow(_ row: DecodedRow) {
      switch row.content {
      case .observation: accepted += 1
      case .rejected(let reason):
        rejections.append((row.line, row.byteCount, row.bytes.count, reason))
      }
    }
    func feed(_ bytes: [UInt8]) throws {
      try bytes.withUnsafeBytes { try decoder.decode($0, onRow) }
      #expect(decoder.keptByteCount <= rowBytesMax + 2 * 65_536)
    }
    try feed(header + (isQuoted ? [0x22] : []))
    for _ in 0..<1600 { try feed(chunk) }
    try feed([10] + good)
    try decoder.finish(onRow)
    #expect(accepted == 1)
    #expect(rejections.count == 1)
    #expect(rejections.first?.line == 2)
    #expect(rejections.first?.byteCount == 1600 * 65_536 + (isQuoted ? 1 : 0))
    #expect(rejections.first?.keptCount == GlobalHourlyDecoder.keptBytesMax)
    #expect(rejections.first?.reason == .lineTooLong)
  }

  @Test func aFileThatEndsInALineThatIsTooLongRejectsIt() {
    let bytes = header + row(rowBytesMax + 77)
    let rows = [
      "2! line-too-long of \(rowBytesMax + 77) bytes unended 1,2022-06-24T08:00:00,\"+0123,1\",nnnnnnnn"
    ]
    #expect(decodedWhole(bytes) == rows)
    #expect(decoded(bytes, pieces: pieces(bytes.count, of: 65_536)) == rows)
  }

  /// With work for every piece in proportion to what is kept, this would take minutes.
  @Test(.timeLimit(.minutes(1)))
  func anUnclosedQuoteInSmallPiecesCostsNoRescans() {
    // One unclosed quote, then lines without any, up to the greatest length and beyond.
    let lines = Array("1,2022-06-24T08:00:00,+0123 1,\n".utf8)
    let bytes = header + [0x22] + (0..<40_000).flatMap { _ in lines }
    let rows = decoded(bytes, pieces: pieces(bytes.count, of: 16))
    #expect(rows.count == 40_000)
    #expect(rows.first == "2! malformed-quote \"1,2022-06-24T08:00:00,+0123 1,")
    #expect(rows.last == "40001! bad-temperature 1,2022-06-24T08:00:00,+0123 1,")
  }
}
