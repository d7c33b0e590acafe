// Lines are the same however their bytes arrive.

import TestSupport
import Testing

@testable import Sockets

@Suite struct LineSplitterTests {
  private struct Split: Equatable {
    var lines: [String] = []
    var rest: [String] = []
  }

  private func split(_ pieces: [ArraySlice<UInt8>], max: Int = 10) -> Split {
    var splitter = LineSplitter(byteCountMax: max)
    var result = Split()
    let text = { (line: LineSplitter.Line) in
      String(decoding: line.bytes, as: UTF8.self) + (line.isCut ? "…" : "")
    }
    for piece in pieces {
      Array(piece).withUnsafeBytes { splitter.take($0) { result.lines.append(text($0)) } }
    }
    splitter.finish { result.rest.append(text($0)) }
    return result
  }

  @Test(
    arguments: [
      ("", [], []), ("a\n", ["a"], []), ("a\r\n\nb", ["a", ""], ["b"]), ("\n\n", ["", ""], []),
      ("0123456789\n01234567890\nx\n", ["0123456789", "0123456789…", "x"], []),
      ("0123456789\r\n", ["0123456789…"], []), ("01234567890123", [], ["0123456789…"]),
      ("ü\n\u{0}\n", ["ü", "\u{0}"], []),
    ] as [(String, [String], [String])])
  func linesAreCutAtNewlines(_ input: (text: String, lines: [String], rest: [String])) {
    let bytes = Array(input.text.utf8)
    let expected = Split(lines: input.lines, rest: input.rest)
    #expect(split([bytes[...]]) == expected)
    #expect(split(bytes.indices.map { bytes[$0...$0] }) == expected)
    for cut in 0...bytes.count { #expect(split([bytes[..<cut], bytes[cut...]]) == expected) }
  }

  @Test(arguments: SeededGenerator.seeds(100))
  func randomPiecesGiveTheLinesOfTheWhole(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = (0..<300).map { _ in
      random.oneIn(6) ? 10 : random.oneIn(20) ? 13 : UInt8.random(in: 97...122, using: &random)
    }
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Int.random(in: 0...20, using: &random))
      pieces.append(bytes[start..<end])
      start = end
    }
    #expect(split(pieces) == split([bytes[...]]))
  }
}
