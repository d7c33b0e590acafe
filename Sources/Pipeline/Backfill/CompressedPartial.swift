// Partials as they lie in the store: their size as 4 bytes, little-endian, then a zstd frame.

import LogStore

enum CompressedPartial {
  /// A century of a station's hours is below this; what claims more is damaged.
  private static let byteCountMax = 1 << 28

  static func make(_ bytes: [UInt8], _ compressor: ZstandardCompressor) -> [UInt8] {
    var value: [UInt8] = []
    withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { value.append(contentsOf: $0) }
    value += bytes.withUnsafeBytes { compressor.compress($0) }
    return value
  }

  /// How many bytes the partial has; nil when the bytes are not such a value.
  static func byteCount(_ value: UnsafeRawBufferPointer) -> Int? {
    guard value.count > 4 else { return nil }
    let byteCount = Int(UInt32(littleEndian: value.loadUnaligned(as: UInt32.self)))
    return byteCount <= byteCountMax ? byteCount : nil
  }

  /// nil when the bytes are not such a value.
  static func open(
    _ value: UnsafeRawBufferPointer, _ decompressor: ZstandardDecompressor
  ) -> [UInt8]? {
    guard let byteCount = byteCount(value) else { return nil }
    return decompressor.decompress(
      UnsafeRawBufferPointer(rebasing: value[4...]), size: byteCount)
  }
}
