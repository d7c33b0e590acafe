// What makes two files the same to backfill: their bytes after decompression.

/// The name of a content, as `ContentHasher` makes it.
struct ContentID: Hashable, Sendable, CustomStringConvertible {
  let high: UInt64
  let low: UInt64

  /// The number of the content's blocks in the store.
  var number: Int64 { Int64(bitPattern: low) }

  var bytes: [UInt8] {
    withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) }
  }

  /// 32 hexadecimal digits.
  var description: String {
    bytes.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
  }

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    func number(_ part: some Collection<UInt8>) -> UInt64 {
      part.reduce(0) { $0 << 8 | UInt64($1) }
    }
    self.init(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
  }
}
