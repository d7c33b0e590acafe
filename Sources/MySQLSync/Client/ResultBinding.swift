// Where the values of a result's rows go, and what is made of them.

import CMariaDB

/// Memory for one row of a statement's result.
final class ResultBinding {
  let binds: UnsafeMutablePointer<MYSQL_BIND>
  private let statement: UnsafeMutablePointer<MYSQL_STMT>
  private let columns: UnsafeMutableBufferPointer<Column>

  /// What libmariadb writes to for one column; it stays where it is.
  private struct Column {
    enum Kind {
      case integer, unsigned, float, double, datetime, text, bytes
    }
    var kind = Kind.bytes
    var word: UInt64 = 0
    var time = MYSQL_TIME()
    var isNull: my_bool = 0
    var length: UInt = 0
    var isCut: my_bool = 0
  }

  /// nil when the statement has no result.
  init?(_ statement: UnsafeMutablePointer<MYSQL_STMT>) {
    guard let metadata = mysql_stmt_result_metadata(statement) else { return nil }
    defer { mysql_free_result(metadata) }
    let count = Int(mysql_num_fields(metadata))
    self.statement = statement
    binds = .allocate(capacity: count)
    binds.initialize(repeating: MYSQL_BIND(), count: count)
    columns = .allocate(capacity: count)
    columns.initialize(repeating: Column())
    for index in 0..<count {
      let field = mysql_fetch_field_direct(metadata, UInt32(index))!.pointee
      let column = columns.baseAddress! + index
      column.pointee.kind = Self.kind(of: field)
      bind(column, to: &binds[index])
    }
  }

  deinit {
    binds.deallocate()
    columns.deallocate()
  }

  private func bind(_ column: UnsafeMutablePointer<Column>, to bind: inout MYSQL_BIND) {
    let base = UnsafeMutableRawPointer(column)
    func pointer<Value>(_ path: KeyPath<Column, Value>) -> UnsafeMutablePointer<Value> {
      (base + MemoryLayout<Column>.offset(of: path)!).assumingMemoryBound(to: Value.self)
    }
    bind.is_null = pointer(\.isNull)
    bind.length = pointer(\.length)
    bind.error = pointer(\.isCut)
    bind.buffer = UnsafeMutableRawPointer(pointer(\.word))
    switch column.pointee.kind {
    case .integer: bind.buffer_type = MYSQL_TYPE_LONGLONG
    case .unsigned:
      bind.buffer_type = MYSQL_TYPE_LONGLONG
      bind.is_unsigned = 1
    // FLOAT as its own 32 bits, so that libmariadb converts nothing.
    case .float: bind.buffer_type = MYSQL_TYPE_FLOAT
    case .double: bind.buffer_type = MYSQL_TYPE_DOUBLE
    case .datetime:
      bind.buffer_type = MYSQL_TYPE_DATETIME
      bind.buffer = UnsafeMutableRawPointer(pointer(\.time))
    // Of these only the length is asked for; then the value is fetched into as many bytes.
    case .text: bind.buffer_type = MYSQL_TYPE_STRING
    case .bytes: bind.buffer_type = MYSQL_TYPE_BLOB
    }
  }

  private static func kind(of field: MYSQL_FIELD) -> Column.Kind {
    /// The number of the character set "binary".
    let binary: UInt32 = 63
    switch field.type {
    case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
      MYSQL_TYPE_YEAR:
      return field.flags & UInt32(UNSIGNED_FLAG) != 0 ? .unsigned : .integer
    case MYSQL_TYPE_FLOAT: return .float
    case MYSQL_TYPE_DOUBLE: return .double
    case MYSQL_TYPE_DATE, MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP: return .datetime
    case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_TIME, MYSQL_TYPE_JSON: return .text
    default: return field.charsetnr == binary ? .bytes : .text
    }
  }

  /// The row that was fetched last; nil when libmariadb refuses a value.
  func row() -> [MySQLValue]? {
    var values: [MySQLValue] = []
    values.reserveCapacity(columns.count)
    for index in columns.indices {
      guard let value = value(index) else { return nil }
      values.append(value)
    }
    return values
  }

  private func value(_ index: Int) -> MySQLValue? {
    let column = columns[index]
    if column.isNull != 0 { return .null }
    switch column.kind {
    case .integer: return .integer(Int64(bitPattern: column.word))
    case .unsigned:
      return Int64(exactly: column.word).map { .integer($0) } ?? .unsigned(column.word)
    case .float:
      return .double(Double(Float(bitPattern: UInt32(truncatingIfNeeded: column.word))))
    case .double: return .double(Double(bitPattern: column.word))
    case .datetime: return .datetime(MySQLDateTime(column.time))
    case .text: return bytes(index).map { .text(String(decoding: $0, as: UTF8.self)) }
    case .bytes: return bytes(index).map { .bytes($0) }
    }
  }

  private func bytes(_ index: Int) -> [UInt8]? {
    let length = Int(columns[index].length)
    if length == 0 { return [] }
    var isFetched = false
    // A byte more: libmariadb may close a text with a zero.
    let bytes = [UInt8](unsafeUninitializedCapacity: length + 1) { buffer, count in
      var bind = MYSQL_BIND()
      bind.buffer_type = binds[index].buffer_type
      bind.buffer = UnsafeMutableRawPointer(buffer.baseAddress)
      bind.buffer_length = UInt(length)
      isFetched = mysql_stmt_fetch_column(statement, &bind, UInt32(index), 0) == 0
      count = isFetched ? length : 0
    }
    return isFetched ? bytes : nil
  }
}
