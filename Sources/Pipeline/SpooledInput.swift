// Standard input or a pipe as a file: its rows are read twice, once to know it again and once to
// append it.

import Glibc

/// A temporary copy of a stream, readable as long as the value lives. Its name is gone from the
/// start, so that not even a kill leaves it behind.
final class SpooledInput {
  /// Where it can be opened, as often as wanted, though it has no name.
  let path: String
  private let copy: Int32

  /// - Parameters:
  ///   - name: `-` for standard input, else a pipe's path.
  ///   - shouldStop: asked when a signal has come while nothing else does.
  convenience init(_ name: String, shouldStop: () -> Bool) throws(InputFailure) {
    guard name != "-" else {
      try self.init(
        descriptor: STDIN_FILENO, name: "standard input", shouldStop: shouldStop)
      return
    }
    let descriptor = open(name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputFailure(name, InputFiles.errorText()) }
    defer { close(descriptor) }
    try self.init(descriptor: descriptor, name: name, shouldStop: shouldStop)
  }

  /// - Parameter shouldStop: asked when a signal has come while nothing else does.
  /// - Throws: when the stream cannot be read or the copy not be written, or was stopped.
  init(
    descriptor: Int32, name: String, shouldStop: () -> Bool
  ) throws(InputFailure) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/moaa-input-XXXXXX".utf8CString)
    copy = mkstemp(&template)
    guard copy >= 0 else {
      throw InputFailure(name, "cannot be kept in \(folder): \(InputFiles.errorText())")
    }
    unlink(template)
    path = "/proc/self/fd/\(copy)"
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count == 0 { return }
      if count < 0 {
        if errno == EINTR, !shouldStop() { continue }
        throw InputFailure(name, InputFiles.errorText())
      }
      var written = 0
      while written < count {
        let part = buffer.withUnsafeBytes {
          write(copy, $0.baseAddress! + written, count - written)
        }
        guard part > 0 else {
          throw InputFailure(name, "cannot be kept in \(folder): \(InputFiles.errorText())")
        }
        written += part
      }
    }
  }

  deinit { close(copy) }
}
