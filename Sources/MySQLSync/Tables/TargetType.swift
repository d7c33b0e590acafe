// The types of the columns that moaa makes.

/// A column's type, its name in SQL, and how its values travel.
enum TargetType: Hashable, Sendable {
  /// Of so many characters at most, compared by their bytes.
  case text(charactersMax: Int)
  case integer
  case bigInteger
  case datetime
  case date
  /// Exact; sent and received as decimal text.
  case decimal(digits: Int, decimals: Int)

  var sql: String {
    switch self {
    case .text(let count): "VARCHAR(\(count)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    case .integer: "INT"
    case .bigInteger: "BIGINT"
    case .datetime: "DATETIME"
    case .date: "DATE"
    case .decimal(let digits, let decimals): "DECIMAL(\(digits),\(decimals))"
    }
  }

  var blockType: RowBlock.ColumnType {
    switch self {
    case .text, .decimal: .text
    case .integer, .bigInteger: .integer
    case .datetime, .date: .datetime
    }
  }

  /// Whether a column that is there takes each value and gives it back unchanged. A wider one does.
  func isHeld(by found: FoundColumn) -> Bool {
    switch self {
    case .text(let count):
      found.type == "varchar" && found.characterCount >= count
        && found.collation.hasPrefix("utf8mb4_") && found.collation.hasSuffix("bin")
    case .integer: ["int", "bigint"].contains(found.type)
    case .bigInteger: found.type == "bigint"
    case .datetime: found.type == "datetime"
    case .date: found.type == "date"
    case .decimal(let digits, let decimals):
      found.type == "decimal" && found.scale == decimals && found.precision >= digits
    }
  }
}
