// Files that would be observations if they were unpacked or converted first: told by their first bytes, so
// that a person reads what to do, and not that this is no CSV.
//
// Sources: RFC 8878 (zstd), the xz file format 1.1.0, bzip2's block magic, PKWARE's APPNOTE (zip), RFC 2781
// (UTF-16).

enum ForeignData {
  private static let kinds: [(magic: [UInt8], what: String)] = [
    ([0x28, 0xB5, 0x2F, 0xFD], "zstd data: unpack it first, or compress with gzip"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz data: unpack it first, or compress with gzip"),
    (Array("BZh".utf8), "bzip2 data: unpack it first, or compress with gzip"),
    (Array("PK\u{3}\u{4}".utf8), "a zip archive: unpack it first, or pack it with tar and gzip"),
    ([0xFF, 0xFE], "UTF-16 text: convert it to UTF-8, as with `iconv -f UTF-16 -t UTF-8`"),
    ([0xFE, 0xFF], "UTF-16 text: convert it to UTF-8, as with `iconv -f UTF-16 -t UTF-8`"),
  ]

  /// What the data are and what to do about it; nil where they may be observations.
  /// - Parameter bytes: the first of a file.
  static func explanation(_ bytes: UnsafeRawBufferPointer) -> String? {
    kinds.first { bytes.starts(with: $0.magic) }.map { "this is \($0.what)" }
  }
}
