// A record as a reader sees it: views into its batch, valid while the batch is being walked.

/// What a record is for.
public enum RecordKind: UInt8, Sendable {
  /// Application data.
  case data = 0
  /// A word to the engine, such as a trigger or a flush; the key says which.
  case control = 1
}

/// A name and bytes that travel with a record without being its value.
public struct RecordHeader: Hashable, Sendable {
  public var name: String
  /// nil when it has no value, which is not the same as an empty one.
  public var value: [UInt8]?

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = Array(value.utf8)
  }

  public init(_ name: String, bytes: [UInt8]?) {
    self.name = name
    self.value = bytes
  }
}

/// One record of a batch. Its pointers are valid only inside the closure that received it.
@frozen
public struct RecordView {
  public let kind: RecordKind
  public let offset: Offset
  /// When it happened, in milliseconds since 1970 UTC, as the producer said.
  public let eventTime: Int64
  /// nil when the record has no key, which is not the same as an empty one.
  public let key: UnsafeRawBufferPointer?
  /// nil when the record has no value (a tombstone).
  public let value: UnsafeRawBufferPointer?
  @usableFromInline let headerBytes: UnsafeRawBufferPointer?

  @inlinable
  init(
    kind: RecordKind, offset: Offset, eventTime: Int64, key: UnsafeRawBufferPointer?,
    value: UnsafeRawBufferPointer?, headerBytes: UnsafeRawBufferPointer?
  ) {
    self.kind = kind
    self.offset = offset
    self.eventTime = eventTime
    self.key = key
    self.value = value
    self.headerBytes = headerBytes
  }

  /// The headers, in the order in which they were given.
  public var headers: [RecordHeader] {
    guard let bytes = headerBytes else { return [] }
    return HeaderCoding.decode(bytes) ?? []
  }
}

/// Headers as bytes: name length, name, value length, value, and again. No value: a length that no
/// value has.
enum HeaderCoding {
  private static let noValue = UInt64.max

  static func encode(_ headers: [RecordHeader]) -> [UInt8] {
    var bytes: [UInt8] = []
    for header in headers {
      Varint.append(UInt64(header.name.utf8.count), to: &bytes)
      bytes.append(contentsOf: header.name.utf8)
      guard let value = header.value else {
        Varint.append(noValue, to: &bytes)
        continue
      }
      Varint.append(UInt64(value.count), to: &bytes)
      bytes.append(contentsOf: value)
    }
    return bytes
  }

  static func decode(_ bytes: UnsafeRawBufferPointer) -> [RecordHeader]? {
    var headers: [RecordHeader] = []
    var position = 0
    func part(_ count: UInt64?) -> UnsafeRawBufferPointer? {
      guard let count, count <= UInt64(bytes.count - position) else { return nil }
      defer { position += Int(count) }
      return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + Int(count))])
    }
    while position < bytes.count {
      guard let name = part(Varint.read(bytes, at: &position)),
        let count = Varint.read(bytes, at: &position)
      else { return nil }
      let text = String(decoding: name, as: UTF8.self)
      if count == noValue {
        headers.append(RecordHeader(text, bytes: nil))
      } else {
        guard let value = part(count) else { return nil }
        headers.append(RecordHeader(text, bytes: Array(value)))
      }
    }
    return headers
  }
}
