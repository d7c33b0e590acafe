// Whether compressed data contradict their own checksums: known only at their end, so they are
// inflated once before any of their rows is appended.

/// Looks for damage in gzip files.
enum FileDamage {
  /// Reads a file to its end.
  /// - Parameter shouldStop: asked a few hundred times a second.
  /// - Returns: what is damaged; nil when nothing is, and when the data merely end early or cannot be
  ///   read: what there is of them is right.
  static func find(
    path: String, name: String, shouldStop: () -> Bool
  ) throws(IngestStopped) -> InputFailure? {
    guard let reader = try? ByteReader(path: path, name: name) else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      if shouldStop() { throw IngestStopped() }
      do {
        if try reader.read(into: buffer) == 0 { return nil }
      } catch { return reader.isDamaged ? error : nil }
    }
  }
}
