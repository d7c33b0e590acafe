// One hour over all stations, as the sum of what each raw partition contributes.

import Aggregation

/// The newest part of each raw partition.
///
/// As bytes, 32 for each, in order of the partitions, little-endian: partition, count, sum, min and max
/// in tenths, revision. They are the local copy's own affair.
struct HourParts: Hashable {
  private struct Part: Hashable {
    let source: Int32
    let accumulator: Accumulator
    let revision: Int64
  }

  private var parts: [Part] = []
  private static let byteCount = 32

  init() {}

  /// Takes a part, unless a newer one is there.
  /// - Returns: whether it was taken.
  mutating func take(_ result: WindowResult, from source: Int32) -> Bool {
    let index = parts.firstIndex { $0.source >= source } ?? parts.count
    let part = Part(source: source, accumulator: result.accumulator, revision: result.revision)
    if index < parts.count, parts[index].source == source {
      guard result.revision > parts[index].revision else { return false }
      parts[index] = part
    } else {
      parts.insert(part, at: index)
    }
    return true
  }

  /// The whole, with the sum of the parts' revisions: it rises with each part that is taken, and depends on
  /// the parts alone. nil when there is no part.
  var merged: (accumulator: Accumulator, revision: Int64)? {
    guard !parts.isEmpty else { return nil }
    var accumulator = Accumulator()
    var revision: Int64 = 0
    for part in parts {
      accumulator.merge(part.accumulator)
      revision += part.revision
    }
    return (accumulator, revision)
  }

  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parts.count * Self.byteCount)
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    for part in parts {
      append(part.source)
      append(part.accumulator.count)
      append(part.accumulator.sumTenths)
      append(part.accumulator.minTenths)
      append(part.accumulator.maxTenths)
      append(part.revision)
    }
    return bytes
  }

  /// nil when the bytes are not what `encoded` makes.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count % Self.byteCount == 0 else { return nil }
    var previous: Int32 = -1
    for start in stride(from: 0, to: bytes.count, by: Self.byteCount) {
      func number<Number: FixedWidthInteger>(at offset: Int, _: Number.Type) -> Number {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: Number.self))
      }
      var accumulator = Accumulator()
      let source = number(at: 0, Int32.self)
      accumulator.count = number(at: 4, Int64.self)
      accumulator.sumTenths = number(at: 12, Int64.self)
      accumulator.minTenths = number(at: 20, Int16.self)
      accumulator.maxTenths = number(at: 22, Int16.self)
      let revision = number(at: 24, Int64.self)
      guard source > previous, accumulator.count > 0, revision > 0 else { return nil }
      previous = source
      parts.append(Part(source: source, accumulator: accumulator, revision: revision))
    }
  }
}
