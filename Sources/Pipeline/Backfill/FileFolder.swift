// Reads one file after another and folds them: the work of one thread of a backfill.

import Aggregation
import LogStore
import Observations
import Unpacking

/// Folds files and archives. Not shared between threads; its buffers serve one file after the other.
final class FileFolder {
  private let content: ContentFold
  private let shouldStop: @Sendable () -> Bool
  private let onBytes: @Sendable (Int) -> Void
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: pieceByteCount, alignment: 64)

  /// A piece should still be in the processor's cache when it is decoded.
  private static let pieceByteCount = 256 << 10

  /// - Parameters:
  ///   - receivedSeconds: when all rows count as received, in seconds since 1970 UTC.
  ///   - shouldStop: asked between two pieces.
  ///   - onBytes: told how many bytes each read of a file gave.
  init(
    rule: BackfillRule, options: BackfillOptions, receivedSeconds: Int64,
    shouldStop: @escaping @Sendable () -> Bool, onBytes: @escaping @Sendable (Int) -> Void
  ) {
    content = ContentFold(
      rule: rule, format: options.inputFormat, cuts: options.cuts, receivedSeconds: receivedSeconds)
    self.shouldStop = shouldStop
    self.onBytes = onBytes
  }

  deinit { buffer.deallocate() }

  /// What a file turned out to be.
  enum Outcome {
    case content(FoldedContent)
    /// An archive, read to its end.
    case archive
    case stopped
  }

  /// Folds a file. Whether it is an archive is seen from its first bytes.
  /// - Parameter onMember: given each member of an archive that is named like a file of observations, or
  ///   what is wrong with it.
  /// - Throws: what is wrong with the file as a whole; then none of it counts, of an archive but for the
  ///   members before.
  func fold(
    path: String, name: String,
    onMember: (_ member: String, Result<FoldedContent, InputFailure>) -> Void
  ) throws(InputFailure) -> Outcome {
    let reader = try WholeFileReader(path: path, name: name, onBytes: onBytes)
    var count = 0
    while count < TarReader.blockByteCount {
      let more = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
      if more == 0 { break }
      count += more
    }
    if TarReader.begins(UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
      return try foldArchive(name, reader, count, onMember)
    }
    content.begin(name)
    while count > 0 {
      try content.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      if shouldStop() { return .stopped }
      count = try reader.read(into: buffer)
    }
    return .content(try content.finish())
  }

  // MARK: Archives

  private func foldArchive(
    _ name: String, _ reader: WholeFileReader, _ firstCount: Int,
    _ onMember: (String, Result<FoldedContent, InputFailure>) -> Void
  ) throws(InputFailure) -> Outcome {
    var archive = TarReader(archive: name)
    var member = ""
    // Not those that are named otherwise, nor what follows a fault in one.
    var isWanted = false
    // Inflating is most of the work: it goes on beside the fold.
    let pieces = ReadAhead(
      reader, first: UnsafeRawBufferPointer(rebasing: buffer[..<firstCount]))
    while let piece = try pieces.next() {
      if shouldStop() { return .stopped }
      do {
        try archive.read(piece) { event in
          do throws(InputFailure) {
            switch event {
            case .begins(let found):
              member = found.name
              isWanted = InputFiles.isWanted(member)
              if isWanted { content.begin(ArchiveMember.key(archive: name, member: member)) }
            case .content(let bytes): if isWanted { try content.add(bytes) }
            case .ends: if isWanted { onMember(member, .success(try content.finish())) }
            }
          } catch {
            onMember(member, .failure(error))
            isWanted = false
          }
        }
      } catch { throw Self.failure(name, error) }
    }
    do { try archive.finish() } catch { throw Self.failure(name, error) }
    return .archive
  }

  private static func failure(_ name: String, _ error: any Error) -> InputFailure {
    guard let error = error as? TarFailure else { return InputFailure(name, "\(error)") }
    return InputFailure(name, "byte \(error.byteOffset) of the tar data: \(error.message)")
  }
}
