// Lines as rows, for the formats in which a row is one line of fixed-width fields.
//
// What must hold: no verdict depends on how the input was cut, what is kept between two pieces stays
// below a line's greatest length, and no byte is searched twice.

import Glibc

/// Cuts input into lines and hands each over as a row; empty ones only count.
struct FixedWidthLines {
  /// How much of a line that is too long is kept.
  static let keptBytesMax = 4096

  /// A longer line is rejected.
  private let lineBytesMax: Int
  /// The beginning of the line at hand, and how much of it has come in all.
  private var carry: [UInt8] = []
  private var carriedByteCount = 0
  private var line = 1

  init(lineBytesMax: Int) {
    precondition(lineBytesMax >= Self.keptBytesMax, "what is kept is part of a line")
    self.lineBytesMax = lineBytesMax
  }

  /// How much is kept of what was given, for the next piece.
  var keptByteCount: Int { carry.count }

  /// What a line without NUL bytes holds, given without its terminator.
  typealias Reading = (_ line: UnsafeRawBufferPointer, _ isTerminated: Bool) -> DecodedRow.Content

  mutating func decode(
    _ chunk: UnsafeRawBufferPointer, _ read: Reading, _ onRow: (DecodedRow) throws -> Void
  ) rethrows {
    var position = 0
    while position < chunk.count {
      let rest = UnsafeRawBufferPointer(rebasing: chunk[position...])
      guard let newline = Self.newline(rest) else {
        keep(rest)
        return
      }
      let part = UnsafeRawBufferPointer(rebasing: rest[..<newline])
      position += newline + 1
      if carriedByteCount == 0 {
        try end(part, byteCount: part.count, isTerminated: true, read, onRow)
      } else {
        keep(part)
        try endCarried(isTerminated: true, read, onRow)
      }
      line += 1
    }
  }

  /// The input has ended.
  mutating func finish(
    _ read: Reading, _ onRow: (DecodedRow) throws -> Void
  ) rethrows {
    if carriedByteCount > 0 { try endCarried(isTerminated: false, read, onRow) }
  }

  private mutating func keep(_ part: UnsafeRawBufferPointer) {
    carriedByteCount += part.count
    // The longest line and a carriage return: with more it is too long, whatever comes.
    let count = min(part.count, lineBytesMax + 1 - carry.count)
    carry.append(contentsOf: UnsafeRawBufferPointer(rebasing: part[..<count]))
  }

  private mutating func endCarried(
    isTerminated: Bool, _ read: Reading, _ onRow: (DecodedRow) throws -> Void
  ) rethrows {
    try carry.withUnsafeBytes {
      try end($0, byteCount: carriedByteCount, isTerminated: isTerminated, read, onRow)
    }
    carry.removeAll(keepingCapacity: true)
    carriedByteCount = 0
  }

  /// - Parameter bytes: the line without its newline, as far as it was kept.
  private func end(
    _ bytes: UnsafeRawBufferPointer, byteCount: Int, isTerminated: Bool, _ read: Reading,
    _ onRow: (DecodedRow) throws -> Void
  ) rethrows {
    let hasReturn = byteCount == bytes.count && bytes.last == UInt8(ascii: "\r")
    let contentByteCount = hasReturn ? byteCount - 1 : byteCount
    guard contentByteCount > 0 else { return }
    guard contentByteCount <= lineBytesMax else {
      try onRow(
        DecodedRow(
          line: line, bytes: UnsafeRawBufferPointer(rebasing: bytes[..<Self.keptBytesMax]),
          byteCount: byteCount, isTerminated: isTerminated, content: .rejected(.lineTooLong)))
      return
    }
    let content = UnsafeRawBufferPointer(rebasing: bytes[..<contentByteCount])
    let hasNUL = memchr(content.baseAddress!, 0, content.count) != nil
    try onRow(
      DecodedRow(
        line: line, bytes: content, byteCount: contentByteCount, isTerminated: isTerminated,
        content: hasNUL ? .rejected(.nulByte) : read(content, isTerminated)))
  }

  private static func newline(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }
}
