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
  private var prefetcher: RowPrefetcher?
  @exclusivity(unchecked) private var chunk: RowChunk?
  @exclusivity(unchecked) private var chunkIndex = 0
  /// Rows read so far.
  @exclusivity(unchecked) private var readCount = 0
  @exclusivity(unchecked) private var window = ReorderWindow()
  /// Digests of the rows read since the last full block that is in the store.
  @exclusivity(unchecked) private var digests: [UInt32] = []
  @exclusivity(unchecked) private var digestsStart: Int
  @exclusivity(unchecked) private(set) var end: FileEnd?
  private var openFailure: InputFailure?

  init(_ plan: FilePlan, chunkByteCount: Int) {
    self.plan = plan
    self.chunkByteCount = chunkByteCount
    progress = plan.progress
    storedPosition = plan.storedPosition
    digestsStart =
      plan.progress.knownCount / FileProgress.digestBlockRows * FileProgress.digestBlockRows
  }

  /// Bytes of the file read so far.
  var fileByteCount: Int64 { prefetcher?.fileByteCount ?? finishedByteCount }
  private var finishedByteCount: Int64 = 0

  /// The event time that decides when the file's turn is: before it is opened that of its first
  /// row, then that of the earliest row at hand. nil at its end.
  var seconds: Int64? {
    if prefetcher == nil, end == nil { return plan.firstSeconds }
    return window.isEmpty ? nil : window.head.seconds
  }

  /// Whether part of the file is in the log: then its earliest row must be known at once.
  var isResumed: Bool { plan.progress.knownCount > 0 }

  /// Makes `head` the file's next row, if it has one.
  func fill() {
    if prefetcher == nil, end == nil { open() }
    while !window.isFull, end == nil {
      if let chunk, chunkIndex < chunk.rows.count {
        take(chunk, chunkIndex)
        chunkIndex += 1
      } else {
        chunk = prefetcher?.next()
        chunkIndex = 0
        if chunk == nil { finish(prefetcher?.end) }
      }
    }
  }

  private func open() {
    do {
      prefetcher = RowPrefetcher(
        try RowChunkReader(path: plan.path, name: plan.name, chunkByteCount: chunkByteCount))
    } catch {
      finish(FileEnd(unfinished: nil, failure: error))
    }
  }

  private func finish(_ end: FileEnd?) {
    var end = end ?? FileEnd(unfinished: nil, failure: nil)
    if end.failure == nil, readCount < plan.progress.knownCount {
      end = FileEnd(
        unfinished: nil, failure: InputFailure(plan.name, "the file shrank while it was read"))
    }
    self.end = end
    finishedByteCount = prefetcher?.fileByteCount ?? 0
    prefetcher = nil
    chunk = nil
  }

  private func take(_ chunk: RowChunk, _ index: Int) {
    let row = chunk.rows[index]
    let number = readCount
    readCount += 1
    if number >= digestsStart { digests.append(RowChain.digest(row.chain)) }
    if number + 1 == plan.progress.knownCount, row.chain != plan.progress.chain {
      finish(
        FileEnd(
          unfinished: nil, failure: InputFailure(plan.name, "the file changed while it was read")))
      return
    }
    guard number >= plan.progress.knownCount || !plan.progress.contains(number) else { return }
    window.insert(
      ReorderWindow.Entry(seconds: row.seconds, row: number, chunk: chunk, index: index))
  }

  /// The next row; there is one when `seconds` is not nil and `fill` was called.
  var head: ReorderWindow.Entry { window.head }
  var hasHead: Bool { !window.isEmpty }

  /// Says that the head was appended.
  func removeHead() {
    let entry = window.head
    if entry.row >= progress.knownCount { progress.chain = entry.chunk.rows[entry.index].chain }
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
    let full = progress.knownCount / FileProgress.digestBlockRows * FileProgress.digestBlockRows
    digests.removeFirst(full - digestsStart)
    digestsStart = full
    storedPosition = Int64(progress.contiguousCount)
    isChanged = false
  }
}
