// Where a report says that its station is: name, coordinates, elevation, as numbers.

import Observations

/// A point on the earth. Both of its numbers come from one report, so that it is where the station was.
struct Coordinates: Hashable, Comparable, Sendable {
  /// Millionths of a degree.
  let latitude: Int32
  let longitude: Int32

  static func < (left: Coordinates, right: Coordinates) -> Bool {
    (left.latitude, left.longitude) < (right.latitude, right.longitude)
  }
}

/// Texts of a report's place, read.
struct Place {
  /// UTF-8. nil when it has none.
  var name: [UInt8]?
  /// nil when one of the two is missing.
  var coordinates: Coordinates?
  /// Millionths of a metre; nil when missing.
  var elevation: Int64?

  /// A longer name counts as none: it is kept with every month.
  static let nameBytesMax = 1024
  private static let latitudeMax: Int64 = 90_000_000
  private static let longitudeMax: Int64 = 180_000_000
  private static let missingElevation: Int64 = 9_999_000_000

  init() {}

  init(
    name: UnsafeRawBufferPointer?, latitude: UnsafeRawBufferPointer?,
    longitude: UnsafeRawBufferPointer?, elevation: UnsafeRawBufferPointer?
  ) {
    self.name = name.flatMap(Self.name)
    // 999.999, and 99.999 of a latitude, lie outside of what a coordinate may be.
    if let latitude = Self.coordinate(latitude, Self.latitudeMax),
      let longitude = Self.coordinate(longitude, Self.longitudeMax)
    {
      coordinates = Coordinates(latitude: latitude, longitude: longitude)
    }
    let metres = elevation.flatMap(Self.millionths)
    self.elevation = metres == Self.missingElevation ? nil : metres
  }

  private static func name(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    let trimmed = ByteText.trimmed(text)
    guard !trimmed.isEmpty, trimmed.count <= nameBytesMax else { return nil }
    if String(validating: trimmed, as: UTF8.self) != nil { return Array(trimmed) }
    // Latin-1, as in the raw topic's JSON.
    return trimmed.flatMap { $0 < 0x80 ? [$0] : [0xC0 | $0 >> 6, 0x80 | $0 & 0x3F] }
  }

  private static func coordinate(_ text: UnsafeRawBufferPointer?, _ greatest: Int64) -> Int32? {
    guard let value = text.flatMap(millionths), value.magnitude <= greatest else { return nil }
    return Int32(value)
  }

  /// nil for what is no decimal number, and for a million or more.
  static func millionths(_ text: UnsafeRawBufferPointer) -> Int64? {
    DecimalText.scaled(text, decimals: 6)
  }
}

/// The texts of the place of the report before, kept to see whether they come again.
final class PlaceTexts {
  private static let partByteCountMax = 256

  private let bytes = UnsafeMutableRawPointer.allocate(
    byteCount: 4 * partByteCountMax, alignment: 8)
  private var counts = (-1, -1, -1, -1)

  deinit { bytes.deallocate() }

  /// Whether the texts are those that were given to `keep` last.
  @inline(__always)
  func areEqual(
    _ first: UnsafeRawBufferPointer?, _ second: UnsafeRawBufferPointer?,
    _ third: UnsafeRawBufferPointer?, _ fourth: UnsafeRawBufferPointer?
  ) -> Bool {
    isEqual(first, 0, counts.0) && isEqual(second, 1, counts.1) && isEqual(third, 2, counts.2)
      && isEqual(fourth, 3, counts.3)
  }

  func clear() { counts = (-1, -1, -1, -1) }

  func keep(
    _ first: UnsafeRawBufferPointer?, _ second: UnsafeRawBufferPointer?,
    _ third: UnsafeRawBufferPointer?, _ fourth: UnsafeRawBufferPointer?
  ) {
    let parts = [first, second, third, fourth]
    guard parts.allSatisfy({ $0?.count ?? 0 <= Self.partByteCountMax }) else {
      clear()
      return
    }
    for (index, part) in parts.enumerated() {
      guard let part, let base = part.baseAddress else { continue }
      (bytes + index * Self.partByteCountMax).copyMemory(from: base, byteCount: part.count)
    }
    counts = (first?.count ?? 0, second?.count ?? 0, third?.count ?? 0, fourth?.count ?? 0)
  }

  /// A text that is missing means what an empty one does.
  @inline(__always)
  private func isEqual(_ text: UnsafeRawBufferPointer?, _ index: Int, _ count: Int) -> Bool {
    guard let text, let base = text.baseAddress else { return count == 0 }
    return text.count == count
      && ByteText.isEqual(base, bytes + index &* Self.partByteCountMax, byteCount: count)
  }
}
