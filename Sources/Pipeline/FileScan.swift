// A file's rows as hashes only: what identity is decided on, before anything is appended.

import Observations

/// The beginning of a file.
struct FileProbe: Sendable {
  /// The chain's value after the first row, and the earliest event time of the rows that the reorder
  /// window will hold first; nil when the file has no row.
  let head: (chain: UInt64, seconds: Int64)?
  /// How the file ended, when it did before a row was found.
  let end: FileEnd?
  var isCompressed = false

  static func run(path: String, name: String, format: ObservationFormat?) -> FileProbe {
    do {
      let reader = try RowChunkReader(
        path: path, name: name, format: format, chunkByteCount: 32 << 10)
      var chain: UInt64?
      var seconds = Int64.max
      var count = 0
      while count < ReorderWindow.rowCountMax, let chunk = reader.next() {
        for row in chunk.rows.prefix(ReorderWindow.rowCountMax - count) {
          chain = chain ?? row.chain
          seconds = min(seconds, row.seconds)
          count += 1
        }
      }
      if let chain {
        return FileProbe(head: (chain, seconds), end: nil, isCompressed: reader.isCompressed)
      }
      return FileProbe(head: nil, end: reader.end)
    } catch {
      return FileProbe(head: nil, end: FileEnd(unfinished: nil, failure: error))
    }
  }
}

/// The chain after every row of a file.
struct FileScan: Sendable {
  var chain: [UInt64] = []
  /// Of each known file that this may be, the row that comes next.
  var nextRows: [NextRow]
  var end = FileEnd(unfinished: nil, failure: nil)

  /// - Parameters:
  ///   - known: how far the files have come that this may be.
  ///   - shouldStop: asked a few hundred times a second.
  static func run(
    path: String, name: String, format: ObservationFormat?, known: [FileProgress],
    shouldStop: () -> Bool
  ) throws(IngestStopped) -> FileScan {
    var scan = FileScan(nextRows: known.map { NextRow(after: $0) })
    let reader: RowChunkReader
    do {
      reader = try RowChunkReader(
        path: path, name: name, format: format, chunkByteCount: 256 << 10)
    } catch {
      scan.end = FileEnd(unfinished: nil, failure: error)
      return scan
    }
    while let chunk = reader.next() {
      if shouldStop() { throw IngestStopped() }
      for row in chunk.rows {
        for index in scan.nextRows.indices {
          scan.nextRows[index].see(row: scan.chain.count, seconds: row.seconds)
        }
        scan.chain.append(row.chain)
      }
    }
    if let end = reader.end { scan.end = end }
    return scan
  }

  /// Whether one of two files is the beginning of the other.
  func agrees(with other: FileScan) -> Bool {
    let count = min(chain.count, other.chain.count)
    return count == 0 || chain[count - 1] == other.chain[count - 1]
  }

  /// Whether it holds more than an agreeing file: rows, or at least the beginning of one.
  func goesOn(after other: FileScan) -> Bool {
    chain.count > other.chain.count
      || (chain.count == other.chain.count && other.end.unfinished == nil && end.unfinished != nil)
  }
}

/// A file that the store knows, with the digests of its rows.
struct KnownFile {
  let identity: FileIdentity
  let progress: FileProgress
  let digests: [UInt32]

  /// Whether a file is this one, as it was, as it is now, or as it has grown.
  func agrees(with scan: FileScan) -> Bool {
    let count = min(scan.chain.count, digests.count)
    guard count > 0 else { return false }
    let value = scan.chain[count - 1]
    return RowChain.digest(value) == digests[count - 1]
      && (count < digests.count || value == progress.chain)
  }

  /// Whether a file that agrees adds nothing: all its rows are in the log, and its unfinished line is
  /// kept, or known as a whole one.
  func holdsAll(of scan: FileScan) -> Bool {
    (0..<scan.chain.count).allSatisfy { progress.contains($0) }
      && (scan.chain.count < digests.count
        || scan.end.unfinished.map { $0.hash == progress.unfinishedHash } ?? true)
  }
}
