// Reads ranges of large files: the work of one thread of a backfill.
//
// A range of a file is some blocks of it. Its rows are those that begin after the first newline in them and
// before the first newline after them: so every row is in one range, if no newline stands within a row.

import Aggregation
import Glibc
import Observations

/// Hashes ranges and folds their rows. Not shared between threads; its memory serves one range after the
/// other.
final class RangeFolder {
  let rows: RangeRows
  let hasher: ContentHasher
  private let shouldStop: @Sendable () -> Bool
  private let onBytes: @Sendable (Int) -> Void
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: pieceByteCount, alignment: 64)

  /// A piece should still be in the processor's cache when it is decoded.
  private static let pieceByteCount = 256 << 10
  /// How much is read at first to find the end of a range's last row.
  private static let lastRowByteCount = 4 << 10

  /// - Parameters:
  ///   - receivedSeconds: when all rows count as received, in seconds since 1970 UTC.
  ///   - shouldStop: asked between two pieces.
  ///   - onBytes: told how many bytes of the range each read gave.
  init(
    rule: BackfillRule, cuts: FileCuts, receivedSeconds: Int64,
    shouldStop: @escaping @Sendable () -> Bool, onBytes: @escaping @Sendable (Int) -> Void
  ) {
    rows = RangeRows(rule: rule, cuts: cuts, receivedSeconds: receivedSeconds)
    hasher = ContentHasher(blockByteCount: cuts.blockByteCount)
    self.shouldStop = shouldStop
    self.onBytes = onBytes
  }

  deinit { buffer.deallocate() }

  /// What a range turned out to be.
  enum Outcome {
    /// Where the rows lie that `rows` has folded, if they are rows; empty when none begins in the range.
    case rows(Range<Int64>)
    case stopped
  }

  /// Hashes the blocks and folds the rows of a range.
  /// - Parameter decoder: for its rows.
  func fold(
    _ bytes: Range<Int64>, of file: OpenFile, by decoder: FileDecoder
  ) throws(InputFailure) -> Outcome {
    hasher.reset()
    rows.begin(decoder)
    var start = bytes.lowerBound == 0 ? 0 : nil as Int64?
    var position = bytes.lowerBound
    while position < bytes.upperBound {
      if shouldStop() { return .stopped }
      let piece = try file.read(at: position, until: bytes.upperBound, buffer)
      hasher.update(piece)
      onBytes(piece.count)
      if start != nil {
        try add(piece, of: file)
      } else if let newline = Self.newline(piece) {
        start = position + Int64(newline) + 1
        try add(UnsafeRawBufferPointer(rebasing: piece[(newline + 1)...]), of: file)
      }
      position += Int64(piece.count)
    }
    guard let start else { return .rows(position..<position) }
    guard let end = try foldLastRow(from: position, of: file) else { return .stopped }
    return .rows(start..<end)
  }

  /// Goes on to the first newline from the range's end on.
  /// - Returns: the place after it, or the file's end; nil when it was stopped.
  private func foldLastRow(
    from end: Int64, of file: OpenFile
  ) throws(InputFailure) -> Int64? {
    var position = end
    var room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Self.lastRowByteCount])
    while position < file.byteCount {
      if shouldStop() { return nil }
      let piece = try file.read(at: position, until: file.byteCount, room)
      if let newline = Self.newline(piece) {
        try add(UnsafeRawBufferPointer(rebasing: piece[...newline]), of: file)
        return position + Int64(newline) + 1
      }
      try add(piece, of: file)
      position += Int64(piece.count)
      room = buffer
    }
    return position
  }

  /// Reads bytes piece by piece, without a look at them.
  /// - Returns: false when it was stopped.
  func forEachPiece(
    _ bytes: Range<Int64>, of file: OpenFile,
    _ body: (UnsafeRawBufferPointer) throws(InputFailure) -> Void
  ) throws(InputFailure) -> Bool {
    var position = bytes.lowerBound
    while position < bytes.upperBound {
      if shouldStop() { return false }
      let piece = try file.read(at: position, until: bytes.upperBound, buffer)
      try body(piece)
      position += Int64(piece.count)
    }
    return true
  }

  private func add(_ piece: UnsafeRawBufferPointer, of file: OpenFile) throws(InputFailure) {
    do { try rows.add(piece) } catch let failure as DecodeFailure {
      throw InputFailure(file.name, line: failure.line, failure.description)
    } catch { throw InputFailure(file.name, "\(error)") }
  }

  private static func newline(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }
}
