// One header block of a tar archive.
//
// Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".

/// The fields of a header that tell where a member's bytes are, and whose.
struct TarHeader {
  /// A header that says something of another one.
  enum Extension {
    /// GNU: the next member's name, or what it links to, is what follows.
    case longName, longLink
    /// pax records for the next member, or for all from here on.
    case nextMember, allMembers
  }

  enum Kind: Equatable {
    case file
    /// From before ustar, which has no type for folders.
    case folderOrFile
    /// Links, folders, devices and pipes: nothing follows, whatever the size is.
    case withoutContent
    case extending(Extension)
    /// Sparse, or begun in another volume.
    case unreadable
    /// Of no known type: as many bytes follow as the header says.
    case other
  }

  private enum Field {
    static let name = 0..<100
    static let size = 124..<136
    static let checksum = 148..<156
    static let type = 156
    static let magic = 257..<263
    static let prefix = 345..<500
  }

  let kind: Kind
  let name: String
  /// nil when it is not a number. May be negative.
  let byteCount: Int64?

  /// - Parameter block: a whole one, its checksum right.
  init(_ block: UnsafeRawBufferPointer) {
    kind = Self.kind(block[Field.type])
    var bytes = Self.text(block, Field.name)
    // GNU's own format has other things where ustar has the prefix; its magic ends with a blank.
    let isUstar = block[Field.magic].elementsEqual("ustar\0".utf8)
    if isUstar, block[Field.prefix.lowerBound] != 0 {
      bytes = Self.text(block, Field.prefix) + [UInt8(ascii: "/")] + bytes
    }
    name = String(decoding: bytes, as: UTF8.self)
    byteCount = Self.number(UnsafeRawBufferPointer(rebasing: block[Field.size]))
  }

  /// Whether the checksum is the sum of the block's bytes, its own as blanks; as some old programs
  /// did it, of signed ones.
  static func hasRightChecksum(_ block: UnsafeRawBufferPointer) -> Bool {
    guard let checksum = number(UnsafeRawBufferPointer(rebasing: block[Field.checksum])) else {
      return false
    }
    var unsigned: Int64 = 0
    var signed: Int64 = 0
    for index in block.indices {
      let byte = Field.checksum.contains(index) ? UInt8(ascii: " ") : block[index]
      unsigned += Int64(byte)
      signed += Int64(Int8(bitPattern: byte))
    }
    return checksum == unsigned || checksum == signed
  }

  private static func kind(_ type: UInt8) -> Kind {
    switch type {
    case UInt8(ascii: "0"), UInt8(ascii: "7"): .file
    case 0: .folderOrFile
    case UInt8(ascii: "1")...UInt8(ascii: "6"): .withoutContent
    case UInt8(ascii: "L"): .extending(.longName)
    case UInt8(ascii: "K"): .extending(.longLink)
    case UInt8(ascii: "x"), UInt8(ascii: "X"): .extending(.nextMember)
    case UInt8(ascii: "g"): .extending(.allMembers)
    case UInt8(ascii: "S"), UInt8(ascii: "M"): .unreadable
    default: .other
    }
  }

  /// A field up to its first NUL byte.
  private static func text(_ block: UnsafeRawBufferPointer, _ field: Range<Int>) -> [UInt8] {
    Array(block[field].prefix { $0 != 0 })
  }

  /// Octal digits, with blanks before and a blank or NUL after, or none; or GNU's base 256, big
  /// endian and of two's complement, where the first bit is set.
  static func number(_ field: UnsafeRawBufferPointer) -> Int64? {
    if field[0] & 0x80 != 0 { return base256(field) }
    let text = field.drop { $0 == UInt8(ascii: " ") }
    let digits = text.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "7") }
    guard text.dropFirst(digits.count).allSatisfy({ $0 == 0 || $0 == UInt8(ascii: " ") }) else {
      return nil
    }
    // Twelve digits at the most: 36 bits.
    return digits.reduce(0) { $0 << 3 | Int64($1 & 7) }
  }

  private static func base256(_ field: UnsafeRawBufferPointer) -> Int64? {
    let isNegative = field[0] & 0x40 != 0
    var value: Int64 = isNegative ? -1 : 0
    for (index, byte) in field.enumerated() {
      let digit = index == 0 ? (isNegative ? byte : byte & 0x7F) : byte
      guard value >> 55 == 0 || value >> 55 == -1 else { return nil }
      value = value << 8 | Int64(digit)
    }
    return value
  }
}
