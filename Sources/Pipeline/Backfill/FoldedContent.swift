// A content that has been read and folded, ready to be kept.

import LogStore

/// The partials of one content, compressed, with what goes with them.
struct FoldedContent: Sendable {
  let id: ContentID
  let record: ContentRecord
  /// By station, as `CompressedPartial` writes them.
  let stations: [(key: [UInt8], value: [UInt8])]
  /// Rows that could not be read, for the quarantine topic.
  let refusedRows: [EncodedBatch]
  /// The first of those rows, for messages.
  let refusedExamples: [InputFailure]

  /// About what it takes in memory.
  var byteCount: Int {
    stations.reduce(0) { $0 + $1.value.count } + refusedRows.reduce(0) { $0 + $1.storedByteCount }
  }
}
