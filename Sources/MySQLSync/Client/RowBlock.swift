// Rows on their way to a server, column by column.

/// Rows of typed values. Each column is one run of memory, as array binding wants it.
public struct RowBlock: Sendable {
  public enum ColumnType: Sendable, Hashable {
    case integer
    case unsigned
    case double
    case text
    case bytes
    case datetime
  }

  struct Column: Sendable {
    let type: ColumnType
    /// One a row: 1 for NULL, else 0. Both of libmariadb's ways of binding take it so.
    var nulls: [Int8] = []
    /// Integers, and the bits of doubles; one a row in columns of those types.
    var words: [UInt64] = []
    /// One a row in columns of that type.
    var datetimes: [MySQLDateTime] = []
    /// Texts one after the other, and where each ends.
    var bytes: [UInt8] = []
    var ends: [Int] = []

    func byteRange(_ row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }

    mutating func appendNull() {
      nulls.append(1)
      switch type {
      case .integer, .unsigned, .double: words.append(0)
      case .datetime: datetimes.append(MySQLDateTime(year: 0, month: 0, day: 0))
      case .text, .bytes: ends.append(bytes.count)
      }
    }

    mutating func append(word: UInt64) {
      nulls.append(0)
      words.append(word)
    }

    mutating func append(bytes more: some Sequence<UInt8>) {
      nulls.append(0)
      bytes.append(contentsOf: more)
      ends.append(bytes.count)
    }

    mutating func removeAll() {
      nulls.removeAll(keepingCapacity: true)
      words.removeAll(keepingCapacity: true)
      datetimes.removeAll(keepingCapacity: true)
      bytes.removeAll(keepingCapacity: true)
      ends.removeAll(keepingCapacity: true)
    }

    func value(_ row: Int) -> MySQLValue {
      if nulls[row] != 0 { return .null }
      switch type {
      case .integer: return .integer(Int64(bitPattern: words[row]))
      case .unsigned: return .unsigned(words[row])
      case .double: return .double(Double(bitPattern: words[row]))
      case .datetime: return .datetime(datetimes[row])
      case .text: return .text(String(decoding: bytes[byteRange(row)], as: UTF8.self))
      case .bytes: return .bytes(Array(bytes[byteRange(row)]))
      }
    }
  }

  private(set) var columns: [Column]

  public init(_ types: [ColumnType]) {
    precondition(!types.isEmpty, "rows without columns")
    columns = types.map { Column(type: $0) }
  }

  public var types: [ColumnType] { columns.map(\.type) }
  public var rowCount: Int { columns[0].nulls.count }

  /// - Precondition: every column has got as many values.
  func checkRows() {
    precondition(
      columns.allSatisfy { $0.nulls.count == rowCount }, "columns with different numbers of values")
  }

  /// One row's values.
  public func row(_ index: Int) -> [MySQLValue] { columns.map { $0.value(index) } }

  /// Forgets the rows and keeps the memory.
  public mutating func removeAll() {
    for column in columns.indices { columns[column].removeAll() }
  }

  // MARK: Appending

  /// Appends a row.
  /// - Precondition: each value is null or of its column's type.
  public mutating func append(_ row: [MySQLValue]) {
    precondition(row.count == columns.count, "\(row.count) values for \(columns.count) columns")
    for (index, value) in row.enumerated() {
      switch value {
      case .null: appendNull(to: index)
      case .integer(let value): append(value, to: index)
      case .unsigned(let value):
        check(index, is: .unsigned)
        columns[index].append(word: value)
      case .double(let value): append(value, to: index)
      case .text(let value): append(value, to: index)
      case .bytes(let value):
        check(index, is: .bytes)
        columns[index].append(bytes: value)
      case .datetime(let value): append(value, to: index)
      }
    }
  }

  public mutating func appendNull(to column: Int) { columns[column].appendNull() }

  public mutating func append(_ value: Int64, to column: Int) {
    check(column, is: .integer)
    columns[column].append(word: UInt64(bitPattern: value))
  }

  public mutating func append(_ value: Double, to column: Int) {
    check(column, is: .double)
    columns[column].append(word: value.bitPattern)
  }

  public mutating func append(_ value: String, to column: Int) {
    check(column, is: .text)
    columns[column].append(bytes: value.utf8)
  }

  public mutating func append(_ value: MySQLDateTime, to column: Int) {
    check(column, is: .datetime)
    columns[column].nulls.append(0)
    columns[column].datetimes.append(value)
  }

  private func check(_ column: Int, is type: ColumnType) {
    precondition(columns[column].type == type, "a \(type) for a column of \(columns[column].type)s")
  }

  /// A block of one row, of the types that its values have.
  init(row: [MySQLValue]) {
    self.init(
      row.map { value in
        switch value {
        case .null, .text: .text
        case .integer: .integer
        case .unsigned: .unsigned
        case .double: .double
        case .bytes: .bytes
        case .datetime: .datetime
        }
      })
    append(row)
  }
}
