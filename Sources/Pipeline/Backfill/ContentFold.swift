// The fold of one content after the other, piece by piece: of files, and of members of an archive.

import Aggregation
import LogStore
import Observations

/// Decodes, folds and hashes contents. Not shared between threads; its memory serves one content after
/// the other.
final class ContentFold {
  private let rule: BackfillRule
  private let format: ObservationFormat?
  private let compressor = ZstandardCompressor()
  @exclusivity(unchecked) private var builder: PartialBuilder
  private var name = ""
  private var hasher = ContentHasher()
  private var refused = RefusedRows(name: "")
  @exclusivity(unchecked) private var decoder = FileDecoder(fileName: "")

  /// - Parameters:
  ///   - format: nil to recognise each content's.
  ///   - receivedSeconds: when all rows count as received, in seconds since 1970 UTC.
  init(rule: BackfillRule, format: ObservationFormat?, receivedSeconds: Int64) {
    self.rule = rule
    self.format = format
    builder = PartialBuilder(rule: rule, receivedSeconds: receivedSeconds)
  }

  /// Begins a content, and forgets the one before.
  /// - Parameter name: as the user knows it, for messages and for formats that need it.
  func begin(_ name: String) {
    self.name = name
    hasher = ContentHasher()
    refused = RefusedRows(name: name)
    decoder = FileDecoder(format: format, fileName: name, columns: PartialBuilder.columns)
    builder.clear()
  }

  /// - Throws: what is wrong with the content as a whole; then none of it counts.
  func add(_ piece: UnsafeRawBufferPointer) throws(InputFailure) {
    hasher.update(piece)
    try decoding { try decoder.decode(piece) { take($0) } }
  }

  /// All pieces have come.
  func finish() throws(InputFailure) -> FoldedContent {
    try decoding { try decoder.finish { take($0) } }
    // The station of such rows stands in the file's name alone, so it is part of the content.
    if decoder.recognisedFormat == .isdLite, let station = StationYearFileName(name)?.station {
      Array(station.utf8).withUnsafeBytes { hasher.update($0) }
    }
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
      id: hasher.finish(), record: record,
      stations: folded.stations.map {
        (key: $0.station, value: CompressedPartial.make($0.bytes, compressor))
      },
      refusedRows: refused.take(), refusedExamples: refused.examples)
  }

  @inline(__always)
  private func take(_ row: DecodedRow) {
    builder.add(row)
    if case .rejected(let reason) = row.content { refused.add(row, reason) }
  }

  private func decoding(_ body: () throws -> Void) throws(InputFailure) {
    do {
      try body()
    } catch let failure as DecodeFailure {
      throw InputFailure(name, line: failure.line, failure.description)
    } catch {
      throw InputFailure(name, "\(error)")
    }
  }
}
