// Tar archives: whole and in pieces they must give the same members.

import Unpacking

enum TarFuzz {
  static func read(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    let whole = members { try $0(bytes) }
    let cut = members { try cuts.forEachPiece(bytes, $0) }
    expectSame(whole, cut, "a cut changed a member")
    if bytes.count >= 512 { _ = TarReader.begins(bytes) }
  }

  /// Headers, known by their magic, get the right checksum first: else hardly any input would come
  /// past it.
  static func readWithMendedChecksums(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    var archive = Array(bytes)
    var start = 0
    while start + 512 <= archive.count {
      if archive[(start + 257)..<(start + 262)].elementsEqual("ustar".utf8) {
        archive.replaceSubrange((start + 148)..<(start + 156), with: repeatElement(0x20, count: 8))
        let sum = archive[start..<(start + 512)].reduce(0) { $0 + Int($1) }
        let octal = Array(String(sum, radix: 8).utf8)
        archive.replaceSubrange((start + 148)..<(start + 148 + octal.count), with: octal)
      }
      start += 512
    }
    archive.withUnsafeBytes { read($0, cuts) }
  }

  private static func members(
    _ forEachPiece: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) -> [UInt8] {
    var reader = TarReader(archive: "archive")
    var text: [UInt8] = []
    var left: Int64 = 0
    do {
      try forEachPiece {
        try reader.read($0) { event in
          switch event {
          case .begins(let member):
            precondition(left == 0, "the last member has not ended")
            left = member.byteCount
            text += "\n\(member.byteOffset) \(member.byteCount) \(member.name)\n".utf8
          case .content(let bytes):
            precondition(!bytes.isEmpty && bytes.count <= left, "more than the member holds")
            left -= Int64(bytes.count)
            text += bytes
          case .ends: precondition(left == 0, "the member is not whole")
          }
        }
      }
      try reader.finish()
    } catch {
      text += "\nfailure: \(error)".utf8
    }
    return text
  }
}
