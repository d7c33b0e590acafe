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

  /// Whether a REPORT_TYPE is a daily or monthly summary (SOD, SOM), which is no observation.
  @inlinable
  public static func isSummaryReport(_ reportType: UnsafeRawBufferPointer) -> Bool {
    let text = trimmed(reportType)
    return text.count == 3 && text[0] == UInt8(ascii: "S") && text[1] == UInt8(ascii: "O")
      && (text[2] == UInt8(ascii: "D") || text[2] == UInt8(ascii: "M"))
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
