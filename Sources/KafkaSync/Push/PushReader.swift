// Local records for one transaction, read one such piece ahead on another thread.

import Dispatch
import LogStore
import Synchronization

/// Records of the local log that follow each other.
struct PushChunk: Sendable {
  struct Piece: Sendable {
    let batch: RecordBatch
    /// What of the batch belongs to the chunk.
    let offsets: Range<Offset>
  }

  var pieces: [Piece] = []
  let start: Offset
  var nextOffset: Offset
  /// The batch that holds the last record.
  var lastBatch: BatchIdentity?
}

/// Reads a topic from an offset on.
final class PushReader {
  private let work: Work
  private let queue = DispatchQueue(label: "moaa.push.reader")
  private var ahead: Promise?

  init(_ store: LogStore, topic: String, from offset: Offset, countMax: Int) throws {
    work = Work(
      store: store, topic: topic, reader: try store.reader(of: topic, from: offset),
      position: offset, countMax: countMax)
  }

  /// - Returns: nil when there is nothing more now.
  /// - Throws: `StoreError.offsetOutOfRange` when retention has taken what comes next.
  func next() throws -> PushChunk? {
    let promise = ahead ?? begin()
    ahead = nil
    guard let chunk = try promise.value().get() else { return nil }
    ahead = begin()
    return chunk
  }

  private func begin() -> Promise {
    let promise = Promise()
    queue.async { @Sendable [work] in promise.fulfil(Result { try work.read() }) }
    return promise
  }

  private final class Promise: Sendable {
    private let result = Mutex<Result<PushChunk?, any Error>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func fulfil(_ value: Result<PushChunk?, any Error>) {
      result.withLock { $0 = value }
      isThere.signal()
    }

    func value() -> Result<PushChunk?, any Error> {
      isThere.wait()
      guard let value = result.withLock({ $0 }) else { preconditionFailure("it was fulfilled") }
      return value
    }
  }

  private final class Work: @unchecked Sendable {
    // Sendable by hand: used on the queue alone, which does one thing at a time.
    private let store: LogStore
    private let topic: String
    private let reader: TopicReader
    private var position: Offset
    private let countMax: Int
    /// The batch that the last chunk ended in.
    private var current: RecordBatch?
    /// Beyond this a chunk takes no further batch, however few its records.
    private static let bytesMax = 32 << 20

    init(store: LogStore, topic: String, reader: TopicReader, position: Offset, countMax: Int) {
      self.store = store
      self.topic = topic
      self.reader = reader
      self.position = position
      self.countMax = countMax
    }

    func read() throws -> PushChunk? {
      var chunk = PushChunk(start: position, nextOffset: position)
      var (left, byteCount) = (countMax, 0)
      while left > 0, byteCount < Self.bytesMax, let batch = try current ?? reader.next() {
        let end = min(batch.nextOffset, position + left)
        chunk.pieces.append(PushChunk.Piece(batch: batch, offsets: position..<end))
        left -= Int(end - position)
        byteCount += batch.withBytes { $0.count }
        position = end
        current = end < batch.nextOffset ? batch : nil
      }
      guard position > chunk.start else { return nil }
      chunk.nextOffset = position
      chunk.lastBatch = try store.read { [position] view in
        try view.batchIdentity(of: view.topic(topic), before: position)
      }
      return chunk
    }
  }
}
