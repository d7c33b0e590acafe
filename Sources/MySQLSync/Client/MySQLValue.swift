// One value of a row, as sent to or received from a server.

public enum MySQLValue: Hashable, Sendable {
  case null
  /// Whatever integer fits.
  case integer(Int64)
  /// An integer beyond that: BIGINT UNSIGNED.
  case unsigned(UInt64)
  /// DOUBLE, and FLOAT with the exact value of its 32 bits.
  case double(Double)
  /// Text, and DECIMAL and TIME as text.
  case text(String)
  /// BINARY, BLOB, BIT: what has no character set.
  case bytes([UInt8])
  /// DATETIME, DATE, TIMESTAMP.
  case datetime(MySQLDateTime)

  public var isNull: Bool { self == .null }

  public var integer: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }

  public var double: Double? {
    if case .double(let value) = self { value } else { nil }
  }

  public var text: String? {
    if case .text(let value) = self { value } else { nil }
  }

  public var datetime: MySQLDateTime? {
    if case .datetime(let value) = self { value } else { nil }
  }
}
