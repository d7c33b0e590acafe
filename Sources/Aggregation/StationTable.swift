// Station ids as small numbers, found by their bytes without making a String.

/// Numbers keys in the order of their first appearance; number 0 is the empty key, all stations.
struct StationTable {
  private(set) var keys: [[UInt8]] = [[]]
  /// By number: the key's first 16 bytes.
  private(set) var prefixes: [KeyPrefix] = [KeyPrefix(UnsafeRawBufferPointer(start: nil, count: 0))]
  private var buckets = [Int32](repeating: -1, count: 1024)

  mutating func number(of key: UnsafeRawBufferPointer) -> Int {
    if key.isEmpty { return 0 }
    let prefix = KeyPrefix(key)
    var bucket = prefix.hash & (buckets.count - 1)
    while buckets[bucket] >= 0 {
      let candidate = Int(buckets[bucket])
      // A prefix with padding is the whole key: keys hold no zero bytes.
      if prefixes[candidate] == prefix,
        key.count < KeyPrefix.byteCount || keys[candidate].elementsEqual(key)
      {
        return candidate
      }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    keys.append(Array(key))
    prefixes.append(prefix)
    buckets[bucket] = Int32(keys.count - 1)
    if keys.count * 2 > buckets.count { grow() }
    return keys.count - 1
  }

  /// Whether one key stands before another in the order of their bytes.
  func precedes(_ left: Int, _ right: Int) -> Bool {
    if prefixes[left] != prefixes[right] { return prefixes[left] < prefixes[right] }
    return keys[left].lexicographicallyPrecedes(keys[right])
  }

  private mutating func grow() {
    buckets = [Int32](repeating: -1, count: buckets.count * 2)
    for number in 1..<keys.count {
      var bucket = prefixes[number].hash & (buckets.count - 1)
      while buckets[bucket] >= 0 { bucket = (bucket + 1) & (buckets.count - 1) }
      buckets[bucket] = Int32(number)
    }
  }
}

/// The first 16 bytes of a key as numbers that compare as the bytes do; zeros stand for missing ones.
struct KeyPrefix: Hashable, Comparable {
  static let byteCount = 16

  let high: UInt64
  let low: UInt64

  init(_ key: UnsafeRawBufferPointer) {
    func word(at start: Int) -> UInt64 {
      if key.count >= start + 8 {
        return UInt64(bigEndian: key.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      }
      var word: UInt64 = 0
      for index in start..<max(start, key.count) {
        word |= UInt64(key[index]) << UInt64(56 - (index - start) * 8)
      }
      return word
    }
    high = word(at: 0)
    low = word(at: 8)
  }

  static func < (left: KeyPrefix, right: KeyPrefix) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }

  /// Only for finding a bucket: no result depends on it.
  var hash: Int {
    var mixed = high &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 29) ^ low) &* 0xBF58_476D_1CE4_E5B9
    return Int(truncatingIfNeeded: mixed >> 33)
  }
}
