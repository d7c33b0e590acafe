// What a column of a target must be able to hold, and whether one that was found can.

/// A column that moaa writes.
struct Column: Hashable, Sendable {
  enum Content: Hashable, Sendable {
    /// A moment, to the second, of any year.
    case datetime
    /// A temperature of three digits and so many decimals.
    case figure(decimalCountMin: Int)
    /// An integer of so many decimal digits.
    case integer(digitCountMin: Int)
    /// Text that is compared byte by byte.
    case text(byteCountMin: Int)
  }

  let name: Identifier
  let content: Content
  /// Its type in a table that moaa makes.
  let type: String
  let isNullable: Bool

  init(_ name: StaticString, _ content: Content, _ type: String, isNullable: Bool = false) {
    self.name = Identifier(literal: name)
    self.content = content
    self.type = type
    self.isNullable = isNullable
  }

  /// As CREATE TABLE has it.
  var definition: String { "\(name.quoted) \(type) \(isNullable ? "NULL" : "NOT NULL")" }

  /// Why values would not fit into a column that was found; nil when they do.
  func misfit(_ found: FoundColumn) -> String? {
    if found.isGenerated { return "is generated" }
    if isNullable, !found.isNullable { return "takes no NULL" }
    return fits(found) ? nil : "is \(found.fullType)"
  }

  private func fits(_ found: FoundColumn) -> Bool {
    switch content {
    case .datetime: return found.type == "datetime"
    case .figure(let decimalCountMin):
      guard !found.fullType.contains("unsigned"), !found.fullType.contains("zerofill") else {
        return false
      }
      switch found.type {
      // A FLOAT or DOUBLE without digits has no scale.
      case "float", "double":
        return found.scale.map { $0 >= decimalCountMin && found.precision - $0 >= 3 } ?? true
      case "decimal":
        let scale = found.scale ?? 0
        return scale >= decimalCountMin && found.precision - scale >= 3
      default: return false
      }
    case .integer(let digitCountMin):
      let digitCounts = ["tinyint": 2, "smallint": 4, "mediumint": 6, "int": 9, "bigint": 18]
      return digitCounts[found.type].map { $0 >= digitCountMin } ?? false
    case .text(let byteCountMin):
      guard found.type == "varchar" || found.type == "varbinary" else { return false }
      let isExact = found.type == "varbinary" || found.collation.hasSuffix("_bin")
      return isExact && found.characterCount >= byteCountMin
    }
  }

  /// What to turn it into, for messages.
  var advice: String { "\(type) \(isNullable ? "NULL" : "NOT NULL")" }
}
