// The position of a record in a topic.

/// A record's position in its topic: dense, starting at 0, never reused.
public struct Offset: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public var rawValue: Int64

  @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }
  @inlinable public init(_ value: Int64) { self.rawValue = value }

  public static let zero = Offset(0)

  @inlinable public static func < (left: Offset, right: Offset) -> Bool {
    left.rawValue < right.rawValue
  }

  @inlinable public static func + (offset: Offset, records: Int) -> Offset {
    Offset(offset.rawValue + Int64(records))
  }

  /// The number of records between two offsets.
  @inlinable public static func - (left: Offset, right: Offset) -> Int64 {
    left.rawValue - right.rawValue
  }

  public var description: String { String(rawValue) }
}
