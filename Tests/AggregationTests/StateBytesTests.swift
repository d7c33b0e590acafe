// State as bytes: it survives its encoding, and damage is refused, never a crash.

@testable import Aggregation
import Observations
import TestSupport
import Testing

@Suite struct StateBytesTests {
  private static func block(_ random: inout SeededGenerator) -> DayBlock {
    var block = DayBlock()
    for hour in 0..<24 where random.oneIn(2) {
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        block.slots[hour].accumulator.add(Int16.random(in: -932...618, using: &random))
      }
      block.slots[hour].firstOffset = Int64.random(in: 0...(1 << 40), using: &random)
      block.slots[hour].lastOffset =
        block.slots[hour].firstOffset + Int64.random(in: 0...1_000_000, using: &random)
      block.slots[hour].revision = Int64.random(in: 0...300, using: &random)
      block.slots[hour].isChanged = Bool.random(using: &random)
    }
    return block
  }

  @Test(arguments: SeededGenerator.seeds(100))
  func aDayBlockSurvivesItsEncoding(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let block = Self.block(&random)
    #expect(block.encoded().withUnsafeBytes { DayBlock($0) } == block)
  }

  @Test(arguments: SeededGenerator.seeds(100))
  func aDamagedDayBlockIsRefusedOrDecodesToWhatEncodesAgain(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = Self.block(&random).encoded()
    for _ in 0..<200 where !bytes.isEmpty {
      var damaged = bytes
      let place = Int.random(in: damaged.indices, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
      case 1: damaged.removeSubrange(place...)
      default: damaged.insert(UInt8.random(in: 0x80...255, using: &random), at: place)
      }
      guard let block = damaged.withUnsafeBytes({ DayBlock($0) }) else { continue }
      #expect(block.encoded().withUnsafeBytes { DayBlock($0) } == block)
    }
  }

  @Test(arguments: SeededGenerator.seeds(50))
  func randomBytesNeverCrashADayBlock(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let count = Int.random(in: 0...40, using: &random)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      guard let block = bytes.withUnsafeBytes({ DayBlock($0) }) else { continue }
      #expect(block.encoded().withUnsafeBytes { DayBlock($0) } == block)
    }
  }

  // Hour, flags, count, sum, min, max (zigzag), revision, first offset, offsets' span.
  @Test(
    arguments: [
      [0], [24, 0, 1, 2, 2, 2, 0, 0, 0], [0, 4, 1, 2, 2, 2, 0, 0, 0], [0, 0, 0, 2, 2, 2, 0, 0, 0],
      [0, 0, 1, 2, 2, 2, 0, 0], [0, 0, 1, 2, 2, 2, 0, 0, 0, 7],
      // A minimum above the maximum; a sum that one such temperature can't have.
      [0, 0, 1, 2, 4, 2, 0, 0, 0], [0, 0, 1, 4, 2, 2, 0, 0, 0],
      // The same hour twice; hours that go back.
      [3, 0, 1, 2, 2, 2, 0, 0, 0, 3, 0, 1, 2, 2, 2, 0, 0, 0],
      [3, 0, 1, 2, 2, 2, 0, 0, 0, 2, 0, 1, 2, 2, 2, 0, 0, 0],
      // An offset beyond what fits, a number that does not end, a negative revision.
      [0, 0, 1, 2, 2, 2, 0] + [255, 255, 255, 255, 255, 255, 255, 255, 127, 1],
      [0, 0, 1, 2, 2, 2, 0] + [UInt8](repeating: 255, count: 20),
      [0, 0, 1, 2, 2, 2] + [255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0],
    ] as [[UInt8]])
  func whatNoDayBlockCanBeIsRefused(_ bytes: [UInt8]) {
    #expect(bytes.withUnsafeBytes { DayBlock($0) } == nil)
  }

  @Test func theSmallestDayBlockDecodes() {
    let bytes: [UInt8] = [5, 1, 1, 2, 2, 2, 0, 0, 0]
    let block = bytes.withUnsafeBytes { DayBlock($0) }
    #expect(block?.slots[5].accumulator.sumTenths == 1)
    #expect(block?.isPending == true)
    #expect([].withUnsafeBytes { DayBlock($0) } == DayBlock())
  }

  @Test func progressSurvivesItsEncoding() {
    var progress = AggregationProgress()
    #expect(AggregationProgress(progress.encoded()) == progress)
    progress.acceptedCount = 12
    progress.lateCount = 3
    progress.clock.latestEventSeconds = -2_177_431_200
    progress.originOffset = 7
    progress.hourlyOutputOrigin = 8
    progress.stationOutputOrigin = 9
    progress.revisionOrigin = 10
    progress.revisionMax = 11
    for (index, reason) in RejectionReason.allCases.enumerated() {
      progress.rejectedCounts[reason] = Int64(index + 1)
    }
    #expect(AggregationProgress(progress.encoded()) == progress)
    #expect(progress.encoded() == progress.encoded())
  }

  @Test func progressThatIsCutOrStrangeIsRefused() {
    var progress = AggregationProgress()
    progress.acceptedCount = 12
    let text = String(decoding: progress.encoded(), as: UTF8.self)
    for count in 0..<text.utf8.count - 1 {
      #expect(AggregationProgress(Array(text.utf8.prefix(count))) == nil)
    }
    for line in ["", "x 1", "accepted 1", "accepted", "latest-event x", "rejected/x 1", "late  1"] {
      #expect(AggregationProgress(Array((text + "\n" + line).utf8)) == nil)
    }
    #expect(AggregationProgress(Array(text.utf8) + [10, 0xFF]) == nil)
  }
}
