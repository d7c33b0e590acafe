// The core: folds raw observations into tumbling hours, per station and over all stations, and says
// what to emit. Streaming, backfill and replay are this code.
//
// Nothing here depends on anything but the records in offset order, their batches' append times and
// the rule: no clock, no I/O, no hash order, no batch boundary.

import Observations

/// Where an aggregator finds the window state that it does not hold in memory.
public protocol WindowStateSource: AnyObject {
  /// The day block of a key, as `DayBlock.encoded` made it; nil when there is none.
  func dayBlock(key: [UInt8], day: Int64) throws -> [UInt8]?
  /// The days that have a block for the key, ascending, in days since 1970.
  func days(key: [UInt8]) throws -> [Int64]
}

/// Where results and refusals go.
public protocol AggregationOutput {
  mutating func emit(_ result: WindowResult) throws
  mutating func reject(offset: Int64, reason: RejectionReason, value: UnsafeRawBufferPointer) throws
}

/// The day blocks that changed since they were last saved.
public struct ChangedDayBlock {
  public let key: [UInt8]
  public let day: Int64
  public let block: DayBlock
}

/// After an error is thrown an aggregator must not be used on: make a new one from what was saved.
public final class HourlyAggregator {
  public let rule: AggregationRule
  @exclusivity(unchecked) public private(set) var progress: AggregationProgress
  private let source: any WindowStateSource

  // A run-time exclusivity check at every touch would be a sixth of the whole; no method here calls
  // out while it holds one of these.
  @exclusivity(unchecked) private var stations = StationTable()
  /// The day blocks in memory, and their hours: those of block n from `n * DayBlock.hourCount` on.
  @exclusivity(unchecked) private var blocks: [Block] = []
  @exclusivity(unchecked) private var slots: [WindowSlot] = []
  private var blockIndex: [BlockID: Int] = [:]
  @exclusivity(unchecked) private var memories: [StationMemory] = []
  /// The blocks that changed since they were last saved.
  @exclusivity(unchecked) private var dirty: [Int] = []
  /// The windows that changed since they were last emitted.
  @exclusivity(unchecked) private var changed: [WindowID] = []
  /// The windows that an emission has shown as not final; some of them have changed since.
  @exclusivity(unchecked) private var shownOpen: [WindowID] = []
  /// The watermark; the lowest number before the first record.
  @exclusivity(unchecked) private var watermark: Int64

  private struct BlockID: Hashable {
    let station: Int
    let day: Int64
  }

  private struct WindowID {
    let hour: Int64
    let station: Int
  }

  private struct Block {
    let station: Int
    let day: Int64
    var isDirty: Bool
  }

  /// What is known of a station number.
  private struct StationMemory {
    /// Its most recent block, which nearly every record hits; -1: none.
    var recentDay: Int64 = 0
    var recentBlock = -1
    /// The last day with a stored block, so that a newer day needs no look-up.
    var lastStoredDay: Int64
  }

  /// Blocks kept in memory between saves, besides the most recent one of every station. Tests make it
  /// small.
  var olderBlocksMax = 4096
  /// Tests make it small; it is part of the results.
  var changedWindowsMax = AggregationRule.changedWindowsMax

  /// - Parameters:
  ///   - pending: keys and days of the blocks that were saved as `DayBlock.isPending`.
  public init(
    rule: AggregationRule, progress: AggregationProgress, source: any WindowStateSource,
    pending: [(key: [UInt8], day: Int64)]
  ) throws {
    self.rule = rule
    self.progress = progress
    self.source = source
    watermark = progress.watermarkSeconds(rule) ?? Int64.min
    for (key, day) in pending {
      let station = key.withUnsafeBytes { stations.number(of: $0) }
      guard blockIndex[BlockID(station: station, day: day)] == nil else { continue }
      let start = try block(station, day) * DayBlock.hourCount
      for hour in 0..<DayBlock.hourCount {
        let window = WindowID(hour: day * 24 + Int64(hour), station: station)
        if slots[start + hour].isChanged { changed.append(window) }
        if slots[start + hour].isShownOpen { shownOpen.append(window) }
      }
    }
  }

  // MARK: Input

