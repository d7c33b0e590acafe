// Ways of upserting rows of hours into a server's table.

import Glibc
import MySQLSync

enum MySQLBench {
  /// Prints the seconds of inserting rows into an empty table, and of updating each of them.
  static func run(_ url: String, table: MySQLBenchTable, method: String, count: Int) throws {
    let address = try MySQLAddress(url)
    let connection = try MySQLConnection(
      MySQLSettings(address: address, password: try MySQLPassword.find(file: nil)))
    try connection.execute("DROP TABLE IF EXISTS \(table.name.quoted)")
    try connection.execute(table.createStatement)
    var seconds: [Double] = []
    for round in 0..<2 {
      // To write numbers as text is no part of the measurement, as it is none of LOAD DATA's.
      let texts = method == "text" ? texts(table, count, round, connection.dialect) : []
      seconds.append(
        try measure {
          switch method {
          case "arrays": try upsert(table, count, round, .arrays, connection)
          case "multi-row": try upsert(table, count, round, .multiRow, connection)
          case "text": try execute(texts, connection)
          case "single": try upsertSingly(table, count, round, connection)
          default: throw BenchError(description: "there is no method \(method)")
          }
        })
    }
    let rows = try connection.query("SELECT COUNT(*) FROM \(table.name.quoted)")
    guard rows.first?.first?.integer == Int64(count) else {
      throw BenchError(description: "\(method) left other rows than it was given")
    }
    print(seconds[0], seconds[1])
  }

  /// Writes the rows of both rounds as LOAD DATA takes them, and prints the statement that makes the
  /// table, its name, its columns, and those that are no keys.
  static func writeRows(to path: String, table: MySQLBenchTable, count: Int) throws {
    for round in 0..<2 {
      var bytes: [UInt8] = []
      for row in 0..<count {
        bytes += table.texts(row, round).joined(separator: "\t").utf8
        bytes.append(0x0A)
      }
      guard let file = fopen("\(path).\(round)", "w") else { throw BenchError.system(path) }
      let written = fwrite(bytes, 1, bytes.count, file)
      guard fclose(file) == 0, written == bytes.count else { throw BenchError.system(path) }
    }
    print(table.createStatement)
    print(table.name.quoted)
    print(table.columns.map(\.quoted).joined(separator: ","))
    print(table.figures.map(\.quoted).joined(separator: ","))
  }

  private static let rowsPerTransaction = 20_000
  private static let rowsPerText = 1000

  private static func upsert(
    _ table: MySQLBenchTable, _ count: Int, _ round: Int, _ method: UpsertStatement.Method,
    _ connection: MySQLConnection
  ) throws {
    let upsert = connection.prepareUpsert(table.shape(connection.dialect), method: method)
    var block = RowBlock(table.types)
    for first in stride(from: 0, to: count, by: rowsPerTransaction) {
      block.removeAll()
      for row in first..<min(first + rowsPerTransaction, count) {
        table.append(row, round, to: &block)
      }
      try connection.begin()
      try upsert.upsert(block)
      try connection.commit()
    }
  }

  private static func upsertSingly(
    _ table: MySQLBenchTable, _ count: Int, _ round: Int, _ connection: MySQLConnection
  ) throws {
    let upsert = connection.prepareUpsert(table.shape(connection.dialect), method: .multiRow)
    var block = RowBlock(table.types)
    for row in 0..<count {
      block.removeAll()
      table.append(row, round, to: &block)
      try upsert.upsert(block)
    }
  }

  /// Statements of many rows.
  private static func texts(
    _ table: MySQLBenchTable, _ count: Int, _ round: Int, _ dialect: ServerDialect
  ) -> [String] {
    let shape = table.shape(dialect)
    let head =
      "INSERT INTO \(shape.table.quoted) "
      + "(\(shape.columns.map(\.quoted).joined(separator: ", "))) VALUES "
    return stride(from: 0, to: count, by: rowsPerText).map { first in
      let rows = (first..<min(first + rowsPerText, count)).map { row in
        "('" + table.texts(row, round).joined(separator: "','") + "')"
      }
      return head + rows.joined(separator: ",") + " ON DUPLICATE KEY UPDATE \(shape.update)"
    }
  }

  private static func execute(_ texts: [String], _ connection: MySQLConnection) throws {
    let perTransaction = rowsPerTransaction / rowsPerText
    for first in stride(from: 0, to: texts.count, by: perTransaction) {
      try connection.begin()
      for text in texts[first..<min(first + perTransaction, texts.count)] {
        try connection.execute(text)
      }
      try connection.commit()
    }
  }
}
