// Emissions read back from their bytes: what `WindowResultEncoder` wrote, and nothing else.

import Observations

extension WindowResult {
  /// Reads a record value of an aggregate topic.
  /// - Returns: nil when the bytes are not exactly what `appendValue` writes for some result.
  public init?(value: UnsafeRawBufferPointer) {
    var reader = FixedFormReader(value)
    var key: [UInt8] = []
    if reader.take("{\"station\":\"") {
      guard let station = reader.escapedText() else { return nil }
      key = station
      guard reader.take(",\"datetime\":{\"start\":\"") else { return nil }
    } else {
      guard reader.take("{\"datetime\":{\"start\":\"") else { return nil }
    }
    guard let start = reader.bytes(19), let time = Timestamp(start),
      reader.take(".000Z\",\"end\":\""), reader.bytes(19) != nil,
      reader.take(".000Z\"},\"mean_tmp\":"), reader.skipNumber(),
      reader.take(",\"max_tmp\":"), let most = reader.tenths(),
      reader.take(",\"min_tmp\":"), let least = reader.tenths(),
      reader.take(",\"count\":"), let count = reader.integer(), count > 0,
      reader.take(",\"sum_tenths\":"), let sum = reader.integer(),
      reader.take(",\"revision\":"), let revision = reader.integer(),
      reader.take(",\"final\":")
    else { return nil }
    let isFinal = reader.take("true}")
    guard isFinal || reader.take("false}"), reader.isAtEnd, time.secondsSinceEpoch % 3600 == 0,
      let minTenths = Int16(exactly: least), let maxTenths = Int16(exactly: most),
      sum.magnitude < 1 << 46
    else { return nil }
    var accumulator = Accumulator()
    accumulator.count = count
    accumulator.sumTenths = sum
    accumulator.minTenths = minTenths
    accumulator.maxTenths = maxTenths
    self.init(
      key: key, hour: time.hourIndex, accumulator: accumulator, revision: revision, isFinal: isFinal
    )
    // The mean and the end are not read; that they are right shows in the bytes.
    var again: [UInt8] = []
    appendValue(to: &again)
    guard again.count == value.count, again.withUnsafeBytes({ $0.elementsEqual(value) }) else {
      return nil
    }
  }
}

/// Takes pieces of known form off the beginning of bytes.
private struct FixedFormReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
    position += count
    return true
  }

  mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
    guard bytes.count - position >= count else { return nil }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
  }

  mutating func integer() -> Int64? {
    let isNegative = take("-")
    var value: Int64 = 0
    var digitCount = 0
    while position < bytes.count, case let digit = bytes[position] &- 48, digit <= 9 {
      guard digitCount < 18 else { return nil }
      value = value * 10 + Int64(digit)
      digitCount += 1
      position += 1
    }
    return digitCount == 0 ? nil : isNegative ? -value : value
  }

  /// A number with one decimal, as tenths.
  mutating func tenths() -> Int64? {
    let isNegative = position < bytes.count && bytes[position] == UInt8(ascii: "-")
    guard let whole = integer(), take("."), position < bytes.count,
      case let digit = bytes[position] &- 48, digit <= 9, whole.magnitude < 1_000_000
    else { return nil }
    position += 1
    return isNegative ? whole * 10 - Int64(digit) : whole * 10 + Int64(digit)
  }

  mutating func skipNumber() -> Bool {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: ",") { position += 1 }
    return position > start
  }

  /// The text up to the closing quote, which is passed over, with its escapes undone: those that
  /// `ByteCursor.putEscaped` writes.
  mutating func escapedText() -> [UInt8]? {
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return text
      case UInt8(ascii: "\\"):
        guard position < bytes.count else { return nil }
        let escape = bytes[position]
        position += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
        default: return nil
        }
      default: text.append(byte)
      }
    }
    return nil
  }
}
