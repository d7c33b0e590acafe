// Figures as text, against values worked out by hand.

import Aggregation
import TestSupport
import Testing

private func text(_ append: (inout [UInt8]) -> Void) -> String {
  var bytes: [UInt8] = []
  append(&bytes)
  return String(decoding: bytes, as: UTF8.self)
}

@Suite struct FigureTests {
  @Test(arguments: [
    ([Int16(1), 2], "0.150000", "0.15"), ([-1, 0, 0], "-0.033333", "-0.033333"),
    ([1, 1, 0], "0.066667", "0.066667"), ([-400, 400], "0.000000", "0.0"),
    ([-932], "-93.200000", "-93.2"), ([618, 618], "61.800000", "61.8"),
    ([-10], "-1.000000", "-1.0"),
    ([-1, 0, 0, 0, 0, 0, 0], "-0.014286", "-0.014286"),
  ])
  func meansAreRoundedFromIntegers(_ tenths: [Int16], _ long: String, _ short: String) {
    var accumulator = Accumulator()
    for value in tenths { accumulator.add(value) }
    #expect(text { FigureText.appendMillionths(accumulator.meanMillionths, to: &$0) } == long)
    #expect(text { FigureText.appendShortMillionths(accumulator.meanMillionths, to: &$0) } == short)
  }

  @Test(arguments: [(1, 64, 1562), (3, 64, 4688), (-1, 64, -1562), (-3, 64, -4688), (5, 64, 7812)])
  func aTieGoesToTheEvenNeighbour(_ sum: Int64, _ count: Int64, _ millionths: Int64) {
    var accumulator = Accumulator()
    accumulator.count = count
    accumulator.sumTenths = sum
    #expect(accumulator.meanMillionths == millionths)
  }

  @Test(arguments: [
    (Int64(0), "0.0"), (5, "0.5"), (-5, "-0.5"), (-932, "-93.2"), (618, "61.8"), (10, "1.0"),
  ])
  func tenthsKeepTheirSign(_ tenths: Int64, _ expected: String) {
    #expect(text { FigureText.appendTenths(tenths, to: &$0) } == expected)
  }

  @Test(arguments: [Int64.min, -1_000_000, -10, -1, 0, 1, 9, 10, 99, 100, 1_000_000, Int64.max])
  func wholeNumbersAreWrittenInFull(_ value: Int64) {
    #expect(text { FigureText.append(value, to: &$0) } == String(value))
    let long = text { FigureText.appendMillionths(value, to: &$0) }
    #expect(Int64(long.replacing(".", with: "")) == value)
  }

  @Test(arguments: SeededGenerator.seeds(50))
  func mergingIsAddingInAnyOrder(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let values = (0..<100).map { _ in Int16.random(in: -932...618, using: &random) }
    var whole = Accumulator()
    for value in values { whole.add(value) }
    var parts = [Accumulator](repeating: Accumulator(), count: 4)
    for value in values.shuffled(using: &random) {
      parts[Int.random(in: 0..<4, using: &random)].add(value)
    }
    var merged = Accumulator()
    for part in parts.shuffled(using: &random) { merged.merge(part) }
    #expect(merged == whole)
  }
}
