// NOAA's GHCNh, pipe-separated: a header line, then a row a line. There are no quotes.
//
// What must hold: as of `FixedWidthDecoder`, which cuts the rows.

import Glibc

/// Decodes GHCNh, by year or a station's whole record. After an error is thrown it must not be used on.
struct GHCNhDecoder: ObservationDecoder {
  /// Real headers have 7 KiB.
  static let headerBytesMax = 1 << 16

  /// The header as far as it has come.
  private var carry: [UInt8] = []
  private var header: GHCNhHeader?
  /// nil before the header has been read.
  private var lines: FixedWidthDecoder<GHCNhRowReader>?

  init() {}

  /// How much is kept of what was given, for the next piece.
  var keptByteCount: Int { lines?.keptByteCount ?? carry.count }

  /// Never before the header has been read.
  var isBetweenRows: Bool { lines?.isBetweenRows ?? false }
  var lineCount: Int { lines?.lineCount ?? 0 }

  /// A decoder for the rows of the file from any later one on, which shares no memory with this one and
  /// counts lines from there. nil before the header has been read.
  func continued() -> GHCNhDecoder? {
    guard let header else { return nil }
    var other = GHCNhDecoder()
    other.header = header
    other.lines = FixedWidthDecoder(GHCNhRowReader(header))
    return other
  }

  mutating func decode(
    _ chunk: UnsafeRawBufferPointer, _ onRow: (DecodedRow) throws -> Void
  ) throws {
    guard lines == nil else {
      try lines?.decode(chunk, onRow)
      return
    }
    let end = chunk.firstIndex(of: UInt8(ascii: "\n"))
    carry.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<(end ?? chunk.count)]))
    guard carry.count <= Self.headerBytesMax else {
      throw DecodeFailure(line: 1, "this is not GHCNh: no header line")
    }
    guard let end else { return }
    let header = try readHeader()
    self.header = header
    lines = FixedWidthDecoder(GHCNhRowReader(header), linesBefore: 1)
    try lines?.decode(UnsafeRawBufferPointer(rebasing: chunk[(end + 1)...]), onRow)
  }

  mutating func finish(_ onRow: (DecodedRow) throws -> Void) throws {
    if lines != nil {
      try lines?.finish(onRow)
    } else if carry.isEmpty {
      throw DecodeFailure(line: 1, "the file is empty: it has no header line")
    } else {
      _ = try readHeader()
    }
  }

  private mutating func readHeader() throws -> GHCNhHeader {
    if carry.last == UInt8(ascii: "\r") { carry.removeLast() }
    let header = try carry.withUnsafeBytes { try GHCNhHeader($0) }
    carry = []
    return header
  }
}
