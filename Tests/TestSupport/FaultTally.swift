// How many faults the tests of one run have injected, by kind: printed when the run ends.

import Foundation
import Glibc
import Synchronization

/// Counts faults where they are injected, not where they are planned.
public enum FaultTally {
  private static let counts = Mutex<[String: Int]>([:])

  /// Once, with the first fault.
  private static let printing: Void = {
    atexit {
      let counts = FaultTally.counts.withLock { $0 }
      let kinds = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      print("faults injected: \(counts.values.reduce(0, +)): \(kinds.joined(separator: ", "))")
    }
  }()

  /// - Parameter kind: in few words, as "connections cut".
  public static func note(_ kind: String, _ count: Int = 1) {
    _ = printing
    counts.withLock { $0[kind, default: 0] += count }
  }
}
