// The bytes in a gzip file, by ISA-L (docs/decisions/0010-inflating-gzip.md).
//
// What must hold: of a whole file the bytes, and of any the verdict, do not depend on how the input is
// cut nor on the size of the buffer; and a member's end is given only when its checksum and length
// agree. Of a file that is cut off or damaged, the last bytes before that may be kept back.

import CISAL

/// Inflates gzip members (RFC 1952), one after another, in bounded memory. Not shared between
/// threads.
package final class GzipInflater {
  package enum Step: Equatable {
    /// So many bytes have been written into the buffer; at least one.
    case bytes(Int)
    /// All that was supplied is used up. Where the file ends here, it is whole if
    /// `isBetweenMembers`, and else cut off.
    case needsInput
    /// After the last member come bytes that are neither zeros nor another one. gzip(1) ignores them
    /// with a warning. Final.
    case trailingGarbage
    /// The data cannot be inflated, and why. Final.
    case damaged(String)
  }

  private enum Place {
    case betweenMembers, header, body
  }

  /// Where the caller puts compressed bytes, to `supply` them.
  package let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  /// The first bytes of the file, until they are used up.
  private var first: UnsafeMutableRawBufferPointer?
  /// Compressed bytes not yet inflated: part of `room` or of `first`.
  private var input: UnsafeRawBufferPointer
  private let inflater: OpaquePointer
  private var place = Place.header
  private var header = GzipHeader()
  private var isFirstMember = true
  /// ISA-L may hold output back when the buffer was full; then it wants no input to go on.
  private var mayHoldOutput = false
  private var final: Step?

  /// Whether a member has just ended: the only place where a file may end.
  package var isBetweenMembers: Bool { place == .betweenMembers }

  /// Whether a file that begins so is compressed.
  package static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  /// - Parameter first: the first bytes of the file, of any number, which are copied.
  package init(_ first: UnsafeRawBufferPointer) {
    guard let inflater = moaa_inflater_create() else { fatalError("no memory to inflate") }
    self.inflater = inflater
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: first.count, alignment: 16)
    copy.copyMemory(from: first)
    self.first = copy
    input = UnsafeRawBufferPointer(copy)
  }

  deinit {
    moaa_inflater_free(inflater)
    room.deallocate()
    first?.deallocate()
  }

  /// Says that `room` holds so many new bytes. To be called after `needsInput` only.
  package func supply(_ count: Int) {
    precondition(input.isEmpty, "bytes that are not yet inflated would be lost")
    first?.deallocate()
    first = nil
    input = UnsafeRawBufferPointer(rebasing: room[..<count])
  }

  /// Fills the buffer from its start as far as the input goes.
  package func inflate(into buffer: UnsafeMutableRawBufferPointer) -> Step {
    precondition(!buffer.isEmpty, "there must be room for a byte")
    if let final { return final }
    while true {
      switch place {
      case .betweenMembers:
        // Zeros after a member are padding, as gzip(1) has it.
        skip(input.prefix { $0 == 0 }.count)
        if input.isEmpty { return .needsInput }
        header = GzipHeader()
        isFirstMember = false
        place = .header
      case .header:
        switch header.read(&input) {
        case .needsMore: return .needsInput
        case .complete:
          moaa_inflater_begin(inflater)
          mayHoldOutput = false
          place = .body
        case .isNone: return end(isFirstMember ? .damaged("they are not gzip") : .trailingGarbage)
        case .damaged(let why): return end(.damaged(why))
        }
      case .body:
        if input.isEmpty, !mayHoldOutput { return .needsInput }
        if let step = inflateBody(buffer) { return step }
      }
    }
  }

  /// nil when nothing was written, and there is more to do.
  private func inflateBody(_ buffer: UnsafeMutableRawBufferPointer) -> Step? {
    let step = moaa_inflate(
      inflater, input.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(input.count),
      buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(clamping: buffer.count))
    guard step.code >= 0 else { return end(.damaged(Self.text(step.code))) }
    let hadInput = !input.isEmpty
    skip(Int(step.used_count))
    let written = Int(step.written_count)
    mayHoldOutput = written == buffer.count && !step.is_finished
    if step.is_finished { place = .betweenMembers }
    if written > 0 { return .bytes(written) }
    // Else the same call would be made for ever.
    if hadInput, step.used_count == 0, !step.is_finished {
      return end(.damaged("ISA-L makes no headway"))
    }
    return nil
  }

  private func skip(_ count: Int) {
    input = UnsafeRawBufferPointer(rebasing: input[count...])
  }

  private func end(_ step: Step) -> Step {
    final = step
    return step
  }

  private static func text(_ code: CInt) -> String {
    switch code {
    case ISAL_INVALID_BLOCK: "there is no such kind of block"
    case ISAL_INVALID_SYMBOL: "there is no such symbol"
    case ISAL_INVALID_LOOKBACK: "they refer to bytes before their beginning"
    case ISAL_INCORRECT_CHECKSUM: "their checksum or length is another"
    default: "ISA-L's error \(code)"
    }
  }
}
