// Reads a file's chunks one ahead, so that decoding overlaps with what is done with the rows.

import Dispatch

/// Hands over the chunks of one file in order. `next` is called by one thread.
final class RowPrefetcher: @unchecked Sendable {
  // Sendable by hand: between `start` and the semaphore's signal only the background task touches
  // `reader` and `ready`; after the wait only the caller does.
  private let reader: RowChunkReader
  private var ready: RowChunk?
  private let done = DispatchSemaphore(value: 0)
  private var isLoading = false
  /// Bytes of the file read so far, for progress.
  private(set) var fileByteCount: Int64 = 0

  init(_ reader: RowChunkReader) {
    self.reader = reader
    start()
  }

  /// How the file ended, once `next` has returned nil.
  var end: FileEnd? { isLoading ? nil : reader.end }

  func next() -> RowChunk? {
    guard isLoading else { return nil }
    done.wait()
    isLoading = false
    let chunk = ready
    ready = nil
    fileByteCount = reader.fileByteCount
    if chunk != nil { start() }
    return chunk
  }

  private func start() {
    isLoading = true
    DispatchQueue.global().async {
      self.ready = self.reader.next()
      self.done.signal()
    }
  }
}
