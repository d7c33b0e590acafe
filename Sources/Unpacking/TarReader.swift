// The files in a tar archive (ustar, GNU, pax), as the archive's bytes come: nothing is unpacked to
// disk.
//
// What must hold: the members do not depend on how the input is cut, what is kept between two pieces
// is a header at most, and a member ends only when all of its bytes have come.

/// Reads an archive from its first byte on. After an error is thrown it must not be used on.
///
/// Regular files are handed over; folders, links and devices are passed over. Sparse files and files
/// that go on in another volume are errors: what is stored of them is not what the file holds.
package struct TarReader {
  package struct Member: Equatable {
    /// As it was written: with folders, and whatever was before them.
    package let name: String
    package let byteCount: Int64
    /// Where its header begins in the archive.
    package let byteOffset: Int64
  }

  package enum Event {
    case begins(Member)
    /// Its next bytes, at least one; valid during the call.
    case content(UnsafeRawBufferPointer)
    /// The member that began last has been given whole.
    case ends
  }

  private enum State {
    /// At a block boundary between members, or within a header.
    case header
    case extending(TarHeader.Extension, byteCount: Int)
    case content(left: Int64, paddingByteCount: Int64, isWanted: Bool)
    case padding(left: Int64)
    case ended
  }

  package static let blockByteCount = 512
  /// Names and pax records of real archives are below 1 KiB; they are held in memory.
  static let extensionByteCountMax: Int64 = 1 << 20
  /// Offsets in the archive must not overflow; no file is a pebibyte.
  static let memberByteCountMax: Int64 = 1 << 50

  private let archive: String
  private var state = State.header
  /// The beginning of a header, or of an extension, of which the rest has not come.
  private var kept: [UInt8] = []
  /// How many of the archive's bytes are done with, `kept` among them.
  private var byteOffset: Int64 = 0
  /// Where the header at hand begins.
  private var headerOffset: Int64 = 0
  private var hadZeroBlock = false
  /// What the extensions before a header say of the next member, and of all that follow.
  private var ofNext = TarExtension()
  private var ofAll = TarExtension()
  private var hasExtension = false

  /// How much is kept of what was given, for the next piece.
  var keptByteCount: Int { kept.count }

  /// Whether the two zero blocks have come that end an archive. What follows is not looked at; but the
  /// compressed data should be read to their end, for their checksum is there.
  package var isEnded: Bool {
    if case .ended = state { true } else { false }
  }

  /// - Parameter archive: as the user named it, for messages.
  package init(archive: String) { self.archive = archive }

  /// Whether so many first bytes are a tar header's: its checksum is right. False for an archive
  /// without members.
  package static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= blockByteCount
      && TarHeader.hasRightChecksum(UnsafeRawBufferPointer(rebasing: bytes[..<blockByteCount]))
  }

  /// Reads the archive's next bytes.
  /// - Throws: `TarFailure`, or what `onEvent` throws.
  package mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ onEvent: (Event) throws -> Void
  ) throws {
    var rest = bytes
    while !rest.isEmpty {
      switch state {
      case .header:
        if kept.isEmpty { headerOffset = byteOffset }
        try take(Self.blockByteCount, of: &rest) { try $0.readHeader($1, onEvent) }
      case .extending(let kind, let byteCount):
        try take(byteCount, of: &rest) { try $0.readExtension(kind, $1) }
      case .content(let left, let paddingByteCount, let isWanted):
        let part = skip(left, of: &rest)
        if isWanted { try onEvent(.content(part)) }
        let newLeft = left - Int64(part.count)
        state = .content(left: newLeft, paddingByteCount: paddingByteCount, isWanted: isWanted)
        if newLeft == 0 {
          if isWanted { try onEvent(.ends) }
          pad(paddingByteCount)
        }
      case .padding(let left): pad(left - Int64(skip(left, of: &rest).count))
      case .ended: _ = skip(Int64(rest.count), of: &rest)
      }
    }
  }

  /// The archive has ended. It may do so without its zero blocks, but only between two members.
  package func finish() throws(TarFailure) {
    switch state {
    case .ended: return
    case .header where kept.isEmpty && !hasExtension: return
    case .header, .extending, .content, .padding:
      throw TarFailure(archive, byteOffset, "the tar archive ends early: it is cut off")
    }
  }

  // MARK: Bytes

  /// Hands over so many bytes once they have come, without a copy where they came at once.
  private mutating func take(
    _ byteCount: Int, of rest: inout UnsafeRawBufferPointer,
    _ use: (inout TarReader, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    if kept.isEmpty, rest.count >= byteCount {
      try use(&self, skip(Int64(byteCount), of: &rest))
      return
    }
    kept.append(contentsOf: skip(Int64(byteCount - kept.count), of: &rest))
    guard kept.count == byteCount else { return }
    var whole: [UInt8] = []
    swap(&whole, &kept)
    try whole.withUnsafeBytes { try use(&self, $0) }
    // Small for most archives, and then the next header's room.
    if whole.count == Self.blockByteCount {
      whole.removeAll(keepingCapacity: true)
      kept = whole
    }
  }

  /// Takes up to so many bytes off the beginning.
  private mutating func skip(
    _ byteCount: Int64, of rest: inout UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    let count = Int(min(byteCount, Int64(rest.count)))
    let part = UnsafeRawBufferPointer(rebasing: rest[..<count])
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    byteOffset += Int64(count)
    return part
  }

  private mutating func pad(_ byteCount: Int64) {
    state = byteCount == 0 ? .header : .padding(left: byteCount)
  }

  private static func paddingByteCount(_ byteCount: Int64) -> Int64 {
    let block = Int64(blockByteCount)
    return (block - byteCount % block) % block
  }

  // MARK: Headers

  private mutating func readHeader(
    _ block: UnsafeRawBufferPointer, _ onEvent: (Event) throws -> Void
  ) throws {
    guard block.contains(where: { $0 != 0 }) else {
      if hasExtension { throw failure("a header announces a member that does not follow") }
      if hadZeroBlock { state = .ended }
      hadZeroBlock = true
      return
    }
    if hadZeroBlock { throw failure("there is one zero block, and something after it") }
    guard TarHeader.hasRightChecksum(block) else {
      throw failure(
        headerOffset == 0
          ? "this is not a tar archive: the first header's checksum is wrong"
          : "the header's checksum is wrong")
    }
    let header = TarHeader(block)
    switch header.kind {
    case .extending(let kind):
      let byteCount = try checked(header.byteCount)
      guard byteCount <= Self.extensionByteCountMax else {
        throw failure(
          "the name or the pax records before a member are too long: \(byteCount) bytes")
      }
      if kind != .allMembers { hasExtension = true }
      // With its padding, which is not worth a state of its own.
      state = .extending(kind, byteCount: Int(byteCount + Self.paddingByteCount(byteCount)))
      extensionByteCount = Int(byteCount)
      if byteCount == 0 { try readExtension(kind, UnsafeRawBufferPointer(rebasing: block[..<0])) }
    case .file, .folderOrFile, .withoutContent, .other, .unreadable:
      try begin(header, onEvent)
    }
  }

  /// How much of the extension at hand is not padding.
  private var extensionByteCount = 0

  private mutating func readExtension(
    _ kind: TarHeader.Extension, _ padded: UnsafeRawBufferPointer
  ) throws {
    let bytes = UnsafeRawBufferPointer(rebasing: padded[..<extensionByteCount])
    state = .header
    switch kind {
    case .longName: ofNext.setName(bytes)
    case .longLink: break
    case .nextMember: try readRecords(bytes, &ofNext)
    case .allMembers: try readRecords(bytes, &ofAll)
    }
  }

  private func readRecords(_ bytes: UnsafeRawBufferPointer, _ of: inout TarExtension) throws {
    guard of.readRecords(bytes) else { throw failure("the pax records are malformed") }
  }

  private mutating func begin(_ header: TarHeader, _ onEvent: (Event) throws -> Void) throws {
    let name = ofNext.name ?? ofAll.name ?? header.name
    let isSparse = ofNext.isSparse || ofAll.isSparse
    let declared = ofNext.byteCount ?? ofAll.byteCount ?? header.byteCount
    ofNext = TarExtension()
    hasExtension = false

    let isWanted: Bool
    switch header.kind {
    case .withoutContent: return
    case .file: isWanted = true
    case .folderOrFile:
      // Before ustar a folder was a file with a slash at its name's end.
      if name.utf8.last == UInt8(ascii: "/") { return }
      isWanted = true
    case .other: isWanted = false
    case .unreadable, .extending:
      throw failure("\(name) is sparse or goes on in another volume, which is not read")
    }
    if isSparse { throw failure("\(name) is sparse, which is not read") }
    let byteCount = try checked(declared)
    if isWanted {
      try onEvent(.begins(Member(name: name, byteCount: byteCount, byteOffset: headerOffset)))
      if byteCount == 0 { try onEvent(.ends) }
    }
    guard byteCount > 0 else { return }
    state = .content(
      left: byteCount, paddingByteCount: Self.paddingByteCount(byteCount), isWanted: isWanted)
  }

  private func checked(_ byteCount: Int64?) throws(TarFailure) -> Int64 {
    guard let byteCount else { throw failure("the size is not a number") }
    guard (0...Self.memberByteCountMax).contains(byteCount) else {
      throw failure("the size cannot be: \(byteCount) bytes")
    }
    return byteCount
  }

  private func failure(_ message: String) -> TarFailure {
    TarFailure(archive, headerOffset, message)
  }
}
