// The fold of one content, piece by piece: a file, or a member of an archive.

import Aggregation
import LogStore
import Observations

/// Decodes, folds and hashes one content. Not shared between threads.
final class ContentFold {
  private let name: String
  private let hasher = ContentHasher()
  private let refused: RefusedRows
  @exclusivity(unchecked) private var decoder: FileDecoder
  @exclusivity(unchecked) private var builder: PartialBuilder

  /// - Parameters:
  ///   - name: as the user knows it, for messages and for formats that need it.
  ///   - format: nil to recognise it.
  ///   - receivedSeconds: when its rows count as received, in seconds since 1970 UTC.
  init(name: String, format: ObservationFormat?, rule: BackfillRule, receivedSeconds: Int64) {
    self.name = name
    refused = RefusedRows(name: name)
    decoder = FileDecoder(format: format, fileName: name, columns: PartialBuilder.columns)
    builder = PartialBuilder(rule: rule, receivedSeconds: receivedSeconds)
  }

  /// - Throws: what is wrong with the content as a whole; then none of it counts.
  func add(_ piece: UnsafeRawBufferPointer) throws(InputFailure) {
    hasher.update(piece)
    try decoding { try decoder.decode(piece) { take($0) } }
  }

  /// All pieces have come.
  func finish(_ compressor: ZstandardCompressor) throws(InputFailure) -> FoldedContent {
    try decoding { try decoder.finish { take($0) } }
    // The station of such rows stands in the file's name alone, so it is part of the content.
    if decoder.recognisedFormat == .isdLite, let station = StationYearFileName(name)?.station {
      Array(station.utf8).withUnsafeBytes { hasher.update($0) }
    }
    let partial = builder.take()
    var record = ContentRecord()
    record.counts = partial.counts
    record.stations = partial.stations.map(\.station)
    let values = partial.byStation.map { CompressedPartial.make($0.encoded(), compressor) }
    return FoldedContent(
      id: hasher.finish(), record: record,
      stations: zip(record.stations, values).map { (key: $0, value: $1) },
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
