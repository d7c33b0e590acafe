// What stands before the compressed data of a gzip member (RFC 1952, 2.3). It is read here because
// ISA-L 2.30 forgets where it was when a header comes in pieces.

import CISAL

/// Reads one header, which may come in pieces.
struct GzipHeader {
  enum Progress: Equatable {
    case needsMore, complete
    /// The bytes do not begin as a header does.
    case isNone
    case damaged(String)
  }

  private enum Flag {
    static let headerCheck: UInt8 = 1 << 1
    static let extra: UInt8 = 1 << 2
    static let name: UInt8 = 1 << 3
    static let comment: UInt8 = 1 << 4
    static let reserved: UInt8 = 0b1110_0000
  }

  private enum Part {
    /// What every header has, and how much of it has been read.
    case fixed(Int)
    case extraLength(Int)
    case extra(Int)
    case name, comment
    case headerCheck(Int)
    case done
  }

  private var part = Part.fixed(0)
  private var flags: UInt8 = 0
  private var extraByteCount = 0
  /// The CRC-32 of what was read so far.
  private var checksum: UInt32 = 0

  /// Takes what belongs to the header off the input's beginning.
  mutating func read(_ input: inout UnsafeRawBufferPointer) -> Progress {
    var position = 0
    defer { input = UnsafeRawBufferPointer(rebasing: input[position...]) }
    while position < input.count {
      if let progress = take(input[position]) { return progress }
      position += 1
      if case .done = part { return .complete }
    }
    return .needsMore
  }

  /// nil when the byte may stand there.
  private mutating func take(_ byte: UInt8) -> Progress? {
    if case .headerCheck(let index) = part {
      guard byte == UInt8(truncatingIfNeeded: checksum >> (8 * index)) else {
        return .damaged("the header's checksum is another")
      }
      part = index == 0 ? .headerCheck(1) : .done
      return nil
    }
    withUnsafeBytes(of: byte) {
      checksum = crc32_gzip_refl(
        checksum, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), 1)
    }
    switch part {
    case .fixed(let index):
      if let fault = takeFixed(byte, index) { return fault }
      part = .fixed(index + 1)
      if index == 9 { part = after(Flag.extra) }
    case .extraLength(let index):
      extraByteCount |= Int(byte) << (8 * index)
      part = index == 0 ? .extraLength(1) : .extra(extraByteCount)
      if index == 1, extraByteCount == 0 { part = after(Flag.name) }
    case .extra(let count): part = count == 1 ? after(Flag.name) : .extra(count - 1)
    case .name: if byte == 0 { part = after(Flag.comment) }
    case .comment: if byte == 0 { part = after(Flag.headerCheck) }
    case .headerCheck, .done: break
    }
    return nil
  }

  private mutating func takeFixed(_ byte: UInt8, _ index: Int) -> Progress? {
    switch index {
    case 0: return byte == 0x1F ? nil : .isNone
    case 1: return byte == 0x8B ? nil : .isNone
    case 2: return byte == 8 ? nil : .damaged("their method is \(byte), not deflate")
    case 3:
      flags = byte
      return byte & Flag.reserved == 0 ? nil : .damaged("the header has unknown flags")
    default: return nil
    }
  }

  /// The next part that the header has, from the one with this flag on, in their order.
  private func after(_ first: UInt8) -> Part {
    let order: [(UInt8, Part)] = [
      (Flag.extra, .extraLength(0)), (Flag.name, .name), (Flag.comment, .comment),
      (Flag.headerCheck, .headerCheck(0)),
    ]
    let rest = order.drop { $0.0 != first }
    return rest.first { flags & $0.0 != 0 }?.1 ?? .done
  }
}
