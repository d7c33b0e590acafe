// Text into memory, with nothing between, so that a load test measures the reader and not the
// sample.
//
// The owner leaves room for a whole row before it is written, and checks the row's length after it.

/// Writes bytes at a position that moves on.
struct ByteWriter {
  private(set) var position: UnsafeMutablePointer<UInt8>

  init(at position: UnsafeMutablePointer<UInt8>) { self.position = position }

  @inline(__always)
  mutating func text(_ text: StaticString) {
    position.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    position += text.utf8CodeUnitCount
  }

  @inline(__always)
  mutating func bytes(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      position.update(from: start, count: source.count)
      position += source.count
    }
  }

  @inline(__always)
  mutating func byte(_ byte: UInt8) {
    position.pointee = byte
    position += 1
  }

  /// The last `count` decimal digits of a number that is not negative.
  @inline(__always)
  mutating func digits(_ number: Int, _ count: Int) {
    var rest = UInt(bitPattern: number)
    var index = count
    while index > 0 {
      index -= 1
      position[index] = UInt8(truncatingIfNeeded: 48 &+ rest % 10)
      rest /= 10
    }
    position += count
  }

  /// A sign and digits, as ISD writes temperatures: `-0011`.
  @inline(__always)
  mutating func signed(_ number: Int, _ count: Int) {
    byte(number < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    digits(abs(number), count)
  }
}
