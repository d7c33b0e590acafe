// Lets an old client read which requests a broker knows.

/// Tansu's answer to ApiVersions has tagged fields, which librdkafka 2.0.2 skips wrongly: it then takes
/// the answer for damaged, and the broker for one that cannot be used. The broker is asked in version 0, which has
/// no such fields, and the answer is written again in the version that the client wants, without them.
/// Source: Kafka's protocol guide, ApiVersions.
enum PlainVersions {
  private static let key: Int16 = 18

  /// The request, as the broker gets it.
  static func plain(_ frame: RequestFrame) -> [UInt8] {
    guard frame.key == key, frame.version > 0 else { return frame.bytes }
    var request = Array(frame.bytes[..<frame.bodyStart])
    request.replaceSubrange(6..<8, with: [0, 0])
    let count = UInt32(request.count - 4)
    for index in 0..<4 { request[index] = UInt8(truncatingIfNeeded: count >> (24 - 8 * index)) }
    return request
  }

  /// - Parameter version: that the client has asked in.
  static func answer(_ frame: [UInt8], version: Int16) -> [UInt8] {
    guard version > 0 else { return frame }
    var reader = WireReader(frame, at: 8)
    var writer = WireWriter(answering: Array(frame[4..<8]))
    writer.integer(reader.integer(2), 2)
    let count = reader.integer(4)
    let hasTags = version >= 3
    if hasTags { writer.unsigned(count + 1) } else { writer.integer(count, 4) }
    for _ in 0..<max(0, count) where !reader.isCutOff {
      for _ in 0..<3 { writer.integer(reader.integer(2), 2) }
      if hasTags { writer.unsigned(0) }
    }
    writer.integer(0, 4)
    if hasTags { writer.unsigned(0) }
    return writer.frame
  }
}
