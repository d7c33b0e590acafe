// A large plain file, whose ranges are folded by several threads and joined in order.
//
// A range is read on the guess that a row begins after its first newline. When the ranges before have been
// joined, it is known whether that is so: the decoder of their rows then stands between two rows. Where it
// does not (a newline within quotes, or a row that may still turn out to be malformed), that decoder reads
// the range once more; as it does where too many rows were refused to keep them until then. So where the cuts are changes no result.

import Aggregation
import Dispatch
import Observations
import Synchronization
import Unpacking

/// Hands out ranges and joins what they give.
final class LargeFile: @unchecked Sendable {
  // Sendable by hand: `handedOut` and `lastTurn` are touched under the lock of the work alone, `content` by
  // the thread whose turn it is. `beginning` does not change.
  let file: BackfillFile
  /// When it was opened, by the clock that stamps files.
  let began = FileStamp.now()
  private let bytes: OpenFile
  private let cuts: FileCuts
  private let rangeCount: Int
  private let format: ObservationFormat?
  /// Has read the header.
  private let beginning: FileDecoder
  private let content: ContentFold
  private let isGivenUp = Atomic(false)
  private var handedOut = 0
  private var lastTurn = DispatchSemaphore(value: 0)

  /// A header is far shorter.
  private static let beginningByteCount = 64 << 10

  /// nil when the file is to be read whole: it is small, compressed or an archive, or has a fault that shows
  /// at its beginning.
  init?(
    _ file: BackfillFile, _ rule: BackfillRule, _ options: BackfillOptions, receivedSeconds: Int64
  ) {
    cuts = options.cuts
    rangeCount = cuts.rangeCount(byteCount: file.stamp.byteCount)
    guard rangeCount > 1,
      let bytes = try? OpenFile(
        path: file.path, name: file.name, byteCount: file.stamp.byteCount),
      let beginning = Self.beginning(of: bytes, format: options.inputFormat)
    else { return nil }
    self.file = file
    self.bytes = bytes
    self.beginning = beginning
    format = options.inputFormat
    content = ContentFold(
      rule: rule, format: format, cuts: cuts, receivedSeconds: receivedSeconds)
    content.begin(file.name)
    lastTurn.signal()
  }

  /// A decoder that knows what those of later ranges must know.
  private static func beginning(
    of file: OpenFile, format: ObservationFormat?
  ) -> FileDecoder? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: beginningByteCount, alignment: 64)
    defer { buffer.deallocate() }
    guard let piece = try? file.read(at: 0, until: file.byteCount, buffer),
      !GzipInflater.begins(piece), !TarReader.begins(piece)
    else { return nil }
    var decoder = FileDecoder(
      format: format, fileName: file.name, columns: PartialBuilder.columns)
    do { try decoder.decode(piece) { _ in } } catch { return nil }
    return decoder.continued() == nil ? nil : decoder
  }

  /// A part of the file, with the turns that keep the order.
  struct Part {
    let bytes: Range<Int64>
    let isLast: Bool
    fileprivate let turn: DispatchSemaphore
    fileprivate let nextTurn: DispatchSemaphore
  }

  /// The next part to fold; nil when there is none. Who takes it must call `fold`: the next one's turn comes
  /// after it.
  func nextPart() -> Part? {
    guard handedOut < rangeCount, !isGivenUp.load(ordering: .relaxed) else { return nil }
    let start = Int64(handedOut) * cuts.rangeByteCount
    handedOut += 1
    let turn = lastTurn
    lastTurn = DispatchSemaphore(value: 0)
    return Part(
      bytes: start..<min(start + cuts.rangeByteCount, bytes.byteCount),
      isLast: handedOut == rangeCount, turn: turn, nextTurn: lastTurn)
  }

  /// Folds a part and, when its turn comes, joins it to those before: a thread holds one part at most, and so
  /// memory stays bounded.
  /// - Returns: the content, from the last part; nil for others, and when it was stopped.
  /// - Throws: what is wrong with the file, once.
  func fold(_ part: Part, by folder: RangeFolder) throws(InputFailure) -> FoldedContent? {
    let outcome = Result { () throws(InputFailure) in try read(part, folder) }
    part.turn.wait()
    defer { part.nextTurn.signal() }
    guard !isGivenUp.load(ordering: .relaxed) else { return nil }
    do throws(InputFailure) {
      guard case .rows(let place) = try outcome.get(), try join(place, folder) else {
        isGivenUp.store(true, ordering: .relaxed)
        return nil
      }
      return part.isLast ? try content.finish() : nil
    } catch {
      isGivenUp.store(true, ordering: .relaxed)
      throw error
    }
  }

  private func read(
    _ part: Part, _ folder: RangeFolder
  ) throws(InputFailure) -> RangeFolder.Outcome {
    guard !isGivenUp.load(ordering: .relaxed) else { return .stopped }
    // The first part's decoder begins with the file, the others' after the header.
    let decoder =
      part.bytes.lowerBound == 0
      ? FileDecoder(format: format, fileName: file.name, columns: PartialBuilder.columns)
      : beginning.continued()
    guard let decoder else { preconditionFailure("the header was read when the file was opened") }
    return try folder.fold(part.bytes, of: bytes, by: decoder)
  }

  /// - Parameter place: where the rows of the part lie that `folder` has folded.
  /// - Returns: false when it was stopped.
  private func join(
    _ place: Range<Int64>, _ folder: RangeFolder
  ) throws(InputFailure) -> Bool {
    content.takeHash(from: folder.hasher)
    guard !place.isEmpty else { return true }
    if content.isBetweenRows, !folder.rows.areGivenUp {
      try content.takeRows(from: folder.rows)
      return true
    }
    return try folder.forEachPiece(place, of: bytes) { piece throws(InputFailure) in
      try content.addRows(piece)
    }
  }
}
