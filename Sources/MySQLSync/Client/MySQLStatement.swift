// A prepared statement.

import CMariaDB

/// SQL that the server has parsed, with a `?` for each value. Of use as long as its connection is.
public final class MySQLStatement {
  public let sql: String
  let connection: MySQLConnection
  private let handle: UnsafeMutablePointer<MYSQL_STMT>

  init(_ sql: String, on connection: MySQLConnection) throws(MySQLFailure) {
    self.sql = sql
    self.connection = connection
    guard let handle = mysql_stmt_init(try connection.open()) else {
      throw .own("libmariadb cannot prepare a statement: out of memory", remedy: "")
    }
    self.handle = handle
    var text = sql
    let code = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        mysql_stmt_prepare(handle, $0.baseAddress, UInt($0.count))
      }
    }
    // deinit closes the handle.
    guard code == 0 else { throw failed() }
  }

  deinit { mysql_stmt_close(handle) }

  /// Runs it with values for its parameters.
  /// - Returns: the number of rows that it changed; one that was updated by an upsert counts as 2,
  ///   one that was left as it is as 0.
  @discardableResult
  public func execute(_ values: [MySQLValue] = []) throws(MySQLFailure) -> Int {
    try run(values)
    mysql_stmt_free_result(handle)
    return Int(truncatingIfNeeded: mysql_stmt_affected_rows(handle))
  }

  /// Runs it and returns all rows.
  public func query(_ values: [MySQLValue] = []) throws(MySQLFailure) -> [[MySQLValue]] {
    var rows: [[MySQLValue]] = []
    try forEachRow(values) { row throws(MySQLFailure) in
      rows.append(row)
      return true
    }
    return rows
  }

  /// Runs it and hands over its rows as they come, without keeping them. Until the last is there the
  /// connection can do nothing else.
  ///
  /// - Parameter body: returns false to leave the rest, which is still received.
  public func forEachRow(
    _ values: [MySQLValue] = [], _ body: (_ row: [MySQLValue]) throws(MySQLFailure) -> Bool
  ) throws(MySQLFailure) {
    guard let result = try runForRows(values) else { return }
    defer { freeResult() }
    while let row = try fetch(result) {
      if try !body(row) { return }
    }
  }

  /// - Returns: where its rows will be; nil when it has none.
  func runForRows(_ values: [MySQLValue]) throws(MySQLFailure) -> ResultBinding? {
    try run(values)
    guard let result = ResultBinding(handle) else {
      freeResult()
      return nil
    }
    guard mysql_stmt_bind_result(handle, result.binds) == 0 else {
      defer { freeResult() }
      throw failed()
    }
    return result
  }

  /// - Returns: nil after the last row.
  func fetch(_ result: ResultBinding) throws(MySQLFailure) -> [MySQLValue]? {
    switch mysql_stmt_fetch(handle) {
    case 0, MYSQL_DATA_TRUNCATED:
      guard let row = result.row() else { throw failed() }
      return row
    case MYSQL_NO_DATA: return nil
    default: throw failed()
    }
  }

  /// Receives and drops what rows are left.
  func freeResult() { mysql_stmt_free_result(handle) }

  private func run(_ values: [MySQLValue]) throws(MySQLFailure) {
    precondition(
      values.count == Int(mysql_stmt_param_count(handle)),
      "\(values.count) values for \(mysql_stmt_param_count(handle)) parameters")
    guard !values.isEmpty else { return try executeBound(nil, rowCount: 1, asArrays: false) }
    let block = RowBlock(row: values)
    let binding = ParameterBinding(block, rows: 0..<1, asArrays: false)
    try executeBound(binding, rowCount: 1, asArrays: false)
  }

  /// Runs it with rows of a block.
  func execute(_ block: RowBlock, rows: Range<Int>, asArrays: Bool) throws(MySQLFailure) -> Int {
    let binding = ParameterBinding(block, rows: rows, asArrays: asArrays)
    try executeBound(binding, rowCount: rows.count, asArrays: asArrays)
    return Int(truncatingIfNeeded: mysql_stmt_affected_rows(handle))
  }

  private func executeBound(
    _ binding: ParameterBinding?, rowCount: Int, asArrays: Bool
  ) throws(MySQLFailure) {
    // libmariadb copies the parameters, not what they point to: that must live until the end.
    try withExtendedLifetime(binding) { () throws(MySQLFailure) in
      var arraySize = asArrays ? UInt32(rowCount) : 0
      mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &arraySize)
      if let binding, mysql_stmt_bind_param(handle, binding.binds) != 0 { throw failed() }
      guard mysql_stmt_execute(handle) == 0 else { throw failed() }
    }
  }

  private func failed() -> MySQLFailure {
    // Of a connection that is lost while rows are received only the connection knows.
    if mysql_stmt_errno(handle) == 0, let lost = connection.handle {
      return connection.note(
        MySQLConnection.failure(of: lost, while: MySQLConnection.gist(of: sql)))
    }
    return connection.note(
      MySQLFailure(
        number: Int(mysql_stmt_errno(handle)),
        sqlState: String(cString: mysql_stmt_sqlstate(handle)),
        words: String(cString: mysql_stmt_error(handle)), while: MySQLConnection.gist(of: sql)))
  }
}
