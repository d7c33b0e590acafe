// Which table an upsert writes, and what it does to a row that is there already.

public struct UpsertShape: Hashable, Sendable {
  public let table: Identifier
  /// Those of the rows to be inserted, in the order of a row's values.
  public let columns: [Identifier]
  /// What follows ON DUPLICATE KEY UPDATE, as SQL: names as `Identifier.quoted`, the values of the
  /// row to be inserted as `ServerDialect.incoming`. Empty: a row that is there already is refused.
  public let update: String

  public init(table: Identifier, columns: [Identifier], update: String) {
    precondition(!columns.isEmpty, "an upsert without columns")
    self.table = table
    self.columns = columns
    self.update = update
  }
}