  /// Folds one data record.
  /// - Parameter appendSeconds: when its batch was appended, in seconds since 1970 UTC.
  public func apply<Output: AggregationOutput>(
    offset: Int64, appendSeconds: Int64, value: UnsafeRawBufferPointer, to output: inout Output
  ) throws {
    try ObservationJudge.judge(value, quality: rule.quality) { verdict in
      try apply(
        verdict, offset: offset, appendSeconds: appendSeconds, withValue: { try $0(value) },
        to: &output)
    }
  }

  /// Folds one data record that was judged before, by the same quality rule.
  /// - Parameter withValue: gives the record's value; asked for when it is refused.
  @inline(__always)
  public func apply<Output: AggregationOutput>(
    _ verdict: ObservationJudge.Verdict, offset: Int64, appendSeconds: Int64,
    withValue: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void, to output: inout Output
  ) throws {
    switch verdict {
    case .rejected(let reason):
      try withValue { try reject(offset, reason, $0, to: &output) }
    case .accepted(let station, let seconds, let tenths):
      if let reason = refusal(seconds, appendSeconds: appendSeconds) {
        try withValue { try reject(offset, reason, $0, to: &output) }
      } else {
        try accept(offset, station, seconds, tenths, to: &output)
      }
    }
  }

  private func reject<Output: AggregationOutput>(
    _ offset: Int64, _ reason: RejectionReason, _ value: UnsafeRawBufferPointer,
    to output: inout Output
  ) throws {
    progress.rejectedCounts[reason, default: 0] += 1
    try output.reject(offset: offset, reason: reason, value: value)
  }

  /// The refusals that depend on more than the record itself.
  @inline(__always)
  private func refusal(_ seconds: Int64, appendSeconds: Int64) -> RejectionReason? {
    if ObservationJudge.isTooFarAhead(seconds: seconds, receivedSeconds: appendSeconds) {
      return .tooFarAhead
    }
    if let lateness = rule.allowedLatenessSeconds, watermark > Int64.min {
      let end = (Timestamp.floorDivide(seconds, 3600) + 1) * 3600
      if watermark - end >= lateness { return .tooLate }
    }
    return nil
  }

  private func accept<Output: AggregationOutput>(
    _ offset: Int64, _ stationID: UnsafeRawBufferPointer, _ seconds: Int64, _ tenths: Int16,
    to output: inout Output
  ) throws {
    let hour = Timestamp.floorDivide(seconds, 3600)
    progress.acceptedCount += 1
    if (hour + 1) * 3600 <= watermark { progress.lateCount += 1 }
    try fold(offset, stations.number(of: stationID), hour, tenths)
    try fold(offset, 0, hour, tenths)
    if seconds > progress.clock.latestEventSeconds ?? Int64.min {
      progress.clock.latestEventSeconds = seconds
      try advance(to: seconds - rule.delaySeconds, &output)
    }
    if changed.count >= changedWindowsMax { try emitChanged(to: &output) }
  }

  /// Moves the watermark on; when it crosses a full hour, that is a tick.
  @inline(__always)
  private func advance<Output: AggregationOutput>(
    to seconds: Int64, _ output: inout Output
  ) throws {
    guard seconds > watermark else { return }
    let isTick =
      watermark == Int64.min
      || Timestamp.floorDivide(seconds, 3600) > Timestamp.floorDivide(watermark, 3600)
    watermark = seconds
    if isTick { try emitFinal(to: &output) }
  }

  @inline(__always)
  private func fold(_ offset: Int64, _ station: Int, _ hour: Int64, _ tenths: Int16) throws {
    let day = Timestamp.floorDivide(hour, 24)
    let index = try block(station, day)
    let slot = index * DayBlock.hourCount + Int(hour - day * 24)
    // After a reset, a window that began before the new position stays as it was: it holds the
    // records up to its last offset already.
    guard offset > slots[slot].lastOffset else { return }
    if slots[slot].fold(tenths, offset: offset) {
      changed.append(WindowID(hour: hour, station: station))
    }
    markDirty(index)
  }

  @inline(__always)
  private func markDirty(_ index: Int) {
    if !blocks[index].isDirty {
      blocks[index].isDirty = true
      dirty.append(index)
    }
  }

