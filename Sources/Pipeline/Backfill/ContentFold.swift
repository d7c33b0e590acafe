// The fold of one content after the other, piece by piece: of files, and of members of an archive.

import Aggregation
import LogStore
import Observations

/// Decodes, folds and hashes contents. Not shared between threads; its memory serves one content after
/// the other.
///
/// A content comes in pieces, by `add`; or in ranges that were folded elsewhere.
final class ContentFold {
  private let rule: BackfillRule
  private let format: ObservationFormat?
  private let compressor = ZstandardCompressor()
  @exclusivity(unchecked) private var builder: PartialBuilder
  private var name = ""
  private let hasher: ContentHasher
  private var refused = RefusedRows(name: "")
  @exclusivity(unchecked) private var decoder = FileDecoder(fileName: "")
  /// The lines before those that the decoder counts.
  private var linesBefore = 0

  /// - Parameters:
  ///   - format: nil to recognise each content's.
  ///   - receivedSeconds: when all rows count as received, in seconds since 1970 UTC.
  init(
    rule: BackfillRule, format: ObservationFormat?, cuts: FileCuts, receivedSeconds: Int64
  ) {
    hasher = ContentHasher(blockByteCount: cuts.blockByteCount)
    self.rule = rule
    self.format = format
    builder = PartialBuilder(rule: rule, receivedSeconds: receivedSeconds)
  }

  /// Begins a content, and forgets the one before.
  /// - Parameter name: as the user knows it, for messages and for formats that need it.
  func begin(_ name: String) {
    self.name = name
    hasher.reset()
    refused = RefusedRows(name: name)
    decoder = FileDecoder(format: format, fileName: name, columns: PartialBuilder.columns)
    linesBefore = 0
    builder.clear()
  }

  /// - Throws: what is wrong with the content as a whole; then none of it counts.
  func add(_ piece: UnsafeRawBufferPointer) throws(InputFailure) {
    hasher.update(piece)
    try addRows(piece)
  }

  // MARK: Ranges

  /// Whether the rows of a range that comes next can be taken as they are.
  var isBetweenRows: Bool { decoder.isBetweenRows }

  func takeHash(from other: ContentHasher) { hasher.take(from: other) }

  /// Takes in the rows of the range that comes next.
  func takeRows(from rows: RangeRows) throws(InputFailure) {
    precondition(isBetweenRows, "a range begins between two rows")
    linesBefore += decoder.lineCount
    decoder = rows.decoder
    rows.move(to: &builder)
    for row in rows.refused {
      row.bytes.withUnsafeBytes { refused.add($0, line: linesBefore + row.line, row.reason) }
    }
    try refused.requireRoom()
  }

  /// Decodes bytes that are hashed elsewhere.
  func addRows(_ piece: UnsafeRawBufferPointer) throws(InputFailure) {
    try decoding { try decoder.decode(piece) { take($0) } }
    try refused.requireRoom()
  }

  // MARK: The end

  /// All pieces have come.
  func finish() throws(InputFailure) -> FoldedContent {
    try decoding { try decoder.finish { take($0) } }
    // The station of such rows stands in the file's name alone, so it is part of the content.
    let station = decoder.recognisedFormat == .isdLite ? StationYearFileName(name)?.station : nil
    let folded = builder.takeEncodedByStation()
    // Kept, it would count as read when the command is run again with the right format.
    if let format, refused.count > 0, refused.count == folded.counts.rowCount {
      throw InputFailure(
        name, "no row can be read as \(format.rawValue): leave --input-format out, or name another")
    }
    var record = ContentRecord()
    record.counts = folded.counts
    record.stations = folded.stations.map(\.station)
    return FoldedContent(
      id: hasher.finish(station: station), record: record,
      stations: folded.stations.map {
        (key: $0.station, value: CompressedPartial.make($0.bytes, compressor))
      },
      refusedRows: refused.take(), refusedExamples: refused.examples)
  }

  @inline(__always)
  private func take(_ row: DecodedRow) {
    builder.add(row)
    if case .rejected(let reason) = row.content {
      refused.add(row.bytes, line: linesBefore + row.line, reason)
    }
  }

  private func decoding(_ body: () throws -> Void) throws(InputFailure) {
    do {
      try body()
    } catch let failure as DecodeFailure {
      throw InputFailure(name, line: linesBefore + failure.line, failure.description)
    } catch {
      throw InputFailure(name, "\(error)")
    }
  }
}
