// Time that only goes forward: it decides when something is committed, never what it holds.

import Glibc

enum MonotonicSeconds {
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

enum Incarnation {
  /// A name that no other has: 128 random bits.
  static func random() -> String {
    (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined(separator: "-")
  }
}
