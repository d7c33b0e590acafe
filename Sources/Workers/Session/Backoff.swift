import Glibc
struct Backoff {
  mutating func reset() { n = 0 }; var n = 0;
  mutating func wait() -> Bool {
    n += 1; return usleep(UInt32(min(100_000 << min(n, 6), 5_000_000))) == 0
  }
}
