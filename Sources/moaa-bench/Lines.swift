// A file of lines in memory.

import Glibc

/// The lines of a file, without their ends. Reading them is not part of a measurement.
struct Lines {
  private let bytes: UnsafeMutableRawBufferPointer
  private var ends: [Int] = []

  init(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw BenchError.system(path) }
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    bytes = .allocate(byteCount: Int(status.st_size), alignment: 64)
    var filled = 0
    while filled < bytes.count {
      let count = read(descriptor, bytes.baseAddress! + filled, bytes.count - filled)
      guard count > 0 else { throw BenchError.system(path) }
      filled += count
    }
    for index in 0..<bytes.count where bytes[index] == 0x0A { ends.append(index) }
  }

  func forEach(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    var start = 0
    for end in ends {
      try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      start = end + 1
    }
  }
}
