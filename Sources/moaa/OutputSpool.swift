// Output that is kept until all of it is there: a reader that takes its time must not hold a read view
// of the store open meanwhile, because the WAL grows as long as one is. A file takes everything at once,
// so nothing is kept of what goes into one.

import Glibc

/// Collects output: in memory, and what is too much for that in the file that standard output is, else in
/// a temporary one, whose name is gone from the start, so that not even a kill leaves it behind.
final class OutputSpool {
  var bytes: [UInt8] = []
  private var file: Int32 = -1
  private static let memoryByteCountMax = StandardOutput.neverWaits ? 1 << 18 : 8 << 20

  deinit { if file >= 0 { close(file) } }

  func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Bounds the memory; called after every piece.
  func spillIfLarge() throws {
    if bytes.count >= Self.memoryByteCountMax { try spill() }
  }

  private func spill() throws {
    if StandardOutput.neverWaits {
      try StandardOutput.write(bytes)
      bytes.removeAll(keepingCapacity: true)
      return
    }
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    if file < 0 {
      var template = Array("\(folder)/moaa-output-XXXXXX".utf8CString)
      file = mkstemp(&template)
      guard file >= 0 else { throw OutputError.system("a temporary file in \(folder)") }
      unlink(template)
    }
    try bytes.withUnsafeBytes {
      try writeAll($0, to: file, name: "a temporary file in \(folder)")
    }
    bytes.removeAll(keepingCapacity: true)
  }

  /// Prints everything. Called once, outside of any read view.
  func writeOut() throws {
    guard file >= 0 else { return try StandardOutput.write(bytes) }
    try spill()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var position: off_t = 0
    while StandardOutput.hasReader {
      let count = pread(file, &buffer, buffer.count, position)
      if count < 0, errno == EINTR, !Interruption.isRequested { continue }
      guard count >= 0 else { throw OutputError.system("a temporary file") }
      if count == 0 { return }
      try buffer.withUnsafeBytes {
        try StandardOutput.write(UnsafeRawBufferPointer(rebasing: $0[..<count]))
      }
      position += count
    }
  }
}
