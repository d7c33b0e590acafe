// The formats in which a row is one line: of fixed-width fields in ISD's own form and ISD-Lite, of fields
// with pipes between in GHCNh.
//
// What must hold: no verdict depends on how the input was cut, what is kept between two pieces stays
// below a line's greatest length, and no byte is searched twice.

import Glibc

/// Says what a line holds; the texts of its answer are valid until the next line.
protocol FixedWidthReader {
  /// A longer line is rejected without a look; at least `FixedWidth.keptBytesMax`.
  static var lineBytesMax: Int { get }

  /// - Parameter line: without its terminator and without NUL bytes.
  func read(_ line: UnsafeRawBufferPointer, isTerminated: Bool) -> DecodedRow.Content
}

enum FixedWidth {
  /// How much of a line that is too long is kept.
  static let keptBytesMax = 4096
}

/// Cuts input into lines and hands each over as a row; empty ones only count.
struct FixedWidthDecoder<Reader: FixedWidthReader>: ObservationDecoder {
  private let reader: Reader
  /// The beginning of the line at hand, and how much of it has come in all.
  private var carry: [UInt8] = []
  private var carriedByteCount = 0
  private var line: Int

  /// - Parameter linesBefore: how many lines of the file are not given.
  init(_ reader: Reader, linesBefore: Int = 0) {
    precondition(Reader.lineBytesMax >= FixedWidth.keptBytesMax, "what is kept is part of a line")
    self.reader = reader
    line = linesBefore + 1
  }

  /// How much is kept of what was given, for the next piece.
  var keptByteCount: Int { carry.count }

  var isBetweenRows: Bool { carriedByteCount == 0 }
  var lineCount: Int { line - 1 }

  mutating func decode(
    _ chunk: UnsafeRawBufferPointer, _ onRow: (DecodedRow) throws -> Void
  ) throws {
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
        try end(part, byteCount: part.count, isTerminated: true, onRow)
      } else {
        keep(part)
        try endCarried(isTerminated: true, onRow)
      }
      line += 1
    }
  }

  /// The input has ended.
  mutating func finish(_ onRow: (DecodedRow) throws -> Void) throws {
    if carriedByteCount > 0 { try endCarried(isTerminated: false, onRow) }
  }

  private mutating func keep(_ part: UnsafeRawBufferPointer) {
    carriedByteCount += part.count
    // The longest line and a carriage return: with more it is too long, whatever comes.
    let count = min(part.count, Reader.lineBytesMax + 1 - carry.count)
    carry.append(contentsOf: UnsafeRawBufferPointer(rebasing: part[..<count]))
  }

  private mutating func endCarried(
    isTerminated: Bool, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    try carry.withUnsafeBytes {
      try end($0, byteCount: carriedByteCount, isTerminated: isTerminated, onRow)
    }
    carry.removeAll(keepingCapacity: true)
    carriedByteCount = 0
  }

  /// - Parameter bytes: the line without its newline, as far as it was kept.
  private func end(
    _ bytes: UnsafeRawBufferPointer, byteCount: Int, isTerminated: Bool,
    _ onRow: (DecodedRow) throws -> Void
  ) throws {
    let hasReturn = byteCount == bytes.count && bytes.last == UInt8(ascii: "\r")
    let contentByteCount = hasReturn ? byteCount - 1 : byteCount
    guard contentByteCount > 0 else { return }
    guard contentByteCount <= Reader.lineBytesMax else {
      try onRow(
        DecodedRow(
          line: line, bytes: UnsafeRawBufferPointer(rebasing: bytes[..<FixedWidth.keptBytesMax]),
          byteCount: byteCount, isTerminated: isTerminated, content: .rejected(.lineTooLong)))
      return
    }
    let content = UnsafeRawBufferPointer(rebasing: bytes[..<contentByteCount])
    let hasNUL = memchr(content.baseAddress!, 0, content.count) != nil
    try onRow(
      DecodedRow(
        line: line, bytes: content, byteCount: contentByteCount, isTerminated: isTerminated,
        content: hasNUL ? .rejected(.nulByte) : reader.read(content, isTerminated: isTerminated)))
  }

  private static func newline(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }
}
