// Compression of record batches, by libzstd.

import CZstd

/// A reusable compressor. Not shared between threads.
package final class ZstandardCompressor {
  private let context: OpaquePointer
  /// Level 1: on observation records it compresses 6 to 1 at several hundred MB/s, and higher
  /// levels cost more time than they save in writes.
  private static let level: Int32 = 1

  package init() {
    guard let context = ZSTD_createCCtx() else { preconditionFailure("out of memory") }
    self.context = context
  }

  deinit { ZSTD_freeCCtx(context) }

  package func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
      count = ZSTD_compressCCtx(
        context, buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count, Self.level)
      precondition(ZSTD_isError(count) == 0, "zstd refused to compress")
    }
  }
}

/// A reusable decompressor. Not shared between threads.
package final class ZstandardDecompressor {
  private let context: OpaquePointer

  package init() {
    guard let context = ZSTD_createDCtx() else { preconditionFailure("out of memory") }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Exactly `size` bytes, or nil when `bytes` do not decompress to that.
  package func decompress(_ bytes: UnsafeRawBufferPointer, size: Int) -> [UInt8]? {
    var complete = false
    let result = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let written = ZSTD_decompressDCtx(
        context, buffer.baseAddress, size, bytes.baseAddress, bytes.count)
      complete = ZSTD_isError(written) == 0 && written == size
      count = complete ? size : 0
    }
    return complete ? result : nil
  }
}
