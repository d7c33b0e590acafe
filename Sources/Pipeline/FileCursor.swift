// One file in the merge: its next row by event time, and what of it is in the log.

import LogStore

/// Walks the rows of a planned file that are not in the log yet. Not shared between threads.
final class FileCursor {
  let plan: FilePlan
  /// What will be in the log once everything delivered so far is committed.
  @exclusivity(unchecked) private(set) var progress: FileProgress
  /// The position that the store holds.
  var storedPosition: Int64?
  /// Whether `progress` differs from what the store holds.
  @exclusivity(unchecked) var isChanged = false
  private let chunkByteCount: Int
  private let shouldStop: () -> Bool
  private var prefetcher: RowPrefetcher?
  /// The chunk being read, and those before it that still have rows in the window.
  @exclusivity(unchecked) private var chunks: [(chunk: RowChunk, endRow: Int)] = []
  @exclusivity(unchecked) private var chunkIndex = 0
  @exclusivity(unchecked) private var chunkRowCount = 0
  /// Rows read so far.
  @exclusivity(unchecked) private var readCount = 0
  @exclusivity(unchecked) private var window = ReorderWindow()
  /// Digests of the rows since the last full block that is in the store, as far as they are known.
  @exclusivity(unchecked) private var digests: [UInt32]
  @exclusivity(unchecked) private var digestsStart: Int
  @exclusivity(unchecked) private(set) var end: FileEnd?

  /// - Parameter shouldStop: asked while rows are passed over that are in the log.
  init(_ plan: FilePlan, chunkByteCount: Int, shouldStop: @escaping () -> Bool) {
    self.plan = plan
    self.chunkByteCount = chunkByteCount
    self.shouldStop = shouldStop
    progress = plan.progress
    storedPosition = plan.storedPosition
    resumedCount = plan.progress.knownCount
    // Not from the file: it may be an older version, which does not reach so far.
    digests = plan.progress.tailDigests
    digestsStart = plan.progress.fullBlocksRowCount
  }

  /// Bytes of the file read so far.
  var fileByteCount: Int64 { prefetcher?.fileByteCount ?? finishedByteCount }
  private var finishedByteCount: Int64 = 0

  /// The event time that decides when the file's turn is: that of the earliest row at hand, and
  /// before the file is opened what was found when it was planned. nil at its end.
  var seconds: Int64? {
    if !window.isEmpty { return window.head.seconds }
    return end == nil ? plan.firstSeconds : nil
  }

  /// Rows that an earlier run knew of.
  private let resumedCount: Int

  /// Makes `head` the file's next row, if it has one and the run is not asked to stop.
  func fill() {
    if prefetcher == nil, end == nil { open() }
    let readMax = progress.contiguousCount + ReorderWindow.rowSpanMax
    while !window.isFull, readCount < readMax, end == nil {
      if chunkIndex < chunkRowCount {
        take(chunkIndex)
        chunkIndex += 1
      } else {
        // Passing over rows that are in the log may take long, and the window is empty until then.
        if readCount < progress.contiguousCount, shouldStop() { return }
        readChunk()
      }
    }
  }

  private func readChunk() {
    // A chunk may go once all of its rows are in the log or at least out of the window.
    let oldestRow = window.isEmpty ? readCount : window.lowestRow
    chunks.removeAll { $0.endRow <= oldestRow }
    chunkIndex = 0
    chunkRowCount = 0
    guard let chunk = prefetcher?.next() else {
      finish(prefetcher?.end)
      return
    }
    chunks.append((chunk, readCount + chunk.rows.count))
    chunkRowCount = chunk.rows.count
  }

  private func open() {
    do {
      prefetcher = RowPrefetcher(
        try RowChunkReader(
          path: plan.path, name: plan.name, format: plan.format, chunkByteCount: chunkByteCount))
    } catch {
      finish(FileEnd(unfinished: nil, failure: error))
    }
  }

  private func finish(_ end: FileEnd?) {
    var end = end ?? FileEnd(unfinished: nil, failure: nil)
    if end.failure == nil, readCount < plan.agreed.rowCount {
      end = FileEnd(
        unfinished: nil, failure: InputFailure(plan.name, "the file shrank while it was read"))
    } else if readCount < resumedCount {
      // A newer version has had this line whole.
      end = FileEnd(unfinished: nil, failure: end.failure)
    }
    self.end = end
    finishedByteCount = prefetcher?.fileByteCount ?? 0
    prefetcher = nil
  }

