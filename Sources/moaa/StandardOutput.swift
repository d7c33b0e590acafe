// Standard output, buffered, with its errors.

import Glibc

/// Output that could not be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String

  /// The last system error.
  static func system(_ path: String) -> OutputError {
    OutputError(description: "\(path): \(String(cString: strerror(errno)))")
  }
}

/// Writes all bytes to a descriptor.
/// - Parameter name: what it is, for messages.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, name: String) throws {
  var written = 0
  while written < bytes.count {
    let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw OutputError.system(name) }
    written += count
  }
}

enum StandardOutput {
  static func write(_ text: String) throws { try write(Array(text.utf8)) }

  static func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try writeAll($0, to: STDOUT_FILENO, name: "standard output") }
  }
}

/// Collects output and writes it in large pieces.
struct OutputBuffer {
  var bytes: [UInt8] = []

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func flushIfLarge() throws {
    if bytes.count >= 1 << 16 { try flush() }
  }

  mutating func flush() throws {
    try StandardOutput.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}
