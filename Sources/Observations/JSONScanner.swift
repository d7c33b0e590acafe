// A validating scanner over one JSON document (RFC 8259), without building values.

import Glibc

/// Walks JSON. Every method moves `position` past what it read, or returns nil or false.
struct JSONScanner {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  /// Deeper nesting is refused, so that no input exhausts the stack.
  private static let depthMax = 64

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  struct Text {
    let start: Int
    let end: Int
    let hasEscapes: Bool
  }

  @inline(__always)
  mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position &+= 1
      default: return
      }
    }
  }

  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position &+= 1
    return true
  }

  /// Whether the bytes from `start` on begin with the text.
  @inline(__always)
  func holds(_ text: StaticString, at start: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    return bytes.count &- start >= count
      && memcmp(bytes.baseAddress! + start, text.utf8Start, count) == 0
  }

  /// Passes over the text; false, and nothing passed, when it does not stand here.
  @inline(__always)
  mutating func skip(_ text: StaticString) -> Bool {
    guard holds(text, at: position) else { return false }
    position &+= text.utf8CodeUnitCount
    return true
  }

  /// A string, whose bytes between the quotes are given.
  @inline(__always)
  mutating func string() -> Text? {
    guard take(0x22) else { return nil }
    let start = position
    var hasEscapes = false
    while true {
      skipPlain()
      guard position < bytes.count else { return nil }
      let byte = bytes[position]
      if byte == 0x22 {
        position &+= 1
        return Text(start: start, end: position &- 1, hasEscapes: hasEscapes)
      }
      if byte == 0x5C {
        hasEscapes = true
        guard escape() else { return nil }
      } else if byte < 0x20 {
        return nil
      } else {
        position &+= 1
      }
    }
  }

  /// Passes over bytes that are no quote, backslash or control character, eight at a time; fewer
  /// than eight at the end are left.
  @inline(__always)
  private mutating func skipPlain() {
    while position &+ 8 <= bytes.count {
      let word = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      let quote = word ^ 0x2222_2222_2222_2222
      let slash = word ^ 0x5C5C_5C5C_5C5C_5C5C
      let low: UInt64 = 0x0101_0101_0101_0101
      // The lowest marked byte is right; a borrow can mark only bytes above it wrongly.
      let found =
        (((quote &- low) & ~quote) | ((slash &- low) & ~slash)
          | ((word &- 0x2020_2020_2020_2020) & ~word)) & 0x8080_8080_8080_8080
      if found != 0 {
        position &+= found.trailingZeroBitCount / 8
        return
      }
      position &+= 8
    }
  }

  private mutating func escape() -> Bool {
    position += 1
    guard position < bytes.count else { return false }
    let byte = bytes[position]
    position += 1
    switch byte {
    case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return true
    case 0x75:
      guard position + 4 <= bytes.count else { return false }
      for index in position..<(position + 4) where Self.hexadecimal(bytes[index]) == nil {
        return false
      }
      position += 4
      return true
    default: return false
    }
  }

  /// Any value, checked and passed over.
  mutating func skipValue(depth: Int = 0) -> Bool {
    guard depth < Self.depthMax, position < bytes.count else { return false }
    switch bytes[position] {
    case 0x22: return string() != nil
    case UInt8(ascii: "{"):
      position += 1
      return skipMembers(close: UInt8(ascii: "}"), depth: depth) { scanner in
        guard scanner.string() != nil else { return false }
        scanner.skipBlanks()
        guard scanner.take(UInt8(ascii: ":")) else { return false }
        scanner.skipBlanks()
        return scanner.skipValue(depth: depth + 1)
      }
    case UInt8(ascii: "["):
      position += 1
      return skipMembers(close: UInt8(ascii: "]"), depth: depth) {
        $0.skipValue(depth: depth + 1)
      }
    case UInt8(ascii: "t"): return skip("true")
    case UInt8(ascii: "f"): return skip("false")
    case UInt8(ascii: "n"): return skip("null")
    default: return number()
    }
  }

  private mutating func skipMembers(
    close: UInt8, depth: Int, _ member: (inout JSONScanner) -> Bool
  ) -> Bool {
    skipBlanks()
    if take(close) { return true }
    while true {
      guard member(&self) else { return false }
      skipBlanks()
      if take(close) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
      skipBlanks()
    }
  }

  private mutating func number() -> Bool {
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { guard digits() else { return false } }
    if take(UInt8(ascii: ".")) { guard digits() else { return false } }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      return digits()
    }
    return true
  }

  private mutating func digits() -> Bool {
    let start = position
    while position < bytes.count, bytes[position] >= 48, bytes[position] <= 57 { position += 1 }
    return position > start
  }

  /// The text of a string that `string` found, with its escapes resolved. A lone surrogate becomes
  /// U+FFFD.
  func unescaped(_ text: Text) -> [UInt8] {
    var result: [UInt8] = []
    var index = text.start
    func unit(at index: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 << 4 | UInt32(Self.hexadecimal(bytes[index + $1]) ?? 0) }
    }
    while index < text.end {
      guard bytes[index] == 0x5C else {
        result.append(bytes[index])
        index += 1
        continue
      }
      let kind = bytes[index + 1]
      index += 2
      switch kind {
      case 0x62: result.append(0x08)
      case 0x66: result.append(0x0C)
      case 0x6E: result.append(0x0A)
      case 0x72: result.append(0x0D)
      case 0x74: result.append(0x09)
      case 0x75:
        var scalar = unit(at: index)
        index += 4
        if (0xD800..<0xDC00).contains(scalar), index + 6 <= text.end, bytes[index] == 0x5C,
          bytes[index + 1] == 0x75, (0xDC00..<0xE000).contains(unit(at: index + 2))
        {
          scalar = 0x10000 + (scalar - 0xD800) << 10 + (unit(at: index + 2) - 0xDC00)
          index += 6
        }
        result.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
      default: result.append(kind)
      }
    }
    return result
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