  /// What is said of a file that is not the one that was looked at before.
  static func changed(_ name: String) -> InputFailure {
    InputFailure(name, "the file changed while it was read")
  }

  private func take(_ index: Int) {
    let chunk = Unmanaged.passUnretained(chunks[chunks.count - 1].chunk)
    let (seconds, chain) = chunk._withUnsafeGuaranteedRef {
      ($0.rows[index].seconds, $0.rows[index].chain)
    }
    let number = readCount
    readCount += 1
    if number >= resumedCount { digests.append(RowChain.digest(chain)) }
    // Another file may have taken its place since it was looked at.
    let isAnother = number == 0 && chain != plan.identity.head
    if isAnother || (number + 1 == plan.agreed.rowCount && chain != plan.agreed.chain) {
      finish(
        FileEnd(
          unfinished: nil, failure: Self.changed(plan.name)))
      return
    }
    guard number >= resumedCount || !plan.progress.contains(number) else { return }
    window.insert(ReorderWindow.Entry(seconds: seconds, row: number, chunk: chunk, index: index))
  }

  /// Whether there is a next row at hand.
  var hasHead: Bool { !window.isEmpty }
  var headSeconds: Int64 { window.head.seconds }

  /// Hands over the next row, which must be at hand, and says that it was appended.
  @inline(__always)
  func takeHead(_ body: (RowChunk.Row, _ bytes: UnsafeRawBufferPointer) -> Void) {
    let entry = window.head
    entry.chunk._withUnsafeGuaranteedRef { chunk in
      let row = chunk.rows[entry.index]
      chunk.bytes.withUnsafeBytes { body(row, $0) }
      if entry.row >= progress.knownCount { progress.chain = row.chain }
    }
    progress.insert(entry.row)
    isChanged = true
    window.removeHead()
  }

  /// Says that the unfinished last line was put into quarantine.
  func noteUnfinished(_ hash: UInt64) {
    progress.unfinishedHash = hash
    isChanged = true
  }

  /// Puts what the store must remember into a transaction.
  func save(in transaction: WriteTransaction) throws {
    let known = progress.knownCount
    var saved = progress
    let blockRows = FileProgress.digestBlockRows
    var start = digestsStart
    while start + blockRows <= known {
      let block = digests[(start - digestsStart)..<(start - digestsStart + blockRows)]
      var bytes: [UInt8] = []
      for digest in block {
        withUnsafeBytes(of: digest.littleEndian) { bytes.append(contentsOf: $0) }
      }
      try transaction.setState(
        group: GroupName.ingest, key: plan.identity.key, block: Int64(start / blockRows),
        value: bytes)
      start += blockRows
    }
    saved.tailDigests = Array(digests[(start - digestsStart)..<(known - digestsStart)])
    try transaction.save(
      SourcePosition(
        source: plan.identity.source, partition: plan.identity.partition,
        position: Int64(saved.contiguousCount), detail: saved.detail()),
      expected: storedPosition)
  }

  /// The transaction that `save` was part of is durable.
  func noteSaved() {
    let full = progress.fullBlocksRowCount
    digests.removeFirst(full - digestsStart)
    digestsStart = full
    storedPosition = Int64(progress.contiguousCount)
    isChanged = false
  }
}

extension FileCursor {
  /// Memory for the chunks of all open files together.
  private static let chunkBytesTotal = 16 << 20
  /// A chunk's rows should still be in the processor's cache when they are merged.
  private static let chunkBytesMax = 64 << 10

  /// The cursors of a plan's files, in order.
  static func all(
    of plan: IngestPlan, shouldStop: @escaping @Sendable () -> Bool
  ) -> [FileCursor] {
    // Two chunks a file: the one being merged, the one being read.
    let chunkByteCount = min(
      chunkBytesMax, max(16 << 10, chunkBytesTotal / (2 * max(1, plan.files.count))))
    return plan.files.map {
      FileCursor($0, chunkByteCount: chunkByteCount, shouldStop: shouldStop)
    }
  }
}
