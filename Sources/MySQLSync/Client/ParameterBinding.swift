// Rows as libmariadb wants its parameters: either a parameter for each value of each row, or one
// for each column with arrays of values behind it.

import CMariaDB

/// Rows of a block, bound; the memory that libmariadb reads while a statement is executed.
final class ParameterBinding {
  let binds: UnsafeMutablePointer<MYSQL_BIND>
  private var memory: [UnsafeMutableRawPointer] = []
  private let bindCount: Int

  /// - Parameter asArrays: one parameter a column, with as many values as there are rows; else
  ///   parameters row by row.
  init(_ block: RowBlock, rows: Range<Int>, asArrays: Bool) {
    bindCount = block.columns.count * (asArrays ? 1 : rows.count)
    binds = .allocate(capacity: max(1, bindCount))
    binds.initialize(repeating: MYSQL_BIND(), count: bindCount)
    for (index, column) in block.columns.enumerated() {
      if asArrays {
        bindArray(of: column, rows, to: &binds[index])
      } else {
        bindEach(of: column, rows, from: index, step: block.columns.count)
      }
    }
  }

  deinit {
    for pointer in memory { pointer.deallocate() }
    binds.deallocate()
  }

  /// How many bytes a row takes in a packet, at most.
  static func bytes(of row: Int, in block: RowBlock) -> Int {
    var sum = 0
    for column in block.columns {
      // Each value has a mark for NULL, each text its length, each datetime one byte for that.
      switch column.type {
      case .integer, .unsigned, .double: sum += 1 + 8
      case .datetime: sum += 1 + 12
      case .text, .bytes: sum += 1 + 9 + column.byteRange(row).count
      }
    }
    return sum
  }

  private func bindArray(of column: RowBlock.Column, _ rows: Range<Int>, to bind: inout MYSQL_BIND)
  {
    bind.buffer_type = Self.type(of: column)
    bind.is_unsigned = column.type == .unsigned ? 1 : 0
    bind.u.indicator = copy(column.nulls[rows])
    switch column.type {
    case .integer, .unsigned, .double:
      bind.buffer = UnsafeMutableRawPointer(copy(column.words[rows]))
    case .datetime:
      let times = copy(column.datetimes[rows].lazy.map(\.bound))
      bind.buffer = UnsafeMutableRawPointer(copy((0..<rows.count).lazy.map { times + $0 }))
    case .text, .bytes:
      let (texts, lengths) = copyTexts(of: column, rows)
      bind.buffer = UnsafeMutableRawPointer(texts)
      bind.length = lengths
    }
  }

  private func bindEach(of column: RowBlock.Column, _ rows: Range<Int>, from first: Int, step: Int)
  {
    let nulls = copy(column.nulls[rows])
    let type = Self.type(of: column)
    for row in 0..<rows.count {
      binds[first + row * step].buffer_type = type
      binds[first + row * step].is_null = nulls + row
    }
    switch column.type {
    case .integer, .unsigned, .double:
      let words = copy(column.words[rows])
      for row in 0..<rows.count {
        binds[first + row * step].buffer = UnsafeMutableRawPointer(words + row)
        binds[first + row * step].is_unsigned = column.type == .unsigned ? 1 : 0
      }
    case .datetime:
      let times = copy(column.datetimes[rows].lazy.map(\.bound))
      for row in 0..<rows.count {
        binds[first + row * step].buffer = UnsafeMutableRawPointer(times + row)
      }
    case .text, .bytes:
      let (texts, lengths) = copyTexts(of: column, rows)
      for row in 0..<rows.count {
        binds[first + row * step].buffer = UnsafeMutableRawPointer(texts[row])
        binds[first + row * step].buffer_length = lengths[row]
        binds[first + row * step].length = lengths + row
      }
    }
  }

  private static func type(of column: RowBlock.Column) -> enum_field_types {
    switch column.type {
    case .integer, .unsigned: MYSQL_TYPE_LONGLONG
    case .double: MYSQL_TYPE_DOUBLE
    case .datetime: MYSQL_TYPE_DATETIME
    case .text: MYSQL_TYPE_STRING
    case .bytes: MYSQL_TYPE_BLOB
    }
  }

  private func copyTexts(of column: RowBlock.Column, _ rows: Range<Int>) -> (
    texts: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>, lengths: UnsafeMutablePointer<UInt>
  ) {
    guard let first = rows.first, let last = rows.last else {
      return (allocate(0), allocate(0))
    }
    let start = column.byteRange(first).lowerBound
    let bytes = copy(column.bytes[start..<column.byteRange(last).upperBound])
    return (
      copy(rows.lazy.map { bytes + (column.byteRange($0).lowerBound - start) }),
      copy(rows.lazy.map { UInt(column.byteRange($0).count) })
    )
  }

  private func copy<Values: Collection>(_ values: Values) -> UnsafeMutablePointer<Values.Element> {
    let copy: UnsafeMutablePointer<Values.Element> = allocate(values.count)
    _ = UnsafeMutableBufferPointer(start: copy, count: values.count).initialize(from: values)
    return copy
  }

  private func allocate<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
    // An address of its own even for nothing: libmariadb takes a null pointer for no value.
    let pointer = UnsafeMutablePointer<Element>.allocate(capacity: max(1, count))
    memory.append(UnsafeMutableRawPointer(pointer))
    return pointer
  }
}
