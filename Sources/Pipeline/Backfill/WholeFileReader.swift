// A file's bytes for a reader that takes all of a file or nothing: plain, or gzip by the fastest inflater.
//
// Of gzip data that are cut off, how many of the last bytes come out depends on the buffer. That is why
// ingest, which takes what there is of such a file, reads by `ByteReader`.

import Unpacking

/// Reads one file from beginning to end. Not shared between threads.
final class WholeFileReader {
  private let name: String
  private let file: SequentialFile
  private let onBytes: (Int) -> Void
  private var inflater: GzipInflater?
  private var isStarted = false

  /// - Parameters:
  ///   - name: the file as the user named it, for messages.
  ///   - onBytes: told about every read of the file how many bytes it gave.
  init(path: String, name: String, onBytes: @escaping (Int) -> Void) throws(InputFailure) {
    self.name = name
    self.onBytes = onBytes
    file = try SequentialFile(path: path, name: name)
  }

  /// Fills the buffer from its start with at least one byte.
  /// - Returns: how many; 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputFailure) -> Int {
    if !isStarted {
      isStarted = true
      let (count, isGzip) = try file.readBeginning(into: buffer)
      onBytes(count)
      guard isGzip else { return count }
      inflater = GzipInflater(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    guard let inflater else { return try readFile(buffer) }
    while true {
      switch inflater.inflate(into: buffer) {
      case .bytes(let count): return count
      case .needsInput:
        let count = try readFile(inflater.room)
        if count > 0 {
          inflater.supply(count)
        } else if inflater.isBetweenMembers {
          return 0
        } else {
          throw InputFailure(name, "the gzip data end early: the file is cut off")
        }
      case .trailingGarbage:
        throw InputFailure(name, "the gzip data are followed by something else")
      case .damaged(let why): throw InputFailure(name, "the gzip data are damaged: \(why)")
      }
    }
  }

  private func readFile(_ buffer: UnsafeMutableRawBufferPointer) throws(InputFailure) -> Int {
    let count = try file.read(into: buffer)
    onBytes(count)
    return count
  }
}
