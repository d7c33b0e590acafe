// Gzip files: whole and in pieces they must give the same bytes, or both be damaged.

import Unpacking

enum GzipFuzz {
  static func inflate(_ bytes: UnsafeRawBufferPointer, _ cuts: Cuts) {
    let whole = inflated(bufferByteCount: 1 << 16) { $0(bytes) }
    let cut = inflated(bufferByteCount: 100) { cuts.forEachPiece(bytes, $0) }
    expectSame(Array(whole.end.utf8), Array(cut.end.utf8), "a cut changed the end")
    if whole.end == "damaged" || whole.end == "early" {
      // How far one comes depends on the cuts.
      let count = min(whole.bytes.count, cut.bytes.count)
      expectSame(
        Array(whole.bytes.prefix(count)), Array(cut.bytes.prefix(count)), "a cut changed a byte")
    } else {
      expectSame(whole.bytes, cut.bytes, "a cut changed a byte")
    }
  }

  private static func inflated(
    bufferByteCount: Int, _ forEachPiece: ((UnsafeRawBufferPointer) -> Void) -> Void
  ) -> (bytes: [UInt8], end: String) {
    let inflater = GzipInflater(UnsafeRawBufferPointer(start: nil, count: 0))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferByteCount, alignment: 1)
    defer { buffer.deallocate() }
    var bytes: [UInt8] = []
    var end: String?
    func drain() {
      while end == nil {
        switch inflater.inflate(into: buffer) {
        case .bytes(let count): bytes += buffer[..<count]
        case .needsInput: return
        case .trailingGarbage: end = "garbage"
        case .damaged: end = "damaged"
        }
      }
    }
    forEachPiece { piece in
      drain()
      guard end == nil else { return }
      inflater.room.copyMemory(from: piece)
      inflater.supply(piece.count)
    }
    drain()
    return (bytes, end ?? (inflater.isBetweenMembers ? "whole" : "early"))
  }
}
