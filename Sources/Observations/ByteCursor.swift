// Text written into memory that is large enough: what records are made of, without growing an array
// piece by piece.

import Glibc

/// A place in memory to write at. The caller has counted that what it writes fits.
@usableFromInline
package struct ByteCursor {
  @usableFromInline package var next: UnsafeMutableRawPointer

  @inlinable
  package init(_ next: UnsafeMutableRawPointer) { self.next = next }

  @inlinable @inline(__always)
  package mutating func put(_ byte: UInt8) {
    next.storeBytes(of: byte, as: UInt8.self)
    next += 1
  }

  @inlinable @inline(__always)
  package mutating func put(_ literal: StaticString) {
    memcpy(next, literal.utf8Start, literal.utf8CodeUnitCount)
    next += literal.utf8CodeUnitCount
  }

  @inlinable @inline(__always)
  package mutating func put(_ text: UnsafeRawBufferPointer) {
    guard let source = text.baseAddress else { return }
    let count = text.count
    // Most fields are short, and two words that overlap cost less than a call.
    if count >= 8, count <= 16 {
      let last = source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
      next.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
      next.storeBytes(of: last, toByteOffset: count &- 8, as: UInt64.self)
    } else if count >= 4, count < 8 {
      let last = source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      next.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
      next.storeBytes(of: last, toByteOffset: count &- 4, as: UInt32.self)
    } else {
      memcpy(next, source, count)
    }
    next += count
  }

  /// The bytes of a JSON string: quotes, backslashes and control characters escaped. At most six
  /// bytes for one.
  @inlinable
  package mutating func putEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      put(UInt8(ascii: "\\"))
      put(byte)
    case 0..<0x20, 0x7F:
      put("\\u00")
      putHexadecimal(byte >> 4)
      putHexadecimal(byte & 15)
    default: put(byte)
    }
  }

  @inlinable
  package mutating func putHexadecimal(_ digit: UInt8) {
    put(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10)
  }

  /// The last two decimal digits of a number that is not negative.
  @inlinable @inline(__always)
  package mutating func putTwoDigits(_ value: Int) {
    put(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / 10 % 10))
    put(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value % 10))
  }

  /// A number with zeros before it up to `width` digits. At most 20 bytes or the width.
  @inlinable
  package mutating func putDecimal(_ value: UInt64, atLeast width: Int) {
    var count = 1
    var rest = value / 10
    while rest > 0 {
      count &+= 1
      rest /= 10
    }
    count = max(count, width)
    rest = value
    var index = count
    while index > 0 {
      index &-= 1
      let digit = UInt8(truncatingIfNeeded: rest % 10)
      next.storeBytes(of: UInt8(ascii: "0") &+ digit, toByteOffset: index, as: UInt8.self)
      rest /= 10
    }
    next += count
  }
}

extension Array<UInt8> {
  /// Appends what `write` writes, which must be `capacity` bytes at most.
  @inlinable @inline(__always)
  package mutating func append(capacity: Int, _ write: (inout ByteCursor) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { room in
      guard let start = room.baseAddress else { return }
      var cursor = ByteCursor(start)
      write(&cursor)
      let count = cursor.next - start
      precondition(count <= capacity, "the capacity counts everything that is written")
      append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<count]))
    }
  }
}
