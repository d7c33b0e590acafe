// A sorted walk over rows of a target that a lost connection does not end.

/// Rows of a query in ascending order. When the connection is lost the query is run again, and goes on
/// behind the last row that was handed over, whatever has been written meanwhile.
final class ResumingRows {
  typealias Row = [MySQLValue]

  private let link: TargetLink
  private let open: (MySQLConnection) throws(MySQLFailure) -> ResultRows
  private let isBehind: (_ row: Row, _ last: Row) -> Bool
  private var current: (connection: MySQLConnection, rows: ResultRows)?
  private var last: Row?

  /// - Parameters:
  ///   - link: of the walk alone: while it lasts, its connection can do nothing else. It bounds the
  ///     attempts that bring no further row.
  ///   - isBehind: whether a row comes after another one in the order of the query.
  init(
    _ link: TargetLink, isBehind: @escaping (_ row: Row, _ last: Row) -> Bool,
    open: @escaping (MySQLConnection) throws(MySQLFailure) -> ResultRows
  ) {
    self.link = link
    self.open = open
    self.isBehind = isBehind
  }

  /// - Returns: nil after the last row.
  /// - Throws: `MySQLFailure`, for what does not pass.
  func next() throws -> Row? {
    let row = try link.run { try self.next(on: $0) }
    if let row { last = row }
    return row
  }

  private func next(on connection: MySQLConnection) throws(MySQLFailure) -> Row? {
    do throws(MySQLFailure) {
      let wasLost = current?.connection !== connection
      let rows = try wasLost ? open(connection) : current!.rows
      if wasLost { current = (connection, rows) }
      while let row = try rows.next() {
        // The last one, and what is before it, come again after a new beginning.
        if wasLost, let last, !isBehind(row, last) { continue }
        return row
      }
      return nil
    } catch {
      // The rest of the rows is received before the connection is used again.
      current = nil
      throw error
    }
  }
}
