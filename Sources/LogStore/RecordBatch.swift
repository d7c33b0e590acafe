// A record batch as read back: checked against its checksum, decompressed, and walked record by record.

/// A batch of records in offset order.
public struct RecordBatch: Sendable {
  public let baseOffset: Offset
  public let recordCount: Int
  /// When the batch was appended, in milliseconds since 1970 UTC.
  public let appendTime: Int64
  /// Earliest and latest event time, in milliseconds since 1970 UTC.
  public let eventTimes: ClosedRange<Int64>
  @usableFromInline let bytes: [UInt8]

  init(
    baseOffset: Offset, recordCount: Int, appendTime: Int64, eventTimes: ClosedRange<Int64>,
    bytes: [UInt8]
  ) {
    self.baseOffset = baseOffset
    self.recordCount = recordCount
    self.appendTime = appendTime
    self.eventTimes = eventTimes
    self.bytes = bytes
  }

  /// The offset that follows the last record.
  public var nextOffset: Offset { baseOffset + recordCount }

  /// Hands over the bytes in which the keys and values lie that `forEach` shows, so that a caller can
  /// keep a place instead of a copy. They stay where they are as long as the batch lives.
  @inlinable
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try bytes.withUnsafeBytes(body)
  }

  /// Hands over every record from `start` on, in order.
  /// - Throws: what `body` throws, or `StoreError.damaged` when the bytes do not hold
  ///   `recordCount` records.
  @inlinable
  public func forEach(from start: Offset = .zero, _ body: (RecordView) throws -> Void) throws {
    try bytes.withUnsafeBytes { bytes in
      var position = 0
      var eventTime: Int64 = 0
      var offset = baseOffset.rawValue
      let end = offset &+ Int64(recordCount)
      while offset < end {
        guard position < bytes.count else { throw malformed(at: offset) }
        let attributes = bytes[position]
        position &+= 1
        guard attributes <= 15, let delta = Varint.read(bytes, at: &position) else {
          throw malformed(at: offset)
        }
        eventTime = eventTime &+ Varint.unzigzag(delta)
        var key: UnsafeRawBufferPointer?
        var value: UnsafeRawBufferPointer?
        var headers: UnsafeRawBufferPointer?
        if attributes & 2 != 0 { key = try part(bytes, &position, offset) }
        if attributes & 4 != 0 { value = try part(bytes, &position, offset) }
        if attributes & 8 != 0 { headers = try part(bytes, &position, offset) }
        if offset >= start.rawValue {
          try body(
            RecordView(
              kind: attributes & 1 == 0 ? .data : .control, offset: Offset(offset),
              eventTime: eventTime, key: key, value: value, headerBytes: headers))
        }
        offset &+= 1
      }
      guard position == bytes.count else { throw malformed(at: offset) }
    }
  }

  @inlinable
  func part(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ offset: Int64
  ) throws -> UnsafeRawBufferPointer {
    guard let count = Varint.read(bytes, at: &position), count <= UInt64(bytes.count &- position)
    else { throw malformed(at: offset) }
    let start = position
    position &+= Int(count)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }

  @usableFromInline
  func malformed(at offset: Int64) -> StoreError {
    StoreError(
      .damaged, "the batch at offset \(baseOffset) does not decode at offset \(offset)",
      remedy: "Run `moaa log verify --deep` to see the extent")
  }
}
