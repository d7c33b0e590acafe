// A file read from beginning to end, as it lies on the disk.

import Glibc
import Unpacking

/// An open file. Not shared between threads.
final class SequentialFile {
  private let name: String
  private let descriptor: Int32
  /// Bytes read so far.
  private(set) var byteCount: Int64 = 0

  /// - Parameters:
  ///   - name: the file as the user named it, for messages.
  ///   - limitRemedy: what to say besides when too many files are open.
  init(path: String, name: String, limitRemedy: String = "") throws(InputFailure) {
    self.name = name
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let isLimit = errno == EMFILE || errno == ENFILE
      throw InputFailure(name, InputFiles.errorText() + (isLimit ? limitRemedy : ""))
    }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  deinit { close(descriptor) }

  /// The first read of the file.
  /// - Returns: how many bytes came, and whether they begin gzip data.
  /// - Throws: also when they are known to be something else than a file of observations.
  func readBeginning(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(InputFailure) -> (count: Int, isGzip: Bool) {
    let count = try read(into: buffer)
    let first = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    if let why = ForeignData.explanation(first) { throw InputFailure(name, why) }
    // A read of a file gives two bytes at once where there are two.
    return (count, GzipInflater.begins(first))
  }

  /// Fills the buffer from its start with at least one byte.
  /// - Returns: how many; 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(InputFailure) -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 {
        byteCount += Int64(count)
        return count
      }
      guard errno == EINTR else { throw InputFailure(name, InputFiles.errorText()) }
    }
  }
}
