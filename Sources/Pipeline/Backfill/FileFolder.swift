// Reads one file after another and folds them: the work of one thread of a backfill.

import Aggregation
import LogStore
import Observations

/// Folds contents into partials. Not shared between threads; its buffers serve one content after the
/// other.
final class FileFolder {
  private let rule: BackfillRule
  private let format: ObservationFormat?
  /// When the rows count as received, in seconds since 1970 UTC.
  private let receivedSeconds: Int64
  /// Asked between two pieces.
  private let shouldStop: @Sendable () -> Bool
  private let onBytes: @Sendable (Int) -> Void
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: pieceByteCount, alignment: 64)
  private let compressor = ZstandardCompressor()

  /// A piece should still be in the processor's cache when it is decoded.
  private static let pieceByteCount = 256 << 10

  /// - Parameter onBytes: told how many bytes of files have been read since it was last told.
  init(
    rule: BackfillRule, format: ObservationFormat?, receivedSeconds: Int64,
    shouldStop: @escaping @Sendable () -> Bool, onBytes: @escaping @Sendable (Int) -> Void
  ) {
    self.rule = rule
    self.format = format
    self.receivedSeconds = receivedSeconds
    self.shouldStop = shouldStop
    self.onBytes = onBytes
  }

  deinit { buffer.deallocate() }

  /// Folds a file of its own.
  /// - Returns: nil when it was asked to stop.
  func fold(path: String, name: String) throws(InputFailure) -> FoldedContent? {
    let reader = try ByteReader(path: path, name: name)
    var told: Int64 = 0
    return try fold(name: name) { (buffer) throws(InputFailure) in
      let count = try reader.read(into: buffer)
      onBytes(Int(reader.fileByteCount - told))
      told = reader.fileByteCount
      return count
    }
  }

  /// Folds a content that `read` hands over piece by piece; 0 bytes are its end.
  /// - Parameter name: as the user knows it, for messages and for formats that need it.
  /// - Returns: nil when it was asked to stop.
  /// - Throws: what is wrong with the content as a whole; then none of it counts.
  func fold(
    name: String, _ read: (UnsafeMutableRawBufferPointer) throws(InputFailure) -> Int
  ) throws(InputFailure) -> FoldedContent? {
    var decoder = FileDecoder(
      format: format, fileName: name, columns: PartialBuilder.columns)
    let hasher = ContentHasher()
    var builder = PartialBuilder(rule: rule, receivedSeconds: receivedSeconds)
    let refused = RefusedRows(name: name)
    func take(_ row: DecodedRow) {
      builder.add(row)
      if case .rejected(let reason) = row.content { refused.add(row, reason) }
    }
    do {
      while true {
        if shouldStop() { return nil }
        let count = try read(buffer)
        guard count > 0 else { break }
        let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        hasher.update(piece)
        try decoder.decode(piece) { take($0) }
      }
      try decoder.finish { take($0) }
    } catch let failure as InputFailure {
      throw failure
    } catch let failure as DecodeFailure {
      throw InputFailure(name, line: failure.line, failure.description)
    } catch {
      throw InputFailure(name, "\(error)")
    }
    // The station of such rows stands in the file's name alone, so it is part of the content.
    if decoder.recognisedFormat == .isdLite, let station = StationYearFileName(name)?.station {
      Array(station.utf8).withUnsafeBytes { hasher.update($0) }
    }
    return finish(hasher.finish(), builder.take(), refused)
  }

  private func finish(
    _ id: ContentID, _ partial: Partial, _ refused: RefusedRows
  ) -> FoldedContent {
    var record = ContentRecord()
    record.counts = partial.counts
    let stations = zip(partial.stations, partial.byStation).map { hours, part in
      (key: hours.station, value: CompressedPartial.make(part.encoded(), compressor))
    }
    record.stations = stations.map(\.key)
    return FoldedContent(
      id: id, record: record, stations: stations, refusedRows: refused.take(),
      refusedExamples: refused.examples)
  }
}
