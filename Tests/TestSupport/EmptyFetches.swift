// Corrects one more fault of the broker that tests run on.

/// noida-db 0.2.3 answers a fetch at once where nothing is there, whatever time the client gives it: clients
/// then ask some thousand times a second. Kafka waits for records so long. This says which answers are
/// to be held back a little. Source: Kafka's protocol guide, Fetch.
enum EmptyFetches {
  static let pauseSeconds = 0.02

  /// Whether an answer has neither records nor errors.
  static func isOne(_ frame: [UInt8], version: Int16) -> Bool {
    guard (4...11).contains(version) else { return false }
    // Length, correlation id, throttle time.
    var reader = WireReader(frame, at: 12)
    if version >= 7 {
      guard reader.integer(2) == 0 else { return false }
      _ = reader.integer(4)
    }
    for _ in 0..<max(0, reader.integer(4)) where !reader.isCutOff {
      _ = reader.text()
      for _ in 0..<max(0, reader.integer(4)) where !reader.isCutOff {
        _ = reader.integer(4)
        guard reader.integer(2) == 0 else { return false }
        // High watermark, last stable offset; log start offset.
        reader.skip(version >= 5 ? 24 : 16)
        reader.skip(16 * max(0, reader.integer(4)))
        if version >= 11 { _ = reader.integer(4) }
        guard reader.integer(4) <= 0 else { return false }
      }
    }
    return !reader.isCutOff
  }
}