  /// Does what a control record says.
  /// - Parameter appendSeconds: when its batch was appended, in seconds since 1970 UTC.
  public func apply<Output: AggregationOutput>(
    _ control: ControlRecord, appendSeconds: Int64, to output: inout Output
  ) throws {
    // The bound that holds for observations: one wrong year must not drag the watermark along.
    if case .idle(let seconds) = control,
      !ObservationJudge.isTooFarAhead(seconds: seconds, receivedSeconds: appendSeconds)
    {
      progress.clock.note(idleSeconds: seconds)
      try advance(to: seconds, &output)
    }
    try flush(to: &output)
  }

  /// Emits every changed window, or, in complete mode, every hour over all stations besides.
  public func flush<Output: AggregationOutput>(to output: inout Output) throws {
    let complete = rule.outputMode == .complete
    try emitChanged(exceptAllStations: complete, to: &output)
    if complete { try emitAllHours(to: &output) }
  }

  // MARK: Emission

  /// Emits the windows that have ended: those that changed, and those that were shown before as not
  /// final.
  private func emitFinal<Output: AggregationOutput>(to output: inout Output) throws {
    var due: [WindowID] = []
    changed.removeAll { window in
      guard isFinal(window) else { return false }
      due.append(window)
      return true
    }
    for window in shownOpen where isFinal(window) {
      // One that has changed is in the list already.
      if try !slots[slot(window)].isChanged { due.append(window) }
    }
    shownOpen.removeAll(where: isFinal)
    try emit(&due, to: &output)
  }

  private func emitChanged<Output: AggregationOutput>(
    exceptAllStations: Bool = false, to output: inout Output
  ) throws {
    var due: [WindowID] = []
    changed.removeAll { window in
      if exceptAllStations, window.station == 0 { return false }
      due.append(window)
      return true
    }
    try emit(&due, to: &output)
  }

  private func emitAllHours<Output: AggregationOutput>(to output: inout Output) throws {
    var days = Set(try source.days(key: []))
    for block in blocks where block.station == 0 { days.insert(block.day) }
    for day in days.sorted() {
      let start = try block(0, day) * DayBlock.hourCount
      for hour in 0..<DayBlock.hourCount where slots[start + hour].accumulator.count > 0 {
        try emit(WindowID(hour: day * 24 + Int64(hour), station: 0), to: &output)
      }
    }
    changed.removeAll { $0.station == 0 }
  }

  /// In the order of hours, then of keys.
  private func emit<Output: AggregationOutput>(
    _ due: inout [WindowID], to output: inout Output
  ) throws {
    due.sort { left, right in
      left.hour != right.hour
        ? left.hour < right.hour : stations.precedes(left.station, right.station)
    }
    for window in due { try emit(window, to: &output) }
  }

  private func emit<Output: AggregationOutput>(
    _ window: WindowID, to output: inout Output
  ) throws {
    let slot = try slot(window)
    let isFinal = isFinal(window)
    let becomesFinal = isFinal && slots[slot].isShownOpen
    // Repeating an unchanged window repeats its revision.
    if slots[slot].isChanged || becomesFinal {
      let revision = max(slots[slot].revision, progress.revisionOrigin) + 1
      slots[slot].revision = revision
      slots[slot].isChanged = false
      progress.revisionMax = max(progress.revisionMax, revision)
      markDirty(slot / DayBlock.hourCount)
    }
    if !isFinal, !slots[slot].isShownOpen { shownOpen.append(window) }
    if slots[slot].isShownOpen == isFinal {
      slots[slot].isShownOpen = !isFinal
      markDirty(slot / DayBlock.hourCount)
    }
    try output.emit(
      WindowResult(
        key: stations.keys[window.station], hour: window.hour,
        accumulator: slots[slot].accumulator, revision: slots[slot].revision, isFinal: isFinal))
  }

  @inline(__always)
  private func isFinal(_ window: WindowID) -> Bool { (window.hour + 1) * 3600 <= watermark }

  /// The index of a window's slot in memory.
  private func slot(_ window: WindowID) throws -> Int {
    let day = Timestamp.floorDivide(window.hour, 24)
    return try block(window.station, day) * DayBlock.hourCount + Int(window.hour - day * 24)
  }

  // MARK: State

