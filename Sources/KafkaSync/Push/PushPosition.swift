// How far a push is: the value of a record of the topic `moaa_sync`.

import LogStore

/// Where a push goes on, and the local batch that is behind that place.
public struct PushPosition: Hashable, Sendable {
  public let nextOffset: Offset
  /// `BatchIdentity` as text; nil when nothing of the topic was retained before the offset.
  public let lastBatch: String?

  public init(nextOffset: Offset, lastBatch: String?) {
    self.nextOffset = nextOffset
    self.lastBatch = lastBatch
  }

  /// As JSON: `{"next_offset":7,"last_batch":"0+7@1719187200000#123"}`.
  var bytes: [UInt8] {
    let batch = lastBatch.map { ",\"last_batch\":\"\($0)\"" } ?? ""
    return Array("{\"next_offset\":\(nextOffset)\(batch)}".utf8)
  }

  /// nil for anything that `bytes` does not give: nobody else writes positions.
  init?(bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("{\"next_offset\":"), text.hasSuffix("}") else { return nil }
    let parts = text.dropFirst(15).dropLast().split(
      separator: ",\"last_batch\":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let offset = Int64(parts[0]), offset >= 0 else { return nil }
    nextOffset = Offset(offset)
    guard parts.count == 2 else {
      lastBatch = nil
      return
    }
    let batch = parts[1]
    guard batch.count >= 2, batch.hasPrefix("\""), batch.hasSuffix("\"") else { return nil }
    lastBatch = String(batch.dropFirst().dropLast())
  }
}
