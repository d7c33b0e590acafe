// The aggregator against a model, over random logs; and that saving, forgetting and starting again
// anywhere change nothing.

@testable import Aggregation
import Observations
import TestSupport
import Testing

@Suite struct HourlyAggregatorTests {
  private func aggregator(
    _ stream: HourlyStream, _ progress: AggregationProgress, _ source: StoredBlocks,
    pending: [(key: [UInt8], day: Int64)]
  ) throws -> HourlyAggregator {
    let result = try HourlyAggregator(
      rule: stream.rule, progress: progress, source: source, pending: pending)
    result.changedWindowsMax = stream.changedWindowsMax
    result.olderBlocksMax = 3
    return result
  }

  @Test(arguments: SeededGenerator.seeds(300))
  func emissionsRefusalsAndCountsAreTheModels(seed: UInt64) throws {
    let stream = HourlyStream(seed: seed)
    var model = HourlyModel(rule: stream.rule, changedWindowsMax: stream.changedWindowsMax)
    let subject = try aggregator(stream, AggregationProgress(), StoredBlocks(), pending: [])
    var output = Emissions()
    for (offset, event) in stream.events.enumerated() {
      model.apply(event, offset: Int64(offset))
      try subject.apply(event, offset: Int64(offset), to: &output)
    }
    model.apply(.control(.flush, appended: 0), offset: Int64(stream.events.count))
    try subject.flush(to: &output)
    #expect(output.lines == model.emissions)
    #expect(output.rejections == model.rejections)
    #expect(subject.progress.acceptedCount == model.acceptedCount)
    #expect(subject.progress.lateCount == model.lateCount)
    #expect(subject.progress.rejectedCount == Int64(model.rejections.count))
    #expect(
      subject.progress.clock
        == EventClock(latestEventSeconds: model.latest, idleSeconds: model.idle))
    #expect(!model.emissions.isEmpty && !model.rejections.isEmpty)
  }

  @Test(arguments: SeededGenerator.seeds(300))
  func savesCrashesAndForgettingChangeNoByte(seed: UInt64) throws {
    let stream = HourlyStream(seed: seed)
    var whole = Emissions()
    let uninterrupted = try aggregator(stream, AggregationProgress(), StoredBlocks(), pending: [])
    for (offset, event) in stream.events.enumerated() {
      try uninterrupted.apply(event, offset: Int64(offset), to: &whole)
    }

    var random = SeededGenerator(seed: seed &+ 1_000_000)
    let store = StoredBlocks()
    var saved = (next: 0, progress: AggregationProgress().encoded(), bytes: [UInt8]())
    var subject = try aggregator(stream, AggregationProgress(), store, pending: [])
    var output = Emissions()
    var crashesLeft = 40
    var next = 0
    while next < stream.events.count {
      try subject.apply(stream.events[next], offset: Int64(next), to: &output)
      next += 1
      if random.oneIn(7) {
        let expectedCount = subject.changedBlockCount
        var count = 0
        try subject.takeChangedBlocks {
          store.save($0)
          count += 1
        }
        #expect(count == expectedCount && subject.changedBlockCount == 0)
        saved = (next, subject.progress.encoded(), saved.bytes + output.bytes)
        output = Emissions()
      }
      if random.oneIn(3) { subject.trimCache() }
      if crashesLeft > 0, random.oneIn(15) {
        crashesLeft -= 1
        let progress = try #require(AggregationProgress(saved.progress))
        let pending = store.pending.shuffled(using: &random)
        subject = try aggregator(stream, progress, store, pending: pending + pending.prefix(1))
        output = Emissions()
        next = saved.next
      }
    }
    #expect(saved.bytes + output.bytes == whole.bytes)
    #expect(subject.progress == uninterrupted.progress)
  }

  @Test func savedBlocksComeInTheOrderOfKeyAndDay() throws {
    let stream = HourlyStream(seed: 7)
    let subject = try aggregator(stream, AggregationProgress(), StoredBlocks(), pending: [])
    var output = Emissions()
    for (offset, event) in stream.events.enumerated() {
      try subject.apply(event, offset: Int64(offset), to: &output)
    }
    var blocks: [(key: [UInt8], day: Int64)] = []
    try subject.takeChangedBlocks { blocks.append(($0.key, $0.day)) }
    #expect(blocks.count > 10)
    for (left, right) in zip(blocks, blocks.dropFirst()) {
      #expect(
        left.key.lexicographicallyPrecedes(right.key)
          || (left.key == right.key && left.day < right.day))
    }
  }

  @Test func damagedStateIsAnErrorThatNamesIt() throws {
    let store = StoredBlocks()
    store.blocks[Array("1".utf8)] = [19_167: (bytes: [1, 2, 3], isPending: true)]
    let error = #expect(throws: DamagedWindowState.self) {
      try HourlyAggregator(
        rule: AggregationRule(), progress: AggregationProgress(), source: store,
        pending: store.pending)
    }
    #expect(error?.day == 19_167 && error?.key == Array("1".utf8))
  }

  @Test func aBackfillOfThePastEmitsBeforeMemoryFills() throws {
    // One station, an hour a record, backwards: no record moves the watermark.
    let subject = try HourlyAggregator(
      rule: AggregationRule(), progress: AggregationProgress(), source: StoredBlocks(), pending: [])
    var output = Emissions()
    let count = AggregationRule.changedWindowsMax / 2
    for offset in 0..<count {
      if !output.lines.isEmpty { Issue.record("emitted before record \(offset)") }
      let event = HourlyEvent.observation(
        station: "1", seconds: 1_656_057_600 - Int64(offset) * 3600, tenths: 1, code: "1",
        report: "", appended: 1_656_057_600)
      try subject.apply(event, offset: Int64(offset), to: &output)
    }
    #expect(output.lines.count == AggregationRule.changedWindowsMax)
  }

  @Test func windowsThatHoldARecordAlreadyKeepTheirFiguresAfterAReset() throws {
    let store = StoredBlocks()
    let stream = HourlyStream(seed: 3, eventCount: 60)
    let first = try aggregator(stream, AggregationProgress(), store, pending: [])
    var output = Emissions()
    for (offset, event) in stream.events.enumerated() {
      try first.apply(event, offset: Int64(offset), to: &output)
    }
    try first.flush(to: &output)
    try first.takeChangedBlocks { store.save($0) }
    let before = figures(store)

    let again = try aggregator(stream, AggregationProgress(), store, pending: [])
    for (offset, event) in stream.events.enumerated() {
      try again.apply(event, offset: Int64(offset), to: &output)
    }
    try again.takeChangedBlocks { store.save($0) }
    #expect(figures(store) == before)
  }

  /// Everything but how often it was shown.
  private func figures(_ store: StoredBlocks) -> [[UInt8]: [Int64: DayBlock]] {
    store.blocks.mapValues { days in
      days.mapValues { stored in
        var block = stored.bytes.withUnsafeBytes { DayBlock($0) } ?? DayBlock()
        for hour in block.slots.indices {
          block.slots[hour].revision = 0
          block.slots[hour].isChanged = false
          block.slots[hour].isShownOpen = false
        }
        return block
      }
    }
  }
}
