// One hour of one key, and a day of them: the unit in which window state is kept.

/// The state of one tumbling hour of one key.
@frozen
public struct WindowSlot: Hashable, Sendable {
  public var accumulator = Accumulator()
  /// How often the window has been emitted with new content; 0: not yet.
  public var revision: Int64 = 0
  /// Input offsets of the first and last record in the window.
  public var firstOffset: Int64 = -1
  public var lastOffset: Int64 = -1
  /// Whether it holds records that no emission has shown yet.
  public var isChanged = false
  /// Whether its last emission showed it as not final, so that becoming final wants one more.
  public var isShownOpen = false

  public init() {}

  /// Adds the temperature of a record after all those it holds.
  /// - Returns: whether the window is changed now and was not before.
  @inline(__always)
  mutating func fold(_ tenths: Int16, offset: Int64) -> Bool {
    accumulator.add(tenths)
    lastOffset = offset
    if firstOffset < 0 { firstOffset = offset }
    let wasChanged = isChanged
    isChanged = true
    return !wasChanged
  }
}

/// The 24 hours of one UTC day of one key.
///
/// As bytes, for each hour that has a record: hour, flags (bit 0: changed, bit 1: shown open), then as
/// varints count, sum, min and max (zigzag, tenths), revision, first offset, last offset less first offset.
public struct DayBlock: Hashable, Sendable {
  public static let hourCount = 24

  /// By hour of the day.
  public var slots = [WindowSlot](repeating: WindowSlot(), count: hourCount)

  public init() {}

  init(slots: ArraySlice<WindowSlot>) {
    precondition(slots.count == Self.hourCount, "a day has its hours")
    self.slots = Array(slots)
  }

  /// Whether there is an hour of which an emission is still to come, whatever comes in.
  public var isPending: Bool { slots.contains { $0.isChanged || $0.isShownOpen } }

  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24 * 12)
    for (hour, slot) in slots.enumerated() where slot.accumulator.count > 0 {
      bytes.append(UInt8(hour))
      bytes.append((slot.isChanged ? 1 : 0) | (slot.isShownOpen ? 2 : 0))
      Self.append(UInt64(slot.accumulator.count), to: &bytes)
      Self.append(Self.zigzag(slot.accumulator.sumTenths), to: &bytes)
      Self.append(Self.zigzag(Int64(slot.accumulator.minTenths)), to: &bytes)
      Self.append(Self.zigzag(Int64(slot.accumulator.maxTenths)), to: &bytes)
      Self.append(UInt64(slot.revision), to: &bytes)
      Self.append(UInt64(slot.firstOffset), to: &bytes)
      Self.append(UInt64(slot.lastOffset - slot.firstOffset), to: &bytes)
    }
    return bytes
  }

  /// nil when the bytes are not a day block.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    var position = 0
    func number() -> Int64? {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while position < bytes.count, shift < 64 {
        let byte = bytes[position]
        position += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return Int64(bitPattern: value) }
        shift += 7
      }
      return nil
    }
    func signed() -> Int64? {
      number().map { Int64(bitPattern: UInt64(bitPattern: $0) >> 1) ^ -($0 & 1) }
    }
    var nextHour = 0
    while position + 2 <= bytes.count {
      let hour = Int(bytes[position])
      let flags = bytes[position + 1]
      position += 2
      guard hour >= nextHour, hour < Self.hourCount, flags <= 3, let count = number(),
        let sum = signed(), let least = signed(),
        let most = signed(), let revision = number(), let first = number(), let span = number(),
        let minTenths = Int16(exactly: least), let maxTenths = Int16(exactly: most),
        Self.isPossible(count: count, sum: sum, least: least, most: most),
        revision >= 0, first >= 0, span >= 0, !first.addingReportingOverflow(span).overflow
      else { return nil }
      nextHour = hour + 1
      slots[hour].accumulator.count = count
      slots[hour].accumulator.sumTenths = sum
      slots[hour].accumulator.minTenths = minTenths
      slots[hour].accumulator.maxTenths = maxTenths
      slots[hour].revision = revision
      slots[hour].firstOffset = first
      slots[hour].lastOffset = first + span
      slots[hour].isChanged = flags & 1 != 0
      slots[hour].isShownOpen = flags & 2 != 0
    }
    guard position == bytes.count else { return nil }
  }

  /// Whether so many temperatures between the two can have the sum.
  private static func isPossible(count: Int64, sum: Int64, least: Int64, most: Int64) -> Bool {
    guard count > 0, least <= most, least >= -932, most <= 618, count > 1 || least == most else {
      return false
    }
    let (low, lowOverflows) = least.multipliedReportingOverflow(by: count)
    let (high, highOverflows) = most.multipliedReportingOverflow(by: count)
    return !lowOverflows && !highOverflows && low <= sum && sum <= high
  }

  private static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value << 1) ^ (value >> 63))
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
