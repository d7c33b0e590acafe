// Variable-length integers: LEB128, signed ones zigzag-coded first (as in Kafka's record format v2).

@usableFromInline
enum Varint {
  /// The most bytes that one varint takes.
  @usableFromInline static let bytesMax = 10

  @inlinable
  static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value << 1) ^ (value >> 63))
  }

  @inlinable
  static func unzigzag(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// Writes at `position`, which must have `bytesMax` bytes of room, and moves it.
  @inlinable
  static func write(_ value: UInt64, to base: UnsafeMutableRawPointer, at position: inout Int) {
    var rest = value
    while rest >= 0x80 {
      base.storeBytes(
        of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: position, as: UInt8.self)
      position &+= 1
      rest >>= 7
    }
    base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: position, as: UInt8.self)
    position &+= 1
  }

  /// Reads at `position` and moves it; nil when the bytes end first or the varint is too long.
  @inlinable
  static func read(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position &+= 1
      // The tenth byte has room for the 64th bit only.
      if shift == 63, byte > 1 { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift &+= 7
    }
    return nil
  }

  static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}
