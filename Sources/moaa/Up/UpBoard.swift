// What the parts of `moaa up` say of themselves while they run: the store knows the rest.

import Sockets
import Synchronization

/// Written by the parts' threads, read by whoever shows it.
final class UpBoard: Sendable {
  struct Figures: Sendable {
    /// Since the process began; the listener may have begun again in between.
    var received = ListenCounts()
    var feed: FeedProgress?
  }

  private let figures = Mutex(Figures())
  private let earlier = Mutex(ListenCounts())

  var current: Figures { figures.withLock { $0 } }

  /// Whether a listener has opened its sockets.
  var isListening: Bool { listening.load(ordering: .relaxed) }
  func noteListening() { listening.store(true, ordering: .relaxed) }
  private let listening = Atomic(false)

  /// A listener begins to count at 0.
  func beginListening() {
    let before = current.received
    earlier.withLock { $0 = before }
  }

  func note(_ counts: ListenCounts) {
    let before = earlier.withLock { $0 }
    figures.withLock {
      $0.received.recordCount = before.recordCount + counts.recordCount
      $0.received.refusedCount = before.refusedCount + counts.refusedCount
      $0.received.controlCount = before.controlCount + counts.controlCount
      $0.received.connectionCount = counts.connectionCount
    }
  }

  func note(_ progress: FeedProgress) { figures.withLock { $0.feed = progress } }
}
