// Standard output, buffered, with its errors.

import Glibc
import Synchronization

/// Output that could not be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String
  /// The system's error number; 0 when it was not the system's.
  var code: Int32 = 0

  /// The last system error.
  static func system(_ path: String) -> OutputError {
    let code = errno
    return OutputError(description: "\(path): \(String(cString: strerror(code)))", code: code)
  }
}

/// Stopped by a signal while output was made, or waited for its reader.
struct OutputInterrupted: Error {}

/// Writes all bytes to a descriptor.
/// - Parameter name: what it is, for messages.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String) throws {
  var written = 0
  while written < bytes.count {
    let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
    if count < 0, errno == EINTR {
      if Interruption.isRequested { throw OutputInterrupted() }
      continue
    }
    guard count > 0 else { throw OutputError.system(name) }
    written += count
  }
}

private let isReaderGone = Atomic(false)

enum StandardOutput {
  /// False once the reader has closed its end, as `head` does when it has enough. What is printed
  /// then goes nowhere, quietly; work goes on to its end and keeps its exit code.
  static var hasReader: Bool { !isReaderGone.load(ordering: .relaxed) }

  /// Whether it is a file or the null device, which have no reader to wait for.
  static let neverWaits: Bool = {
    var (output, null) = (stat(), stat())
    guard fstat(STDOUT_FILENO, &output) == 0 else { return false }
    if output.st_mode & S_IFMT == S_IFREG { return true }
    return stat("/dev/null", &null) == 0 && output.st_mode & S_IFMT == S_IFCHR
      && output.st_rdev == null.st_rdev
  }()

  static func write(_ text: String) throws { try write(Array(text.utf8)) }

  static func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  static func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard hasReader else { return }
    do {
      try writeAll(bytes, to: STDOUT_FILENO, name: "standard output")
    } catch let error as OutputError where error.code == EPIPE {
      isReaderGone.store(true, ordering: .relaxed)
    }
  }
}

/// Collects output and writes it in large pieces, as it comes.
struct OutputBuffer {
  private var bytes: [UInt8] = []

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func flushIfLarge() throws {
    if bytes.count >= 1 << 16 { try flush() }
  }

  mutating func flush() throws {
    try StandardOutput.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}
