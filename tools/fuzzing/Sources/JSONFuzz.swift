// The raw topic's JSON: read by the way for canonical values, and by the general one.

import Observations

enum JSONFuzz {
  /// A blank in front of a value makes it uncanonical, and must change nothing.
  static func read(_ bytes: UnsafeRawBufferPointer) {
    let spaced = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
    defer { spaced.deallocate() }
    spaced[0] = UInt8(ascii: " ")
    UnsafeMutableRawBufferPointer(rebasing: spaced[1...]).copyMemory(from: bytes)
    expectSame(text(bytes), text(UnsafeRawBufferPointer(spaced)), "a blank changed a value")
  }

  /// What the encoder wrote of a row must be read as that row.
  static func expect(_ json: UnsafeRawBufferPointer, holds row: ObservationRow) {
    RawObservation.read(json) { result in
      guard case .success(let parts) = result else { fatalError("a row's JSON is refused") }
      precondition(parts.time == row.time && parts.temperature == row.temperature, "another row")
      // Other stations may not be UTF-8, of which JSON must be.
      if row.station.allSatisfy({ $0 < 0x80 }) {
        precondition(parts.station.elementsEqual(row.station), "another station")
      }
    }
  }

  private static func text(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    RawObservation.read(bytes) { result in
      switch result {
      case .failure(let fault): return Array("\(fault)".utf8)
      case .success(let parts):
        return Array("\(parts.time) \(parts.temperature) ".utf8) + parts.station + [0]
          + parts.reportType
      }
    }
  }
}
