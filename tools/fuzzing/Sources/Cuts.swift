// Where an input is cut into pieces, from one of its bytes.

struct Cuts {
  private let byte: UInt8

  init(_ byte: UInt8) { self.byte = byte }

  /// Bytes one by one, pieces of up to 8 or of up to 100 bytes, or two pieces.
  func forEachPiece(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    var state = UInt64(byte) &+ 1
    func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var start = 0
    while start < bytes.count {
      let count =
        switch byte & 3 {
        case 0: 1
        case 1: 1 + below(8)
        case 2: 1 + below(100)
        default: start == 0 ? 1 + below(bytes.count) : bytes.count
        }
      let end = min(bytes.count, start + count)
      let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
      defer { piece.deallocate() }
      piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      try body(UnsafeRawBufferPointer(piece))
      start = end
    }
  }
}
