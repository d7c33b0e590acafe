// Archives made by hand, and what the reader makes of bytes.

@testable import Unpacking

struct TarContents: Equatable {
  struct File: Equatable {
    var name: String
    var bytes: [UInt8]
    var isWhole: Bool
  }

  var files: [File] = []
  var failure: TarFailure?

  init(_ files: [(String, [UInt8])] = []) {
    self.files = files.map { File(name: $0, bytes: $1, isWhole: true) }
  }
}

/// Reads an archive in the given pieces, and the rest at once.
func contents(_ archive: [UInt8], pieces: some Sequence<Int> = []) -> TarContents {
  var reader = TarReader(archive: "a.tar")
  var result = TarContents()
  func onEvent(_ event: TarReader.Event) {
    let last = result.files.count - 1
    switch event {
    case .begins(let member):
      precondition(result.files.last?.isWhole ?? true, "the last member has not ended")
      precondition(member.byteOffset % 512 == 0)
      result.files.append(TarContents.File(name: member.name, bytes: [], isWhole: false))
    case .content(let bytes):
      precondition(!bytes.isEmpty && !result.files[last].isWhole)
      result.files[last].bytes += bytes
    case .ends:
      precondition(!result.files[last].isWhole)
      result.files[last].isWhole = true
    }
  }
  do {
    var start = 0
    for count in pieces {
      if start == archive.count { break }
      let end = min(archive.count, start + count)
      try archive[start..<end].withUnsafeBytes { try reader.read($0, onEvent) }
      precondition(reader.keptByteCount <= TarReader.extensionByteCountMax + 512)
      start = end
    }
    try archive[start...].withUnsafeBytes { try reader.read($0, onEvent) }
    try reader.finish()
  } catch {
    result.failure = error as? TarFailure
  }
  return result
}

/// Pieces of one size, without end.
func pieces(of byteCount: Int) -> some Sequence<Int> { repeatElement(byteCount, count: 1 << 20) }

enum TarText {
  static let ustar = "ustar\u{0}00"
  static let gnu = "ustar  \u{0}"
  static let end = [UInt8](repeating: 0, count: 1024)

  /// A header with its checksum.
  /// - Parameter size: the field's 12 bytes; octal when nil.
  static func header(
    _ name: String, byteCount: Int, type: Character = "0", prefix: String = "",
    magic: String = ustar, size: [UInt8]? = nil
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: some Collection<UInt8>, at place: Int) {
      block.replaceSubrange(place..<(place + bytes.count), with: bytes)
    }
    put(name.utf8, at: 0)
    put("0000644\u{0}0001750\u{0}0001750\u{0}".utf8, at: 100)
    put(size ?? Array(octal(byteCount, 11).utf8), at: 124)
    put("14600000000\u{0}".utf8, at: 136)
    put(type == "\0" ? [0] : Array(String(type).utf8), at: 156)
    put(magic.utf8, at: 257)
    put(prefix.utf8, at: 345)
    return withChecksum(block)
  }

  static func withChecksum(_ block: [UInt8], isSigned: Bool = false) -> [UInt8] {
    var block = block
    block.replaceSubrange(148..<156, with: repeatElement(0x20, count: 8))
    let sum = block.reduce(0) { $0 + (isSigned ? Int(Int8(bitPattern: $1)) : Int($1)) }
    block.replaceSubrange(148..<156, with: Array("\(octal(sum, 6))\u{0} ".utf8))
    return block
  }

  static func file(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
    header(name, byteCount: bytes.count) + padded(bytes)
  }

  static func longName(_ name: String) -> [UInt8] {
    header("././@LongLink", byteCount: name.utf8.count + 1, type: "L", magic: gnu)
      + padded(Array(name.utf8) + [0])
  }

  static func records(_ records: [(String, String)], type: Character = "x") -> [UInt8] {
    let bytes = records.flatMap { keyword, value in
      let rest = " \(keyword)=\(value)\n"
      var length = rest.utf8.count + 1
      while String(length).utf8.count + rest.utf8.count != length { length += 1 }
      return Array("\(length)\(rest)".utf8)
    }
    return header("PaxHeaders/x", byteCount: bytes.count, type: type) + padded(bytes)
  }

  static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  static func base256(_ value: Int) -> [UInt8] {
    let rest = (0..<11).reversed().map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    return [0x80] + rest
  }

  private static func octal(_ value: Int, _ digitCount: Int) -> String {
    let digits = String(value, radix: 8)
    return String(repeating: "0", count: digitCount - digits.count) + digits
  }
}
