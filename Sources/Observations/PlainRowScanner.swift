// The fast path of the CSV scan, for rows of printable ASCII without doubled quotes: 64 bytes at a
// time, by bit masks. Real files have hardly any other row.
//
// What must hold: where it gives an answer, `CSVRowScanner` gives the same one.

import CScan

/// Finds one plain row in a buffer.
struct PlainRowScanner {
  struct Row {
    /// Where the row ends, without its terminator, and where the next begins.
    let end: Int
    let next: Int
    let fieldCount: Int
  }

  /// Longer rows are left to the general scanner, so that nothing long is scanned twice.
  private static let rowBytesMax = 8192
  private static let fieldsMax = 1024

  /// Where each field ends, from the row's start: at its comma, or at the row's end.
  private let ends = UnsafeMutablePointer<Int>.allocate(capacity: fieldsMax + 64)
  private let owner: Owner

  /// Frees the buffer with the last copy of the scanner.
  private final class Owner {
    let ends: UnsafeMutablePointer<Int>
    init(_ ends: UnsafeMutablePointer<Int>) { self.ends = ends }
    deinit { ends.deallocate() }
  }

  init() { owner = Owner(ends) }

  /// nil when the row is not plain, or does not end at least 64 bytes before the buffer does.
  @inline(__always)
  func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Row? {
    let base = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) + start
    let limit = min(bytes.count - start, Self.rowBytesMax) - 64
    var offset = 0
    var fieldCount = 0
    // What a block hands to the next: all ones inside quotes; bit 0 for a separator (which a row's
    // start counts as) or a closing quote as the last byte.
    var insideBefore: UInt64 = 0
    var separatorBefore: UInt64 = 1
    var closingBefore: UInt64 = 0
    while offset <= limit {
      let masks = cscan_masks_of_64(base + offset)
      let inside = Self.parity(masks.quotes) ^ insideBefore
      let rowEnd = masks.newlines & ~inside
      // Bits up to the row's end; all of them when there is none.
      let last = rowEnd & (0 &- rowEnd)
      let within = (last &<< 1) &- 1
      let separators = (masks.commas | masks.newlines) & ~inside & within
      let quotes = masks.quotes & within
      let carriageReturn = last &>> 1
      var odd = masks.odd & within & ~last
      var mayFollowQuote = separators
      if odd != 0, odd == carriageReturn, base[offset + odd.trailingZeroBitCount] == 0x0D {
        mayFollowQuote |= odd
        odd = 0
      }
      let wrongOpening = quotes & inside & ~((separators &<< 1) | separatorBefore)
      let closing = quotes & ~inside
      let wrongClosing = ((closing &<< 1) | closingBefore) & within & ~mayFollowQuote
      guard odd | wrongOpening | wrongClosing == 0, fieldCount <= Self.fieldsMax else { return nil }
      var rest = separators
      while rest != 0 {
        ends[fieldCount] = offset &+ rest.trailingZeroBitCount
        fieldCount &+= 1
        rest &= rest &- 1
      }
      if last != 0 {
        let next = offset &+ last.trailingZeroBitCount &+ 1
        var end = next &- 1
        if end > 0, base[end &- 1] == 0x0D { end &-= 1 }
        ends[fieldCount &- 1] = end
        return Row(end: start &+ end, next: start &+ next, fieldCount: fieldCount)
      }
      insideBefore = 0 &- (inside &>> 63)
      separatorBefore = separators &>> 63
      closingBefore = closing &>> 63
      offset &+= 64
    }
    return nil
  }

  /// The content of a field of the row found last, without its quotes, from the buffer's start.
  @inline(__always)
  func field(_ index: Int, _ bytes: UnsafeRawBufferPointer, rowStart: Int) -> Range<Int> {
    let start = rowStart &+ (index == 0 ? 0 : ends[index &- 1] &+ 1)
    let end = rowStart &+ ends[index]
    return start < end && bytes[start] == UInt8(ascii: "\"")
      ? Range(uncheckedBounds: (start &+ 1, end &- 1)) : Range(uncheckedBounds: (start, end))
  }

  /// Bit i: whether bits 0 to i hold an odd number of ones.
  @inline(__always)
  private static func parity(_ bits: UInt64) -> UInt64 {
    var result = bits
    result ^= result &<< 1
    result ^= result &<< 2
    result ^= result &<< 4
    result ^= result &<< 8
    result ^= result &<< 16
    result ^= result &<< 32
    return result
  }
}
