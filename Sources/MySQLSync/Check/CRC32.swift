// CRC-32 (ISO-HDLC, reflected polynomial 0xEDB88320), as SQL's CRC32() has it.

enum CRC32 {
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var register: UInt32 = ~0
    table.withUnsafeBufferPointer { table in
      for byte in bytes {
        register = register >> 8 ^ table[Int((register ^ UInt32(byte)) & 0xFF)]
      }
    }
    return ~register
  }

  /// By byte.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
  }
}
