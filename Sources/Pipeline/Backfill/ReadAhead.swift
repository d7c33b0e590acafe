// Reads the next piece of a file while the one before is looked at.

import Dispatch

/// Hands over a file's pieces in order. `next` is called by one thread.
final class ReadAhead: @unchecked Sendable {
  // Sendable by hand: between `start` and the semaphore's signal only the background task touches
  // `reader`, `ready` and the buffer that is being filled; after the wait only the caller does.
  private let reader: WholeFileReader
  private let queue = DispatchQueue(label: "moaa.read-ahead")
  private let done = DispatchSemaphore(value: 0)
  private var buffers: [UnsafeMutableRawBufferPointer]
  private var filling = 0
  private var ready: Result<Int, InputFailure> = .success(0)
  private var isLoading = false
  private static let pieceByteCount = 256 << 10

  /// - Parameter first: what was read already, which is copied and comes first.
  init(_ reader: WholeFileReader, first: UnsafeRawBufferPointer) {
    self.reader = reader
    buffers = (0..<2).map { _ in
      .allocate(byteCount: max(Self.pieceByteCount, first.count), alignment: 64)
    }
    buffers[0].copyMemory(from: first)
    ready = .success(first.count)
    done.signal()
    isLoading = true
  }

  deinit {
    if isLoading { done.wait() }
    for buffer in buffers { buffer.deallocate() }
  }

  /// The next piece, valid until the next call; nil at the end of the file.
  func next() throws(InputFailure) -> UnsafeRawBufferPointer? {
    guard isLoading else { return nil }
    done.wait()
    isLoading = false
    let count = try ready.get()
    guard count > 0 else { return nil }
    let piece = UnsafeRawBufferPointer(rebasing: buffers[filling][..<count])
    filling = 1 - filling
    start()
    return piece
  }

  private func start() {
    isLoading = true
    queue.async { [self] in
      ready = Result { () throws(InputFailure) in try reader.read(into: buffers[filling]) }
      done.signal()
    }
  }
}