  /// How many keys have been met, all stations together among them. It grows with the first accepted
  /// record of a station, so that whoever asks before and after a record sees that it is new.
  public var keyCount: Int { stations.keys.count }

  /// The key that was met so many keys after the first.
  public func key(_ number: Int) -> [UInt8] { stations.keys[number] }

  /// How many windows the next `flush` would show.
  public var changedWindowCount: Int { changed.count }

  /// How many blocks the next `takeChangedBlocks` hands over: a measure of the memory that only a
  /// save can free.
  public var changedBlockCount: Int { dirty.count }

  /// Hands over every block that changed since the last call, for saving, in a stable order.
  public func takeChangedBlocks(_ body: (ChangedDayBlock) throws -> Void) throws {
    dirty.sort { left, right in
      blocks[left].station != blocks[right].station
        ? stations.precedes(blocks[left].station, blocks[right].station)
        : blocks[left].day < blocks[right].day
    }
    for index in dirty {
      blocks[index].isDirty = false
      let (station, day) = (blocks[index].station, blocks[index].day)
      memories[station].lastStoredDay = max(memories[station].lastStoredDay, day)
      let start = index * DayBlock.hourCount
      let content = DayBlock(slots: slots[start..<(start + DayBlock.hourCount)])
      try body(ChangedDayBlock(key: stations.keys[station], day: day, block: content))
    }
    dirty.removeAll(keepingCapacity: true)
  }

  /// Forgets blocks beyond what memory should hold: all but the most recent of every station. Only
  /// after the taken blocks are durable.
  public func trimCache() {
    guard dirty.isEmpty, blocks.count > memories.count + olderBlocksMax else { return }
    // Kept blocks move to the front, in order, so that none is overwritten before it has moved.
    var keptCount = 0
    blockIndex.removeAll(keepingCapacity: true)
    for index in blocks.indices {
      let (station, day) = (blocks[index].station, blocks[index].day)
      guard memories[station].recentBlock == index else { continue }
      blocks[keptCount] = blocks[index]
      for hour in 0..<DayBlock.hourCount {
        slots[keptCount * DayBlock.hourCount + hour] = slots[index * DayBlock.hourCount + hour]
      }
      memories[station].recentBlock = keptCount
      blockIndex[BlockID(station: station, day: day)] = keptCount
      keptCount += 1
    }
    blocks.removeSubrange(keptCount...)
    slots.removeSubrange((keptCount * DayBlock.hourCount)...)
  }

  /// The index of the block in memory, loaded or made when it is not there yet.
  @inline(__always)
  private func block(_ station: Int, _ day: Int64) throws -> Int {
    if station < memories.count, memories[station].recentBlock >= 0,
      memories[station].recentDay == day
    {
      return memories[station].recentBlock
    }
    let index = try findBlock(station, day)
    memories[station].recentDay = day
    memories[station].recentBlock = index
    return index
  }

  @inline(never)
  private func findBlock(_ station: Int, _ day: Int64) throws -> Int {
    while memories.count <= station {
      let days = try source.days(key: stations.keys[memories.count])
      memories.append(StationMemory(lastStoredDay: days.last ?? Int64.min))
    }
    if let index = blockIndex[BlockID(station: station, day: day)] { return index }
    var content = DayBlock()
    if day <= memories[station].lastStoredDay,
      let bytes = try source.dayBlock(key: stations.keys[station], day: day)
    {
      guard let stored = bytes.withUnsafeBytes({ DayBlock($0) }) else {
        throw DamagedWindowState(key: stations.keys[station], day: day)
      }
      content = stored
    }
    slots.append(contentsOf: content.slots)
    blocks.append(Block(station: station, day: day, isDirty: false))
    blockIndex[BlockID(station: station, day: day)] = blocks.count - 1
    return blocks.count - 1
  }
}

/// Stored window state that does not decode.
public struct DamagedWindowState: Error, CustomStringConvertible {
  public let key: [UInt8]
  public let day: Int64

  public init(key: [UInt8], day: Int64) {
    self.key = key
    self.day = day
  }

  public var description: String {
    "the window state of \(key.isEmpty ? "all stations" : String(decoding: key, as: UTF8.self)), "
      + "day \(day) since 1970, does not decode"
  }
}
