// Rows of a file as ingest handles them, and the reading of a file into them.

import Observations

/// A run of consecutive rows of one file. Immutable once made.
final class RowChunk: Sendable {
  /// 32 bytes, two to a cache line: the merge touches rows of all files in turn.
  struct Row: Sendable {
    /// Event time in seconds since 1970 UTC; of a refused row, that of the last row before it.
    var seconds: Int64
    /// The chain's value after this row.
    var chain: UInt64
    /// Where its bytes begin: station, then value (JSON, or the row itself when it is refused).
    var start: UInt32
    var valueByteCount: UInt32
    /// The physical line, from 1; of lines beyond four billion only the last digits are right.
    var line: UInt32
    var stationByteCount: UInt8
    /// nil for an observation.
    var refusal: RejectionReason?
  }

  let rows: [Row]
  let bytes: [UInt8]

  init(rows: [Row], bytes: [UInt8]) {
    self.rows = rows
    self.bytes = bytes
  }
}

/// A file's last line when it cannot be used and has no line end: perhaps only half written yet, so
/// it is no row of the file.
struct UnfinishedLine: Hashable, Sendable {
  let line: Int
  let bytes: [UInt8]
  let reason: RejectionReason
  /// What the file's chain will be after this line, should it become a refused row as it is.
  let hash: UInt64

  /// The source position that says that the first line of a file without any row is in quarantine.
  static func source(hash: UInt64) -> String { "line/\(FileIdentity.hexadecimal(hash))" }
}

/// How a file ended.
struct FileEnd: Sendable {
  let unfinished: UnfinishedLine?
  /// Why it could not be read to its end.
  let failure: InputFailure?
  /// Whether compressed data are wrong, and with them perhaps rows before that place.
  var isDamaged = false
}

/// Reads one file into chunks of rows. Not shared between threads.
final class RowChunkReader {
  private let name: String
  private let reader: ByteReader
  @exclusivity(unchecked) private var decoder: FileDecoder
  private let buffer: UnsafeMutableRawBufferPointer
  @exclusivity(unchecked) private var chain = RowChain()
  @exclusivity(unchecked) private var lastSeconds = Int64.min
  @exclusivity(unchecked) private var unfinished: UnfinishedLine?
  @exclusivity(unchecked) private var rows: [RowChunk.Row] = []
  @exclusivity(unchecked) private var bytes: [UInt8] = []
  private(set) var end: FileEnd?

  /// - Parameters:
  ///   - name: the file as the user named it, for messages and for formats that need it.
  ///   - format: nil to recognise it.
  ///   - chunkByteCount: how much of the file is read for a chunk.
  init(
    path: String, name: String, format: ObservationFormat?, chunkByteCount: Int
  ) throws(InputFailure) {
    self.name = name
    decoder = FileDecoder(format: format, fileName: name)
    reader = try ByteReader(path: path, name: name)
    buffer = .allocate(byteCount: chunkByteCount, alignment: 64)
  }

  deinit { buffer.deallocate() }

  var fileByteCount: Int64 { reader.fileByteCount }
  /// Whether the file is gzip; known after the first chunk.
  var isCompressed: Bool { reader.isCompressed }

  /// The next rows, or nil once `end` says how the file ended.
  func next() -> RowChunk? {
    while end == nil {
      do {
        let count = try reader.read(into: buffer)
        if count > 0 {
          try decoder.decode(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { take($0) }
        } else {
          try decoder.finish { take($0) }
          end = FileEnd(unfinished: unfinished, failure: nil)
        }
      } catch let failure as InputFailure {
        // What was read before the fault stands; a line cut off by it is reported as unfinished,
        // unless it may be wrong.
        if !reader.isDamaged { try? decoder.finish { take($0) } }
        end = FileEnd(unfinished: unfinished, failure: failure, isDamaged: reader.isDamaged)
      } catch let failure as DecodeFailure {
        end = FileEnd(
          unfinished: nil, failure: InputFailure(name, line: failure.line, failure.description))
      } catch {
        end = FileEnd(unfinished: nil, failure: InputFailure(name, "\(error)"))
      }
      if !rows.isEmpty {
        let chunk = RowChunk(rows: rows, bytes: bytes)
        rows = []
        rows.reserveCapacity(chunk.rows.count)
        bytes = []
        bytes.reserveCapacity(chunk.bytes.count + 4096)
        return chunk
      }
    }
    return nil
  }

  private func take(_ row: DecodedRow) {
    let start = bytes.count
    switch row.content {
    case .observation(let observation):
      lastSeconds = observation.time.secondsSinceEpoch
      bytes.append(contentsOf: observation.station)
      let stationByteCount = bytes.count - start
      RawObservationEncoder.append(observation, to: &bytes)
      let valueByteCount = bytes.count - start - stationByteCount
      bytes.withUnsafeBytes {
        chain.add(
          observation: UnsafeRawBufferPointer(rebasing: $0[(start + stationByteCount)...]))
      }
      rows.append(
        RowChunk.Row(
          seconds: lastSeconds, chain: chain.value, start: UInt32(start),
          valueByteCount: UInt32(valueByteCount), line: UInt32(truncatingIfNeeded: row.line),
          stationByteCount: UInt8(stationByteCount), refusal: nil))
    case .rejected(let reason):
      guard row.isTerminated else {
        var hash = chain
        hash.add(refused: row)
        unfinished = UnfinishedLine(
          line: row.line, bytes: Array(row.bytes), reason: reason, hash: hash.value)
        return
      }
      chain.add(refused: row)
      bytes.append(contentsOf: row.bytes)
      rows.append(
        RowChunk.Row(
          seconds: lastSeconds, chain: chain.value, start: UInt32(start),
          valueByteCount: UInt32(row.bytes.count), line: UInt32(truncatingIfNeeded: row.line),
          stationByteCount: 0, refusal: reason))
    }
  }
}
