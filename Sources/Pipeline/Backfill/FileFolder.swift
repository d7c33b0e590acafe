// Reads one file after another and folds them: the work of one thread of a backfill.

import Aggregation
import LogStore
import Observations
import Unpacking

/// Folds files and archives. Not shared between threads; its buffers serve one file after the other.
final class FileFolder {
  private let rule: BackfillRule
  private let format: ObservationFormat?
  private let receivedSeconds: Int64
  private let shouldStop: @Sendable () -> Bool
  private let onBytes: @Sendable (Int) -> Void
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: pieceByteCount, alignment: 64)
  private let compressor = ZstandardCompressor()

  /// A piece should still be in the processor's cache when it is decoded.
  private static let pieceByteCount = 256 << 10

  /// - Parameters:
  ///   - format: nil to recognise each file's.
  ///   - receivedSeconds: when all rows count as received, in seconds since 1970 UTC.
  ///   - shouldStop: asked between two pieces.
  ///   - onBytes: told how many bytes each read of a file gave.
  init(
    rule: BackfillRule, format: ObservationFormat?, receivedSeconds: Int64,
    shouldStop: @escaping @Sendable () -> Bool, onBytes: @escaping @Sendable (Int) -> Void
  ) {
    self.rule = rule
    self.format = format
    self.receivedSeconds = receivedSeconds
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
    let content = newFold(name)
    while count > 0 {
      try content.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      if shouldStop() { return .stopped }
      count = try reader.read(into: buffer)
    }
    return .content(try content.finish(compressor))
  }

  private func newFold(_ name: String) -> ContentFold {
    ContentFold(name: name, format: format, rule: rule, receivedSeconds: receivedSeconds)
  }

  // MARK: Archives

  private func foldArchive(
    _ name: String, _ reader: WholeFileReader, _ firstCount: Int,
    _ onMember: (String, Result<FoldedContent, InputFailure>) -> Void
  ) throws(InputFailure) -> Outcome {
    var archive = TarReader(archive: name)
    var member = ""
    // nil in a member that is passed over, or in which a fault was found.
    var content: ContentFold?
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
              content = InputFiles.isWanted(member) ? newFold("\(name)//\(member)") : nil
            case .content(let bytes): try content?.add(bytes)
            case .ends:
              if let folded = try content?.finish(compressor) { onMember(member, .success(folded)) }
              content = nil
            }
          } catch {
            onMember(member, .failure(error))
            content = nil
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
