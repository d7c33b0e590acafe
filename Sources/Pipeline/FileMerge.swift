// Many files as one stream of rows in event-time order.

/// Merges files by event time; rows of the same second come in the order of the files. A file is
/// opened when its first row is due, so that years of files do not need them all open at once.
final class FileMerge {
  // A run-time exclusivity check at every touch would be a good part of the merge; no method here
  // calls out while it holds the heap.
  private let cursors: [FileCursor]
  /// A binary heap of indices into `cursors`, ordered by (seconds, index).
  @exclusivity(unchecked) private var heap: [(seconds: Int64, index: Int)] = []
  private let shouldStop: () -> Bool

  /// - Parameter shouldStop: asked whenever a file is opened.
  init(_ cursors: [FileCursor], shouldStop: @escaping () -> Bool) {
    self.cursors = cursors
    self.shouldStop = shouldStop
    for (index, cursor) in cursors.enumerated() {
      if let seconds = cursor.seconds { push((seconds, index)) }
    }
  }

  /// Whether all files have been read.
  var isAtEnd: Bool { heap.isEmpty }

  /// The file whose next row is the earliest of all; nil at the end and when the run is to stop. The
  /// caller takes its head and then calls `advance`.
  func next() -> FileCursor? {
    while let top = heap.first {
      let cursor = cursors[top.index]
      if cursor.hasHead, cursor.headSeconds == top.seconds { return cursor }
      // Not opened yet, or its order has just become known.
      if shouldStop() { return nil }
      cursor.fill()
      replaceTop(cursor.seconds)
    }
    return nil
  }

  /// Moves on after the head of the file that `next` gave was removed.
  func advance() {
    let cursor = cursors[heap[0].index]
    cursor.fill()
    replaceTop(cursor.seconds)
  }

  private func replaceTop(_ seconds: Int64?) {
    if let seconds {
      heap[0].seconds = seconds
    } else {
      heap[0] = heap[heap.count - 1]
      heap.removeLast()
    }
    siftDown()
  }

  private func push(_ entry: (seconds: Int64, index: Int)) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private func siftDown() {
    let count = heap.count
    guard count > 1 else { return }
    heap.withUnsafeMutableBufferPointer { heap in
      let moving = heap[0]
      var hole = 0
      while true {
        var child = 2 * hole + 1
        guard child < count else { break }
        if child + 1 < count, heap[child + 1] < heap[child] { child += 1 }
        guard heap[child] < moving else { break }
        heap[hole] = heap[child]
        hole = child
      }
      heap[hole] = moving
    }
  }
}
