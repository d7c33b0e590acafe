// Bytes as they arrive → lines.

/// Cuts a stream at its newlines. Memory is bounded: of a line that is too long only the beginning is
/// kept.
struct LineSplitter {
  /// One line, without its newline and a carriage return before it.
  struct Line {
    let bytes: UnsafeRawBufferPointer
    /// Whether there was more of it.
    let isCut: Bool
  }

  /// Longer lines are cut.
  let byteCountMax: Int
  private var rest: [UInt8] = []
  private var isSkipping = false

  init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

  /// Whether a line has begun and not ended.
  var hasRest: Bool { !rest.isEmpty || isSkipping }

  /// Takes bytes and hands over the lines that they end; views are valid inside `body` only.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ body: (Line) throws -> Void
  ) rethrows {
    var start = 0
    while start < bytes.count {
      let tail = UnsafeRawBufferPointer(rebasing: bytes[start...])
      guard let length = tail.firstIndex(of: 10) else {
        keep(tail)
        return
      }
      let piece = UnsafeRawBufferPointer(rebasing: tail[..<length])
      if rest.isEmpty, !isSkipping, piece.count <= byteCountMax {
        try body(Line(bytes: Self.trimmed(piece), isCut: false))
      } else {
        keep(piece)
        try finish(body)
      }
      start += length + 1
    }
  }

  /// Hands over what has come of a line that has not ended.
  mutating func finish(_ body: (Line) throws -> Void) rethrows {
    guard hasRest else { return }
    let (line, isCut) = (rest, isSkipping)
    rest.removeAll(keepingCapacity: true)
    isSkipping = false
    try line.withUnsafeBytes {
      try body(Line(bytes: isCut ? $0 : Self.trimmed($0), isCut: isCut))
    }
  }

  private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    let room = byteCountMax - rest.count
    rest.append(contentsOf: bytes.prefix(room))
    if bytes.count > room { isSkipping = true }
  }

  private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    bytes.last == 13 ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
  }
}
