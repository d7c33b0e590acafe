// What a server says about a table: information_schema.

/// A column as it was found.
struct FoundColumn: Hashable, Sendable {
  let name: String
  /// As `float`.
  let type: String
  /// As `float(7,4) unsigned`.
  let fullType: String
  let isNullable: Bool
  let hasDefault: Bool
  /// Whether no two rows are the same in it by a unique key, when nothing is said of it: a counter,
  /// or NULL.
  let differsByItself: Bool
  let isAutoIncrement: Bool
  let isGenerated: Bool
  let characterCount: Int
  let precision: Int
  /// nil where the type has none.
  let scale: Int?
  let collation: String
}

/// A table as it was found.
struct FoundTable: Hashable, Sendable {
  let isBaseTable: Bool
  let engine: String
  let columns: [FoundColumn]
  /// The columns of each unique key, the primary one too, in lower case, by the key's name. Of a key
  /// that covers only the beginning of a column that column is nil.
  let uniqueKeys: [String: [String?]]

  var hasTransactions: Bool { engine.lowercased() == "innodb" }

  /// Servers take column names for the same whatever their case is.
  func column(_ name: Identifier) -> FoundColumn? {
    columns.first { $0.name.lowercased() == name.name.lowercased() }
  }

  /// - Returns: nil when there is no table of that name in the session's database.
  static func find(
    _ name: Identifier, on connection: MySQLConnection
  ) throws(MySQLFailure) -> FoundTable? {
    let place = "table_schema = DATABASE() AND table_name = ?"
    let value = [MySQLValue.text(name.name)]
    let tables = try connection.query(
      "SELECT table_type, engine FROM information_schema.tables WHERE \(place)", value)
    guard let table = tables.first else { return nil }
    let columns = try connection.query(
      """
      SELECT column_name, data_type, column_type, is_nullable, column_default IS NOT NULL, extra,
        character_maximum_length, numeric_precision, numeric_scale, collation_name,
        column_default
      FROM information_schema.columns WHERE \(place) ORDER BY ordinal_position
      """, value)
    let keys = try connection.query(
      """
      SELECT index_name, column_name, sub_part FROM information_schema.statistics
      WHERE \(place) AND non_unique = 0 ORDER BY index_name, seq_in_index
      """, value)
    var uniqueKeys: [String: [String?]] = [:]
    for key in keys {
      uniqueKeys[key[0].catalogueText, default: []].append(
        key[2].isNull ? key[1].catalogueText.lowercased() : nil)
    }
    return FoundTable(
      isBaseTable: table[0].catalogueText == "BASE TABLE", engine: table[1].catalogueText,
      columns: columns.map(FoundColumn.init), uniqueKeys: uniqueKeys)
  }
}

extension FoundColumn {
  fileprivate init(_ row: [MySQLValue]) {
    let extra = row[5].catalogueText.lowercased()
    name = row[0].catalogueText
    type = row[1].catalogueText.lowercased()
    fullType = row[2].catalogueText.lowercased()
    isNullable = row[3].catalogueText == "YES"
    hasDefault = row[4].count != 0
    isAutoIncrement = extra.contains("auto_increment")
    // MySQL says DEFAULT_GENERATED of a default that is an expression.
    isGenerated = extra.contains("virtual generated") || extra.contains("stored generated")
    characterCount = row[6].count
    precision = row[7].count
    scale = row[8].isNull ? nil : row[8].count
    collation = row[9].catalogueText
    // MariaDB has the word NULL for no default, and texts in quotes.
    let isNullByItself = !hasDefault || row[10].catalogueText == "NULL"
    differsByItself = isAutoIncrement || isNullable && !isGenerated && isNullByItself
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

  fileprivate var count: Int {
    switch self {
    case .integer(let value): Int(value)
    case .unsigned(let value): Int(clamping: value)
    default: 0
    }
  }
}
