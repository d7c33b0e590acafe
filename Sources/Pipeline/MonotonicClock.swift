// Time for durations: unlike the wall clock it never steps. It says nothing about a date, and decides
// nothing that is stored.

import Glibc

public enum MonotonicClock {
  public static func milliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  public static func seconds() -> Double { Double(milliseconds()) / 1000 }
}
