// In which partition of a topic a key belongs, as the producers of this world compute it.

/// How the producers of the input spread keys over partitions.
public enum ExpectedPartitioner: String, CaseIterable, Sendable {
  /// Java's clients, and `moaa sync kafka push`.
  case murmur2
  /// librdkafka's own default.
  case crc32
  /// Not known: equal keys are trusted to be in one partition.
  case any

  /// The partition of a key that is not empty; nil for `any`.
  /// - Parameter count: partitions of the topic.
  public func partition(of key: UnsafeRawBufferPointer, count: Int32) -> Int32? {
    precondition(count > 0, "a topic has a partition")
    switch self {
    case .murmur2: return (Self.murmur2(key) & 0x7FFF_FFFF) % count
    case .crc32: return Int32(Self.crc32(key) % UInt32(count))
    case .any: return nil
    }
  }

  /// Source: `org.apache.kafka.common.utils.Utils.murmur2`.
  static func murmur2(_ key: UnsafeRawBufferPointer) -> Int32 {
    let multiplier: UInt32 = 0x5BD1_E995
    var hash: UInt32 = 0x9747_B28C ^ UInt32(truncatingIfNeeded: key.count)
    let wordCount = key.count / 4
    for index in 0..<wordCount {
      var word = UInt32(
        littleEndian: key.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
      word = word &* multiplier
      word ^= word >> 24
      word = word &* multiplier
      hash = (hash &* multiplier) ^ word
    }
    let rest = key.count - wordCount * 4
    if rest > 0 {
      for index in 0..<rest { hash ^= UInt32(key[wordCount * 4 + index]) << UInt32(8 * index) }
      hash = hash &* multiplier
    }
    hash ^= hash >> 13
    hash = hash &* multiplier
    hash ^= hash >> 15
    return Int32(bitPattern: hash)
  }

  /// CRC-32 of zlib (reflected polynomial 0xEDB88320), as librdkafka's `consistent` takes it. Bit by
  /// bit: it is asked once a station.
  static func crc32(_ key: UnsafeRawBufferPointer) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in key {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~crc
  }
}
