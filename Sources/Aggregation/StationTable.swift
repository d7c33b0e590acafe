// Station ids as small numbers, found by their bytes without making a String.

/// Numbers keys in the order of their first appearance; number 0 is the empty key, all stations.
struct StationTable {
  private(set) var keys: [[UInt8]] = [[]]
  private var buckets = [Int32](repeating: -1, count: 1024)

  mutating func number(of key: UnsafeRawBufferPointer) -> Int {
    var bucket = Self.hash(key) & (buckets.count - 1)
    while buckets[bucket] >= 0 {
      let candidate = Int(buckets[bucket])
      if Self.equal(keys[candidate], key) { return candidate }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    keys.append(Array(key))
    buckets[bucket] = Int32(keys.count - 1)
    if keys.count * 2 > buckets.count { grow() }
    return keys.count - 1
  }

  private mutating func grow() {
    buckets = [Int32](repeating: -1, count: buckets.count * 2)
    for number in 1..<keys.count {
      var bucket = keys[number].withUnsafeBytes { Self.hash($0) } & (buckets.count - 1)
      while buckets[bucket] >= 0 { bucket = (bucket + 1) & (buckets.count - 1) }
      buckets[bucket] = Int32(number)
    }
  }

  /// FNV-1a, folded. Only for finding a bucket: no result depends on it.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & 0x7FFF_FFFF)
  }

  private static func equal(_ key: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard key.count == bytes.count else { return false }
    return key.withUnsafeBytes { $0.elementsEqual(bytes) }
  }
}
