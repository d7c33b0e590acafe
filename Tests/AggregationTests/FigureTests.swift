// Figures as text, against values worked out by hand.

import Aggregation
import Testing

@Suite struct FigureTests {
  @Test(arguments: [
    ([Int16(1), 2], "0.150000"), ([-1, 0, 0], "-0.033333"), ([1, 1, 0], "0.066667"),
    ([-400, 400], "0.000000"),
  ])
  func meansAreRoundedFromIntegers(_ tenths: [Int16], _ text: String) {
    var accumulator = Accumulator()
    for value in tenths { accumulator.add(value) }
    var bytes: [UInt8] = []
    FigureText.appendMillionths(accumulator.meanMillionths, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test func aDayBlockSurvivesItsEncoding() {
    var block = DayBlock()
    block.slots[5].accumulator.add(-932)
    block.slots[5].accumulator.add(618)
    block.slots[5].firstOffset = 7
    block.slots[5].lastOffset = 900
    block.slots[5].revision = 3
    block.slots[5].isChanged = true
    #expect(block.encoded().withUnsafeBytes { DayBlock($0) } == block)
  }
}
