// What a file, or a member of an archive, is known by in the store.
//
// Bytes, not text: to a file system "é" in one code point and in two are different names, to `String` they
// are equal. One key for two files would let each push out what the other gave.

import Glibc

/// An absolute path; of a member, the archive's path, two slashes, and the member's name; of a stream, which
/// has no path, the id of its content.
struct FileKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  let bytes: [UInt8]

  init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// - Parameter path: absolute, and the file system's own: it has no two slashes in a row.
  init(absolutePath path: UnsafePointer<CChar>) {
    var end = path
    while end.pointee != 0 { end += 1 }
    bytes = UnsafeBufferPointer(start: path, count: end - path).map { UInt8(bitPattern: $0) }
  }

  init(stream content: ContentID) { bytes = Array("stream:\(content)".utf8) }

  func member(_ name: String) -> FileKey {
    FileKey(bytes: bytes + ArchiveMember.separator.utf8 + name.utf8)
  }

  func isMember(of archive: FileKey) -> Bool {
    bytes.starts(with: archive.bytes)
      && bytes.dropFirst(archive.bytes.count).starts(with: ArchiveMember.separator.utf8)
  }

  /// The archive that this is a member of; nil for others.
  var archive: FileKey? {
    let slash = UInt8(ascii: "/")
    guard
      let place = bytes.indices.dropLast().first(where: {
        bytes[$0] == slash && bytes[$0 + 1] == slash
      })
    else { return nil }
    return FileKey(bytes: bytes[..<place])
  }

  /// Whether this is the path of a file, or of a member of one, where there is none any more.
  var namesMissingFile: Bool {
    guard bytes.first == UInt8(ascii: "/") else { return false }
    var status = stat()
    let path = (archive ?? self).bytes.map { CChar(bitPattern: $0) } + [0]
    return lstat(path, &status) != 0 && errno == ENOENT
  }

  static func < (left: FileKey, right: FileKey) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// For messages.
  var description: String { String(decoding: bytes, as: UTF8.self) }
}
