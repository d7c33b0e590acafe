// A file that several threads read at any place.

import Glibc

/// An open file of known length.
final class OpenFile: Sendable {
  /// As the user named it, for messages.
  let name: String
  let byteCount: Int64
  private let descriptor: Int32

  static let changedText =
    "the file changed while it was read: run the command again once it is whole"

  init(path: String, name: String, byteCount: Int64) throws(InputFailure) {
    self.name = name
    self.byteCount = byteCount
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputFailure(name, InputFiles.errorText()) }
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  deinit { close(descriptor) }

  /// Reads at least one byte.
  /// - Parameter end: where to stop at the latest; after `position`, and not after the file's end.
  /// - Returns: what was read, in the buffer.
  func read(
    at position: Int64, until end: Int64, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(InputFailure) -> UnsafeRawBufferPointer {
    let wanted = min(buffer.count, Int(end - position))
    while true {
      let count = pread(descriptor, buffer.baseAddress, wanted, off_t(position))
      if count > 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
      if count == 0 { throw InputFailure(name, Self.changedText) }
      guard errno == EINTR else { throw InputFailure(name, InputFiles.errorText()) }
    }
  }
}
