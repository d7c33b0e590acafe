// Kafka's protocol as bytes, as far as the tests' proxy has to understand it.

/// A request, its length before it. Source: Kafka's protocol guide, "Request Header".
struct RequestFrame {
  let bytes: [UInt8]
  let key: Int16
  let version: Int16
  let correlation: [UInt8]
  /// `client.id` of the client's settings.
  let client: String
  /// Where the body begins, in versions that have no tagged fields in their header.
  let bodyStart: Int

  /// - Parameter bytes: of 12 bytes at least.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var reader = WireReader(bytes, at: 4)
    key = Int16(truncatingIfNeeded: reader.integer(2))
    version = Int16(truncatingIfNeeded: reader.integer(2))
    correlation = Array(bytes[8..<12])
    _ = reader.integer(4)
    client = reader.text() ?? ""
    bodyStart = reader.position
  }

  var body: WireReader { WireReader(bytes, at: bodyStart) }
}

/// Reads what stands there in order. What is cut off reads as zeros, and `isCutOff` says so.
struct WireReader {
  private let bytes: [UInt8]
  private(set) var position: Int
  private(set) var isCutOff = false

  init(_ bytes: [UInt8], at position: Int) {
    self.bytes = bytes
    self.position = position
  }

  mutating func integer(_ byteCount: Int) -> Int {
    guard let taken = take(byteCount) else { return 0 }
    let value = taken.reduce(0) { $0 << 8 | UInt64($1) }
    let shift = UInt64(64 - 8 * byteCount)
    return Int(Int64(bitPattern: value << shift) >> Int64(shift))
  }

  /// nil where there is none.
  mutating func text() -> String? {
    let count = integer(2)
    guard count >= 0 else { return nil }
    return take(count).map { String(decoding: $0, as: UTF8.self) }
  }

  mutating func skip(_ count: Int) { _ = take(count) }

  mutating func blob() -> [UInt8] {
    let count = integer(4)
    guard count >= 0 else { return [] }
    return take(count).map(Array.init) ?? []
  }

  // MARK: Of versions with tagged fields ("compact")

  mutating func unsigned() -> Int {
    var value = 0
    var shift = 0
    while shift < 35 {
      let byte = integer(1) & 0xFF
      value |= (byte & 0x7F) << shift
      if byte & 0x80 == 0 { break }
      shift += 7
    }
    return value
  }

  mutating func compactText() -> String? {
    let count = unsigned() - 1
    guard count >= 0 else { return nil }
    return take(count).map { String(decoding: $0, as: UTF8.self) }
  }

  mutating func skipTags() {
    for _ in 0..<unsigned() {
      _ = unsigned()
      _ = take(unsigned())
    }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard !isCutOff, count >= 0, position + count <= bytes.count else {
      isCutOff = true
      return nil
    }
    defer { position += count }
    return bytes[position..<(position + count)]
  }
}

/// Writes an answer.
struct WireWriter {
  private var bytes: [UInt8]

  /// - Parameter correlation: of the request.
  init(answering correlation: [UInt8]) { bytes = [0, 0, 0, 0] + correlation }

  mutating func integer(_ value: Int, _ byteCount: Int) {
    for index in (0..<byteCount).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
    }
  }

  mutating func text(_ text: String?) {
    guard let text else { return integer(-1, 2) }
    integer(text.utf8.count, 2)
    bytes += Array(text.utf8)
  }

  mutating func blob(_ blob: [UInt8]) {
    integer(blob.count, 4)
    bytes += blob
  }

  mutating func unsigned(_ value: Int) {
    var left = value
    while left > 0x7F {
      bytes.append(UInt8(left & 0x7F | 0x80))
      left >>= 7
    }
    bytes.append(UInt8(left))
  }

  mutating func compactText(_ text: String) {
    unsigned(text.utf8.count + 1)
    bytes += Array(text.utf8)
  }

  /// With its length before it.
  var frame: [UInt8] {
    var frame = bytes
    let count = UInt32(frame.count - 4)
    for index in 0..<4 { frame[index] = UInt8(truncatingIfNeeded: count >> (24 - 8 * index)) }
    return frame
  }
}
