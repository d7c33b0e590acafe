// The rows of a statement, taken one by one.

import CMariaDB

/// A result that is received as it is asked for, to be walked beside another walk. Until it ends, or
/// is given up, its connection can do nothing else.
public final class ResultRows {
  private let statement: MySQLStatement
  private let result: ResultBinding?
  private var hasEnded = false

  fileprivate init(_ statement: MySQLStatement, _ result: ResultBinding?) {
    self.statement = statement
    self.result = result
  }

  /// What was not taken is received and dropped.
  deinit { statement.freeResult() }

  /// - Returns: nil after the last row.
  public func next() throws(MySQLFailure) -> [MySQLValue]? {
    guard let result, !hasEnded else { return nil }
    let row = try statement.fetch(result)
    hasEnded = row == nil
    return row
  }
}

extension MySQLStatement {
  /// Runs it; its rows are then to be asked for.
  public func rows(_ values: [MySQLValue] = []) throws(MySQLFailure) -> ResultRows {
    ResultRows(self, try runForRows(values))
  }
}
