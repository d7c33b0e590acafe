// The names of tables and columns, which SQL cannot take as parameters: checked, then quoted.

/// A table's or column's name: a letter of a to z or `_`, then up to 63 letters, digits or `_`.
/// Narrower than what the servers allow, so that no name can end its quotation.
public struct Identifier: Hashable, Sendable, CustomStringConvertible {
  public let name: String

  /// - Throws: a setup failure when the name has another form.
  public init(_ name: String) throws(MySQLFailure) {
    guard Self.isWellFormed(name) else {
      throw .own(
        "\"\(name)\" cannot be the name of a table or column",
        remedy: "Use letters of a to z, digits and _, 64 at most, not beginning with a digit.")
    }
    self.name = name
  }

  /// A name that stands in our own code.
  public init(literal name: StaticString) {
    let text = String(describing: name)
    precondition(Self.isWellFormed(text), "not an identifier: \(text)")
    self.name = text
  }

  private static func isWellFormed(_ name: String) -> Bool {
    guard (1...64).contains(name.utf8.count), let first = name.utf8.first else { return false }
    let isDigit = { (byte: UInt8) in byte >= 0x30 && byte <= 0x39 }
    return !isDigit(first)
      && name.utf8.allSatisfy { byte in
        let letter = byte | 0x20
        return (letter >= 0x61 && letter <= 0x7A) || isDigit(byte) || byte == UInt8(ascii: "_")
      }
  }

  /// As SQL takes it, in backquotes, which no SQL mode changes.
  public var quoted: String { "`\(name)`" }
  public var description: String { name }
}
