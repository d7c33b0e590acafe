// A target's table beside what it has to be.

extension ResultSetTable {
  public enum State: Sendable {
    case missing
    case ready
    /// What does not fit, and what to do about it.
    case unfit(MySQLFailure)
  }

  /// Looks whether the table is there, and fit for its rows.
  public func state(in connection: MySQLConnection) throws(MySQLFailure) -> State {
    guard let found = try FoundTable.find(name, on: connection) else { return .missing }
    return misfit(found).map { .unfit($0) } ?? .ready
  }

  /// - Throws: a setup failure when the table is missing or does not fit.
  func checkReady(in connection: MySQLConnection) throws(MySQLFailure) {
    switch try state(in: connection) {
    case .ready: return
    case .unfit(let failure): throw failure
    case .missing:
      throw .own("there is no table \(name)", remedy: "Create it, or have moaa create it.")
    }
  }

  /// Makes the table where it is missing.
  /// - Returns: whether it was made now.
  /// - Throws: also a setup failure when one that is there does not fit.
  @discardableResult
  public func create(in connection: MySQLConnection) throws(MySQLFailure) -> Bool {
    guard case .missing = try state(in: connection) else {
      try checkReady(in: connection)
      return false
    }
    do throws(MySQLFailure) {
      try connection.execute(createStatement)
      return true
    } catch {
      // Somebody else has made it meanwhile.
      guard error.number == 1050 else { throw error }
      try checkReady(in: connection)
      return false
    }
  }

  // MARK: Comparing

  private func misfit(_ found: FoundTable) -> MySQLFailure? {
    guard found.isBaseTable, found.hasTransactions else {
      return .own(
        found.isBaseTable
          ? "the engine of the table \(name) is \(found.engine), which has no transactions"
          : "\(name) is not a table of its own",
        remedy: found.isBaseTable
          ? "Run: ALTER TABLE \(name.quoted) ENGINE=InnoDB" : "Rename it.")
    }
    for column in columns {
      if let misfit = misfit(column, found.column(column.name)) { return misfit }
    }
    return keyMisfit(found)
  }

  /// An upsert goes by any unique key, and would put a row's figures into another one.
  private func keyMisfit(_ found: FoundTable) -> MySQLFailure? {
    let wanted = Set(keys.map { $0.name.name.lowercased() })
    let own = Set(columns.map { $0.name.name.lowercased() })
    var hasKey = false
    for (key, parts) in found.uniqueKeys.sorted(by: { $0.key < $1.key }) {
      // Only the beginning of a column is none of ours.
      let isWhole = !parts.contains(nil)
      if isWhole, Set(parts.compactMap { $0 }) == wanted {
        hasKey = true
      } else if !isWhole || parts.contains(where: { own.contains($0 ?? "") }) {
        return .own(
          "the table \(name) has a further unique key, \(key), so that rows would replace others",
          remedy: "Remove that key, or rename the table.")
      }
    }
    if hasKey { return nil }
    let names = keys.map(\.name.quoted).joined(separator: ", ")
    return .own(
      "the table \(name) has no primary key or unique index of \(names)",
      remedy: "Run: ALTER TABLE \(name.quoted) ADD UNIQUE (\(names))")
  }

  private func misfit(_ column: Column, _ found: FoundColumn?) -> MySQLFailure? {
    let definition =
      "\(column.name.quoted) \(column.type.sql)\(column.isNullable ? "" : " NOT NULL")"
    guard let found else {
      return .own(
        "the table \(name) has no column \(column.name)",
        remedy: "Run: ALTER TABLE \(name.quoted) ADD COLUMN \(definition)")
    }
    let alteration = "Run: ALTER TABLE \(name.quoted) MODIFY COLUMN \(definition)"
    guard column.type.isHeld(by: found) else {
      let collation = found.collation.isEmpty ? "" : " in \(found.collation)"
      return .own(
        "the column \(column.name) of the table \(name) is \(found.fullType)\(collation), which does "
          + "not hold every value exactly", remedy: alteration)
    }
    guard found.isNullable || !column.isNullable else {
      return .own(
        "the column \(column.name) of the table \(name) takes no NULL, which stands for a figure "
          + "that is missing", remedy: alteration)
    }
    return nil
  }
}
