// A target's table beside what it has to be.

extension ResultSetTable {
  public enum State: Hashable, Sendable {
    case missing, ready
  }

  /// Looks whether the table is there, and fit for its rows.
  /// - Throws: a setup failure that says what does not fit and what to do about it.
  public func state(in connection: MySQLConnection) throws(MySQLFailure) -> State {
    let found = try connection.columns(of: name)
    if found.isEmpty { return .missing }
    for column in columns {
      try check(column, found.first { $0.name.lowercased() == column.name.name.lowercased() })
    }
    let wanted = Set(keys.map { $0.name.name.lowercased() })
    let uniqueKeys = try connection.uniqueKeys(of: name)
    // An upsert goes by any of them, and would put a row's figures into another one.
    let own = Set(columns.map { $0.name.name.lowercased() })
    for key in uniqueKeys where key != wanted {
      guard let name = key.first(where: { own.contains($0) || $0.hasSuffix("(part)") }) else {
        continue
      }
      throw .own(
        "the table \(self.name) has a further unique key, with \(name) in it, so that rows would "
          + "replace others", remedy: "Remove that key, or rename the table.")
    }
    guard uniqueKeys.contains(wanted) else {
      let names = keys.map(\.name.quoted).joined(separator: ", ")
      throw .own(
        "the table \(name) has no primary key or unique index of \(names)",
        remedy: "Run: ALTER TABLE \(name.quoted) ADD UNIQUE (\(names))")
    }
    return .ready
  }

  /// Makes the table where it is missing.
  /// - Returns: whether it was made now.
  @discardableResult
  public func create(in connection: MySQLConnection) throws(MySQLFailure) -> Bool {
    guard try state(in: connection) == .missing else { return false }
    do throws(MySQLFailure) {
      try connection.execute(createStatement)
      return true
    } catch {
      // Somebody else has made it meanwhile.
      guard error.number == 1050 else { throw error }
      _ = try state(in: connection)
      return false
    }
  }

  private func check(_ column: Column, _ found: CatalogueColumn?) throws(MySQLFailure) {
    let definition =
      "\(column.name.quoted) \(column.type.sql)\(column.isNullable ? "" : " NOT NULL")"
    guard let found else {
      throw .own(
        "the table \(name) has no column \(column.name)",
        remedy: "Run: ALTER TABLE \(name.quoted) ADD COLUMN \(definition)")
    }
    let alteration = "Run: ALTER TABLE \(name.quoted) MODIFY COLUMN \(definition)"
    guard column.type.isHeld(by: found) else {
      let collation = found.collation.isEmpty ? "" : " in \(found.collation)"
      throw .own(
        "the column \(column.name) of the table \(name) is \(found.fullType)\(collation), which does "
          + "not hold every value exactly", remedy: alteration)
    }
    guard found.isNullable || !column.isNullable else {
      throw .own(
        "the column \(column.name) of the table \(name) takes no NULL, which stands for a figure "
          + "that is missing", remedy: alteration)
    }
  }
}
