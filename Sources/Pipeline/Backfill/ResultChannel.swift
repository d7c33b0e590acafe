// How workers hand over what they have made: in any order, a bounded number at a time.

import Dispatch
import Synchronization

/// A queue of bounded length between threads. Both ends wait.
final class ResultChannel<Item: Sendable>: Sendable {
  private let items = Mutex<[Item]>([])
  private let filled = DispatchSemaphore(value: 0)
  private let room: DispatchSemaphore

  init(capacity: Int) { room = DispatchSemaphore(value: capacity) }

  func send(_ item: Item) {
    room.wait()
    items.withLock { $0.append(item) }
    filled.signal()
  }

  func receive() -> Item {
    filled.wait()
    let item = items.withLock { $0.removeFirst() }
    room.signal()
    return item
  }
}
