// The order of a table's rows by their keys, on both sides.

import Aggregation

extension ResultSetTable {
  /// What sorts the target's rows as `RollUps` sorts its own: texts by bytes, seasons as in a year.
  var order: String {
    let textCount = keys.filter { if case .text = $0.type { !$0.isSeason } else { false } }.count
    return keys.map { key in
      if key.isSeason {
        let names = Season.allCases.map { "'\($0.name)'" }.joined(separator: ",")
        return "FIELD(\(key.name.quoted),\(names))"
      }
      // An index pads texts with blanks, so that a text stands after one that goes on with what
      // is less than a blank. Ids of stations alone are left to the index: their table is large.
      if case .text = key.type, textCount > 1 { return "CAST(\(key.name.quoted) AS BINARY)" }
      return key.name.quoted
    }.joined(separator: ", ")
  }

  enum Order { case before, same, after }

  /// How a row's keys stand to another's.
  func order(_ left: [MySQLValue], _ right: [MySQLValue]) -> Order {
    for (index, key) in keys.enumerated() {
      let order = Self.order(left[index], right[index], isSeason: key.isSeason)
      if order != .same { return order }
    }
    return .same
  }

  private static func order(_ left: MySQLValue, _ right: MySQLValue, isSeason: Bool) -> Order {
    switch (left, right) {
    case (.text(let left), .text(let right)):
      if isSeason { return order(Season.index(of: left), Season.index(of: right)) }
      if left.utf8.lexicographicallyPrecedes(right.utf8) { return .before }
      return right.utf8.lexicographicallyPrecedes(left.utf8) ? .after : .same
    case (.integer(let left), .integer(let right)): return order(left, right)
    case (.datetime(let left), .datetime(let right)): return order(left.ordinal, right.ordinal)
    default: preconditionFailure("the keys of a column are of one kind")
    }
  }

  private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Order {
    left < right ? .before : left == right ? .same : .after
  }
}

extension Season {
  /// 0 for what is no season, as FIELD gives it.
  fileprivate static func index(of name: String) -> Int {
    (allCases.firstIndex { $0.name == name } ?? -1) + 1
  }
}

extension MySQLDateTime {
  /// Grows with time.
  var ordinal: Int64 {
    let days = (Int64(year) * 16 + Int64(month)) * 32 + Int64(day)
    let seconds = (Int64(hour) * 64 + Int64(minute)) * 64 + Int64(second)
    return (days << 17 | seconds) << 20 | Int64(microsecond)
  }
}
