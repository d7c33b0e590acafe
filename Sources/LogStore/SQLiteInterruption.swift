// How a statement that takes long inside SQLite is stopped.

import CSQLite
import Dispatch

extension SQLiteConnection {
  /// Runs `body`, whose statements throw `interrupted` once `shouldStop` says so, asked twenty times a
  /// second. A timer, because an integrity check calls no progress handler before SQLite 3.41.
  func interrupting<R>(
    when shouldStop: @escaping @Sendable () -> Bool, _ body: () throws -> R
  ) rethrows -> R {
    // SQLite allows this one call from another thread as long as the connection is open.
    nonisolated(unsafe) let handle = handle
    let queue = DispatchQueue(label: "moaa.interruption")
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.setEventHandler { if shouldStop() { sqlite3_interrupt(handle) } }
    timer.schedule(deadline: .now(), repeating: .milliseconds(50))
    timer.activate()
    defer {
      timer.cancel()
      // One that is running must not outlive the connection.
      queue.sync {}
    }
    return try body()
  }
}
