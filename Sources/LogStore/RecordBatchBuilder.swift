// Collects records into a record batch: the unit that is compressed, checksummed and stored as a row.
//
// A record in the batch: attributes (bit 0 control, 1 key, 2 value, 3 headers), event time as the
// zigzag varint of its difference from the record before, then key, value and headers, each as a
// varint length and bytes.

/// A batch ready to append: compressed, but without offsets, append time and checksum, which only
/// the append can know.
public struct EncodedBatch: Sendable {
  public let recordCount: Int
  /// Earliest and latest event time, in milliseconds since 1970 UTC.
  public let eventTimes: ClosedRange<Int64>
  /// Size before compression.
  public let rawByteCount: Int
  let payload: [UInt8]

  /// Size as stored.
  public var storedByteCount: Int { payload.count }
}

enum RecordAttributes {
  static let control: UInt8 = 1
  static let key: UInt8 = 2
  static let value: UInt8 = 4
  static let headers: UInt8 = 8
  static let all: UInt8 = 15
}

/// Builds record batches. Not shared between threads.
public final class RecordBatchBuilder {
  private let byteCountTarget: Int
  private let compressor = ZstandardCompressor()
  @exclusivity(unchecked) private var buffer: UnsafeMutableRawBufferPointer
  @exclusivity(unchecked) private var byteCount = 0
  @exclusivity(unchecked) private var lastEventTime: Int64 = 0
  @exclusivity(unchecked) private var earliest = Int64.max
  @exclusivity(unchecked) private var latest = Int64.min
  @exclusivity(unchecked) public private(set) var recordCount = 0

  /// - Parameter byteCountTarget: uncompressed bytes at which a batch counts as full.
  public init(byteCountTarget: Int = Limits.batchBytesTarget) {
    self.byteCountTarget = byteCountTarget
    buffer = .allocate(byteCount: byteCountTarget + (byteCountTarget >> 2), alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Whether the batch has reached its target and should be taken.
  public var isFull: Bool { byteCount >= byteCountTarget }
  public var isEmpty: Bool { recordCount == 0 }

  /// Adds one record.
  /// - Parameter eventTime: milliseconds since 1970 UTC.
  public func append(
    kind: RecordKind = .data, eventTime: Int64, key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?, headers: [RecordHeader] = []
  ) {
    let headerBytes = headers.isEmpty ? [] : HeaderCoding.encode(headers)
    let content = (key?.count ?? 0) + (value?.count ?? 0) + headerBytes.count
    precondition(content <= Limits.recordBytesMax, "a record of \(content) bytes is over the limit")
    reserve(content + 1 + 4 * Varint.bytesMax)
    let base = buffer.baseAddress!
    var position = byteCount
    var attributes: UInt8 = kind == .control ? RecordAttributes.control : 0
    if key != nil { attributes |= RecordAttributes.key }
    if value != nil { attributes |= RecordAttributes.value }
    if !headerBytes.isEmpty { attributes |= RecordAttributes.headers }
    base.storeBytes(of: attributes, toByteOffset: position, as: UInt8.self)
    position &+= 1
    Varint.write(Varint.zigzag(eventTime &- lastEventTime), to: base, at: &position)
    if let key { write(key, at: &position) }
    if let value { write(value, at: &position) }
    if !headerBytes.isEmpty { headerBytes.withUnsafeBytes { write($0, at: &position) } }
    byteCount = position
    lastEventTime = eventTime
    earliest = min(earliest, eventTime)
    latest = max(latest, eventTime)
    recordCount &+= 1
  }

  /// Adds one record with array contents.
  public func append(
    kind: RecordKind = .data, eventTime: Int64, key: [UInt8]?, value: [UInt8]?,
    headers: [RecordHeader] = []
  ) {
    func bytes<R>(_ array: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> R) -> R {
      guard let array else { return body(nil) }
      return array.withUnsafeBytes { body($0) }
    }
    bytes(key) { key in
      bytes(value) { value in
        append(kind: kind, eventTime: eventTime, key: key, value: value, headers: headers)
      }
    }
  }

  /// Takes what was collected as a batch and starts anew; nil when there is nothing.
  public func take() -> EncodedBatch? {
    guard recordCount > 0 else { return nil }
    let raw = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<byteCount])
    let batch = EncodedBatch(
      recordCount: recordCount, eventTimes: earliest...latest, rawByteCount: byteCount,
      payload: compressor.compress(raw))
    byteCount = 0
    lastEventTime = 0
    earliest = .max
    latest = .min
    recordCount = 0
    return batch
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at position: inout Int) {
    let base = buffer.baseAddress!
    Varint.write(UInt64(bytes.count), to: base, at: &position)
    if let source = bytes.baseAddress {
      (base + position).copyMemory(from: source, byteCount: bytes.count)
    }
    position &+= bytes.count
  }

  private func reserve(_ more: Int) {
    guard byteCount + more > buffer.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(buffer.count * 2, byteCount + more), alignment: 16)
    larger.copyMemory(
      from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<byteCount]))
    buffer.deallocate()
    buffer = larger
  }
}
