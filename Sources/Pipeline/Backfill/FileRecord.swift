// What the store remembers of a file, or of a member of an archive, that backfill has read.

/// A file as it was when it was read.
struct FileRecord: Hashable, Sendable {
  /// nil when it could not be relied on, and for members of archives: then the file is read again.
  let stamp: FileStamp?
  /// nil for an archive: its members have contents.
  let content: ContentID?

  /// Flags (bit 0: stamp, bit 1: content); the stamp's five numbers, little-endian; 16 bytes of content.
  func encoded() -> [UInt8] {
    var bytes: [UInt8] = [(stamp == nil ? 0 : 1) | (content == nil ? 0 : 2)]
    if let stamp {
      for value in [
        UInt64(bitPattern: stamp.byteCount), UInt64(bitPattern: stamp.modified),
        UInt64(bitPattern: stamp.changed), stamp.inode, stamp.device,
      ] {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    if let content { bytes += content.bytes }
    return bytes
  }

  init(stamp: FileStamp?, content: ContentID?) {
    self.stamp = stamp
    self.content = content
  }

  /// nil when the bytes are not such a record.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let flags = bytes.first, flags <= 3,
      bytes.count == 1 + (flags & 1 == 0 ? 0 : 40) + (flags & 2 == 0 ? 0 : 16)
    else { return nil }
    if flags & 1 == 0 {
      stamp = nil
    } else {
      func number(_ index: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 1 + 8 * index, as: UInt64.self))
      }
      stamp = FileStamp(
        byteCount: Int64(bitPattern: number(0)), modified: Int64(bitPattern: number(1)),
        changed: Int64(bitPattern: number(2)), inode: number(3), device: number(4))
    }
    content = flags & 2 == 0 ? nil : ContentID(bytes.suffix(16))
  }
}
