// Small questions about bytes of text that several readers ask.

/// Helpers over field bytes.
public enum ByteText {
  /// Without blanks and tabs at either end.
  @inlinable
  public static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = text.count
    while start < end, text[start] == 0x20 || text[start] == 0x09 { start &+= 1 }
    while end > start, text[end &- 1] == 0x20 || text[end &- 1] == 0x09 { end &-= 1 }
    return UnsafeRawBufferPointer(rebasing: text[start..<end])
  }

  /// Whether so many bytes are equal: short texts, for which a call would cost more.
  @inlinable @inline(__always)
  package static func isEqual(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, byteCount: Int
  ) -> Bool {
    if byteCount < 8 {
      for index in 0..<byteCount {
        if left.load(fromByteOffset: index, as: UInt8.self)
          != right.load(fromByteOffset: index, as: UInt8.self)
        {
          return false
        }
      }
      return true
    }
    var difference: UInt64 = 0
    var offset = 0
    let last = byteCount &- 8
    while offset < last {
      difference |=
        left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        ^ right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      offset &+= 8
    }
    difference |=
      left.loadUnaligned(fromByteOffset: last, as: UInt64.self)
      ^ right.loadUnaligned(fromByteOffset: last, as: UInt64.self)
    return difference == 0
  }

  /// Station ids are UTF-8 text of so many bytes at most, without control characters: they stand in
  /// keys and in JSON.
  public static let stationBytesMax = 64

  @inlinable
  public static func isStation(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.count >= 1, text.count <= stationBytesMax else { return false }
    var isASCII = true
    for byte in text {
      if byte < 0x20 || byte == 0x7F { return false }
      if byte >= 0x80 { isASCII = false }
    }
    return isASCII || String(validating: text, as: UTF8.self) != nil
  }
}
