// What a target's catalogue says of a table that is there.

/// A column of a table, as information_schema has it.
struct CatalogueColumn: Hashable, Sendable {
  let name: String
  /// `varchar`, `float`, …, in lower case.
  let dataType: String
  /// As it would be written in SQL.
  let fullType: String
  let charactersMax: Int
  let digits: Int
  let decimals: Int
  /// Whether its type names how many decimals there are.
  let hasDecimals: Bool
  /// Empty where it is no text.
  let collation: String
  let isNullable: Bool
}

extension MySQLConnection {
  /// The columns of a table of this database; empty when there is no such table.
  func columns(of table: Identifier) throws(MySQLFailure) -> [CatalogueColumn] {
    let rows = try query(
      """
      SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION,
        NUMERIC_SCALE, COLLATION_NAME, IS_NULLABLE
      FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
      ORDER BY ORDINAL_POSITION
      """, [.text(table.name)])
    return rows.map { row in
      CatalogueColumn(
        name: row[0].catalogueText, dataType: row[1].catalogueText.lowercased(),
        fullType: row[2].catalogueText,
        charactersMax: row[3].integer.map(Int.init) ?? 0, digits: row[4].integer.map(Int.init) ?? 0,
        decimals: row[5].integer.map(Int.init) ?? 0,
        hasDecimals: !row[5].isNull, collation: row[6].catalogueText,
        isNullable: row[7].catalogueText == "YES")
    }
  }

  /// The columns of each index of a table that lets no two rows have the same values.
  func uniqueKeys(of table: Identifier) throws(MySQLFailure) -> [Set<String>] {
    let rows = try query(
      """
      SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND NON_UNIQUE = 0
      """, [.text(table.name)])
    var keys: [String: Set<String>] = [:]
    for row in rows {
      // Only the beginning of a column is none of ours.
      let part = row[2].isNull ? "" : "(part)"
      keys[row[0].catalogueText, default: []].insert(row[1].catalogueText.lowercased() + part)
    }
    return keys.keys.sorted().compactMap { keys[$0] }
  }
}

extension MySQLValue {
  /// A text of the catalogue, which some servers send as bytes; empty for anything else.
  var catalogueText: String {
    switch self {
    case .text(let text): text
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    default: ""
    }
  }
}
