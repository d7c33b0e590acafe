// What a sync needs in a target, what is there, and what has to be done about the difference.

/// Compares tables with what a server has. Changes nothing until `apply`, which only ever creates
/// tables that are not there.
public struct SchemaPlan: Sendable {
  public struct Finding: Sendable {
    public enum State: String, Sendable {
      case fits = "fits"
      case missing = "missing"
      case unfit = "unfit"
    }

    public let table: String
    public let state: State
    /// What is wrong with a table that does not fit.
    public let fault: String
    /// The statement that makes a missing table, or what would mend one that does not fit; empty
    /// when there is nothing to do, or no statement that would be right in every case.
    public let statement: String
  }

  public let findings: [Finding]

  /// Looks at the tables that a stream needs.
  public init(_ stream: SyncStream, on connection: MySQLConnection) throws(MySQLFailure) {
    try self.init([SyncPosition.table, stream.table], on: connection)
  }

  init(_ tables: [TargetTable], on connection: MySQLConnection) throws(MySQLFailure) {
    var findings: [Finding] = []
    for table in tables {
      findings.append(Self.finding(table, try FoundTable.find(table.name, on: connection)))
    }
    self.findings = findings
  }

  public var missing: [Finding] { findings.filter { $0.state == .missing } }
  public var unfit: [Finding] { findings.filter { $0.state == .unfit } }

  /// - Throws: a setup failure when a table that is there does not fit.
  public func check() throws(MySQLFailure) {
    guard let finding = unfit.first else { return }
    throw .own(
      "table \(finding.table) does not fit: \(finding.fault)",
      remedy: finding.statement.isEmpty
        ? "moaa changes no table that is there: look at who changed it."
        : "moaa changes no table that is there. Run, after a look at what it would do: "
          + finding.statement)
  }

  /// Makes the tables that are missing.
  func apply(on connection: MySQLConnection) throws(MySQLFailure) {
    for finding in missing { try connection.execute(finding.statement) }
  }

  // MARK: Comparing

  static func finding(_ table: TargetTable, _ found: FoundTable?) -> Finding {
    guard let found else {
      return Finding(
        table: table.name.name, state: .missing, fault: "", statement: table.definition)
    }
    let (fault, change) = fault(table, found) ?? ("", "")
    return Finding(
      table: table.name.name, state: fault.isEmpty ? .fits : .unfit, fault: fault,
      statement: change.isEmpty ? "" : "ALTER TABLE \(table.name.quoted) \(change)")
  }

  private static func fault(
    _ table: TargetTable, _ found: FoundTable
  ) -> (fault: String, change: String)? {
    guard found.isBaseTable else { return ("it is not a table of its own", "") }
    guard found.hasTransactions else {
      return ("its engine is \(found.engine), which has no transactions", "ENGINE=InnoDB")
    }
    for column in table.columns {
      guard let there = found.column(column.name) else {
        return ("it has no column \(column.name)", "ADD COLUMN \(column.definition)")
      }
      if let misfit = column.misfit(there) {
        return (
          "its column \(column.name) \(misfit), so values would not fit",
          "MODIFY COLUMN \(column.definition)"
        )
      }
    }
    return foreignColumnFault(table, found) ?? keyFault(table, found)
  }

  /// Columns of others get their defaults.
  private static func foreignColumnFault(
    _ table: TargetTable, _ found: FoundTable
  ) -> (fault: String, change: String)? {
    let own = Set(table.columns.map { $0.name.name.lowercased() })
    for column in found.columns where !own.contains(column.name.lowercased()) {
      let hasValue =
        column.isNullable || column.hasDefault || column.isAutoIncrement || column.isGenerated
      guard !hasValue else { continue }
      return ("its column \(column.name) must have a value, which moaa has none for", "")
    }
    return nil
  }

  /// An upsert goes by any unique key there is.
  private static func keyFault(
    _ table: TargetTable, _ found: FoundTable
  ) -> (fault: String, change: String)? {
    let own = Set(table.columns.map { $0.name.name.lowercased() })
    let key = Set(table.key.map { $0.name.lowercased() })
    var hasKey = false
    for (name, columns) in found.uniqueKeys.sorted(by: { $0.key < $1.key }) {
      let names = columns.compactMap { $0 }
      if names.count == columns.count, Set(names) == key {
        hasKey = true
      } else if columns.contains(nil) || !Set(names).isDisjoint(with: own)
        || !found.columns.contains(where: {
          names.contains($0.name.lowercased()) && $0.differsByItself
        })
      {
        return ("its unique key \(name) is not of the columns that a row is known by", "")
      }
    }
    if hasKey { return nil }
    let columns = table.key.map(\.quoted).joined(separator: ", ")
    return ("it has no unique key of (\(columns))", "ADD UNIQUE KEY (\(columns))")
  }
}
