// Emissions come back from their bytes, and nothing else is taken for one.

import Aggregation
import TestSupport
import Testing

@Suite struct WindowResultDecoderTests {
  private func random(_ random: inout SeededGenerator) -> WindowResult {
    var accumulator = Accumulator()
    for _ in 0..<Int.random(in: 1...9, using: &random) {
      accumulator.add(Int16.random(in: -932...618, using: &random))
    }
    let keys = ["", "72530094846", "A \"B\" \\ é", "01006099999"]
    return WindowResult(
      key: Array(keys.randomElement(using: &random)!.utf8),
      hour: Int64.random(in: -600_000...600_000, using: &random), accumulator: accumulator,
      revision: Int64.random(in: 0...1_000_000, using: &random), isFinal: random.oneIn(2))
  }

  private func read(_ bytes: [UInt8]) -> WindowResult? {
    bytes.withUnsafeBytes { WindowResult(value: $0) }
  }

  @Test(arguments: SeededGenerator.seeds(20))
  func whatWasWrittenIsReadBack(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let result = random(&generator)
      var bytes: [UInt8] = []
      result.appendValue(to: &bytes)
      #expect(read(bytes) == result, "seed \(seed)")
      // Any other bytes are either refused or read as what they say.
      var damaged = bytes
      damaged[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
      if let other = read(damaged) {
        var again: [UInt8] = []
        other.appendValue(to: &again)
        #expect(again == damaged, "seed \(seed)")
      }
      #expect(read(Array(bytes.dropLast())) == nil && read(bytes + [0x20]) == nil)
    }
  }

  @Test(arguments: ["", "{}", "{\"datetime\":{\"start\":\"2022-06-24T08:00:00.000Z\"}}"])
  func othersAreNot(text: String) {
    #expect(read(Array(text.utf8)) == nil)
  }
}
