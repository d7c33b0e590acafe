// A file's bytes, inflated when they are gzip, in the caller's buffer.

import CZlib

/// Reads one file from beginning to end. Not shared between threads.
final class ByteReader {
  private let name: String
  private let file: SequentialFile
  private var inflater: Inflater?
  private var isStarted = false
  /// Whether the last error was that compressed data are wrong. Then bytes that came out before may
  /// be wrong too; those of a file that merely ends early are right.
  private(set) var isDamaged = false

  /// - Parameter name: the file as the user named it, for messages.
  init(path: String, name: String) throws(InputFailure) {
    self.name = name
    file = try SequentialFile(
      path: path, name: name,
      limitRemedy:
        ": too many files begin in the same days; raise `ulimit -n`, or ingest in parts")
  }

  /// Bytes taken from the file so far, compressed ones where it is compressed.
  var fileByteCount: Int64 { file.byteCount }

  /// Whether the file is gzip; known after the first read.
  var isCompressed: Bool { inflater != nil }

  /// Fills the buffer from its start with at least one byte.
  /// - Returns: how many; 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputFailure) -> Int {
    if !isStarted {
      isStarted = true
      let (count, isGzip) = try file.readBeginning(into: buffer)
      guard isGzip else { return count }
      inflater = Inflater(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    guard let inflater else { return try file.read(into: buffer) }
    return try inflate(inflater, buffer)
  }

  private func inflate(
    _ inflater: Inflater, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(InputFailure) -> Int {
    while true {
      switch inflater.inflate(into: buffer) {
      case .bytes(let count): return count
      case .needsInput:
        let count = try file.read(into: inflater.room)
        if count > 0 {
          inflater.supply(count)
        } else if inflater.isBetweenMembers {
          return 0
        } else {
          throw InputFailure(name, "the gzip data end early: the file is cut off")
        }
      case .somethingElse:
        // The members before it have proved their bytes.
        throw InputFailure(name, "the gzip data are followed by something else")
      case .damaged(let why):
        isDamaged = true
        throw InputFailure(name, "the gzip data are damaged: \(why)")
      }
    }
  }
}

/// Inflates gzip members, one after another, by zlib.
private final class Inflater {
  enum Step {
    case bytes(Int)
    case needsInput
    /// After a whole member come bytes that are neither zeros nor another one.
    case somethingElse
    case damaged(String)
  }

  private var stream = z_stream()
  /// Compressed bytes not yet inflated; the stream points into it.
  let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var larger: UnsafeMutableRawBufferPointer?
  /// zlib may hold output back when the buffer was full; then it wants no input to go on.
  private var mayHoldOutput = false
  /// Whether a member has just ended: the only place where a file may end.
  private(set) var isBetweenMembers = false
  /// Found while there were bytes to give before it: they are given first, so that what can be read
  /// of a damaged file does not depend on the buffer's size.
  private var damage: Step?
  private var isAfterMember = false

  /// - Parameter first: the first bytes of the file, which are copied.
  init(_ first: UnsafeRawBufferPointer) {
    precondition(moaa_inflate_init_gzip(&stream) == Z_OK, "zlib refused to start")
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: first.count, alignment: 16)
    copy.copyMemory(from: first)
    larger = copy
    point(at: copy, count: first.count)
  }

  deinit {
    inflateEnd(&stream)
    room.deallocate()
    larger?.deallocate()
  }

  /// Says that `room` holds so many new bytes.
  func supply(_ count: Int) { point(at: room, count: count) }

  private func point(at buffer: UnsafeMutableRawBufferPointer, count: Int) {
    stream.next_in = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(count)
  }

  func inflate(into buffer: UnsafeMutableRawBufferPointer) -> Step {
    if let damage { return damage }
    stream.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(buffer.count)
    while stream.avail_in > 0 || mayHoldOutput {
      if isBetweenMembers {
        // Blocks of zeros after the last member are padding, as gzip(1) has it.
        guard stream.next_in.pointee != 0 else {
          stream.next_in += 1
          stream.avail_in -= 1
          continue
        }
        inflateReset(&stream)
        isBetweenMembers = false
        isAfterMember = true
      }
      let code = CZlib.inflate(&stream, Z_NO_FLUSH)
      mayHoldOutput = stream.avail_out == 0 && code != Z_STREAM_END
      switch code {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: isBetweenMembers = true
      default:
        let why = stream.msg.map { String(cString: $0) } ?? "zlib \(code)"
        damage =
          isAfterMember && why == Self.notAMember ? .somethingElse : .damaged(why)
      }
      let count = buffer.count - Int(stream.avail_out)
      if count > 0 { return .bytes(count) }
      if let damage { return damage }
    }
    return .needsInput
  }

  /// What zlib says of bytes that do not begin as a member does.
  private static let notAMember = "incorrect header check"
}
