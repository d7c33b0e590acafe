// Gzip members made by hand, and what the inflater makes of bytes.

@testable import Unpacking

struct Inflated: Equatable {
  var bytes: [UInt8] = []
  var end = End.whole

  enum End: Equatable {
    case whole, early, garbage
    case damaged(String)
  }
}

/// - Parameters:
///   - pieceByteCount: how much is supplied at once.
///   - bufferByteCount: the room for inflated bytes.
func inflated(_ packed: [UInt8], pieceByteCount: Int, bufferByteCount: Int) -> Inflated {
  var place = min(pieceByteCount, packed.count)
  let inflater = packed[..<place].withUnsafeBytes { GzipInflater($0) }
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferByteCount, alignment: 1)
  defer { buffer.deallocate() }
  var result = Inflated()
  while true {
    let step = inflater.inflate(into: buffer)
    switch step {
    case .bytes(let count): result.bytes += buffer[..<count]
    case .needsInput:
      guard place < packed.count else {
        result.end = inflater.isBetweenMembers ? .whole : .early
        return result
      }
      let count = min(pieceByteCount, packed.count - place, inflater.room.count)
      inflater.room.copyBytes(from: packed[place..<(place + count)])
      inflater.supply(count)
      place += count
    case .trailingGarbage, .damaged:
      // A verdict is final.
      precondition(inflater.inflate(into: buffer) == step)
      if case .damaged(let why) = step { result.end = .damaged(why) } else { result.end = .garbage }
      return result
    }
  }
}

func inflated(_ packed: [UInt8]) -> Inflated {
  inflated(packed, pieceByteCount: 60_000, bufferByteCount: 1 << 18)
}

/// The checksum of RFC 1952, bit by bit.
func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(UInt32.max) { crc, byte in
    (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}

func littleEndian(_ value: UInt32, _ byteCount: Int = 4) -> [UInt8] {
  (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A member that holds the bytes (at most 65,535) as they are.
func storedMember(
  _ bytes: [UInt8], extra: [UInt8]? = nil, name: String? = nil, comment: String? = nil,
  hasHeaderCheck: Bool = false
) -> [UInt8] {
  var flags: UInt8 = 0
  var rest: [UInt8] = []
  if let extra {
    flags |= 4
    rest += littleEndian(UInt32(extra.count), 2) + extra
  }
  if let name {
    flags |= 8
    rest += Array(name.utf8) + [0]
  }
  if let comment {
    flags |= 16
    rest += Array(comment.utf8) + [0]
  }
  if hasHeaderCheck { flags |= 2 }
  var member: [UInt8] = [0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 0, 3] + rest
  if hasHeaderCheck { member += littleEndian(crc32(member) & 0xFFFF, 2) }
  let count = littleEndian(UInt32(bytes.count), 2)
  return member + [1] + count + count.map { ~$0 } + bytes + littleEndian(crc32(bytes))
    + littleEndian(UInt32(bytes.count))
}
