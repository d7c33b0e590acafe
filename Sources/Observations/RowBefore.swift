// What the row before had: rows come station by station and day by day, and what is known need not be
// found out again.

/// The last station that was found to be one, and the last day that was read.
final class RowBefore {
  private let bytes = UnsafeMutableRawPointer.allocate(
    byteCount: ByteText.stationBytesMax, alignment: 8)
  private var byteCount = -1
  /// `YYYY-MM-` and `DD` as words, and when that day begins.
  private var yearAndMonth: UInt64 = 0
  private var day: UInt16 = 0
  private var daySeconds: Int64 = 0

  deinit { bytes.deallocate() }

  /// The same as `ByteText.isStation`.
  @inline(__always)
  func isStation(_ text: UnsafeRawBufferPointer) -> Bool {
    if text.count == byteCount, let base = text.baseAddress,
      ByteText.isEqual(base, bytes, byteCount: byteCount)
    {
      return true
    }
    return keep(text)
  }

  private func keep(_ text: UnsafeRawBufferPointer) -> Bool {
    guard ByteText.isStation(text), let base = text.baseAddress else { return false }
    bytes.copyMemory(from: base, byteCount: text.count)
    byteCount = text.count
    return true
  }

  /// The same as `Timestamp(text)`.
  @inline(__always)
  func time(_ text: UnsafeRawBufferPointer) -> Timestamp? {
    guard text.count == 19, let base = text.baseAddress,
      base.loadUnaligned(as: UInt64.self) == yearAndMonth,
      base.loadUnaligned(fromByteOffset: 8, as: UInt16.self) == day
    else { return keep(text) }
    // `hh:mm:ss`, the first digit in the lowest byte.
    let clock = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: 11, as: UInt64.self))
    let separator = base.load(fromByteOffset: 10, as: UInt8.self)
    let numbers = clock ^ 0x3030_3A30_303A_3030
    // Above 9, or 5 of minutes and seconds, an addition shows in the upper half; colons have become 0.
    let sum = numbers &+ 0x060A_0006_0A00_060D
    let isClock =
      (numbers | sum) & 0xF0F0_F0F0_F0F0_F0F0 == 0 && numbers & 0x0000_FF00_00FF_0000 == 0
    let tens = numbers & 0xFF
    let hours = tens &* 10 &+ (numbers &>> 8 & 0xFF)
    guard isClock, hours < 24, separator == UInt8(ascii: "T") || separator == UInt8(ascii: " ")
    else { return keep(text) }
    let minutes = (numbers &>> 24 & 0xFF) &* 10 &+ (numbers &>> 32 & 0xFF)
    let seconds = (numbers &>> 48 & 0xFF) &* 10 &+ (numbers &>> 56)
    return Timestamp(
      secondsSinceEpoch: daySeconds
        &+ Int64(bitPattern: hours &* 3600 &+ minutes &* 60 &+ seconds))
  }

  private func keep(_ text: UnsafeRawBufferPointer) -> Timestamp? {
    guard let time = Timestamp(text), let base = text.baseAddress else { return nil }
    yearAndMonth = base.loadUnaligned(as: UInt64.self)
    day = base.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
    daySeconds = time.dayIndex * 86_400
    return time
  }
}
