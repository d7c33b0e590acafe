// The server that the tests share, and ways to it.

import TestSupport
import Testing

@testable import MySQLSync

/// Started by the first test that asks; ends with the tests' process.
private let sharedServer = Result { try PrivateMariaDB() }

extension PrivateMariaDB {
  static var shared: PrivateMariaDB {
    get throws { try sharedServer.get() }
  }

  enum Way: CaseIterable {
    case socket, tcp
  }

  func settings(
    _ way: Way = .socket, host: String = "127.0.0.1", user: String = PrivateMariaDB.user,
    password: String? = PrivateMariaDB.password, database: String = PrivateMariaDB.database,
    tls: TLSPolicy? = nil
  ) throws -> MySQLSettings {
    let server: MySQLAddress.Server =
      way == .socket ? .socket(socketPath) : .host(host, port: port)
    let address = MySQLAddress(server: server, user: user, database: database)
    return MySQLSettings(
      address: address, password: try password.map { try MySQLPassword($0) }, tls: tls)
  }

  func connect(_ way: Way = .socket) throws -> MySQLConnection {
    try MySQLConnection(settings(way))
  }

  /// As root, who may set what holds for all.
  func connectAsRoot() throws -> MySQLConnection {
    try MySQLConnection(settings(user: "root", password: nil))
  }
}

extension MySQLConnection {
  /// A table of its own for a test, made anew.
  func makeTable(_ name: StaticString, _ columns: String) throws -> Identifier {
    let table = Identifier(literal: name)
    try execute("DROP TABLE IF EXISTS \(table.quoted)")
    try execute("CREATE TABLE \(table.quoted) (\(columns)) ENGINE=InnoDB")
    return table
  }
}

/// The failure that something ends with.
func failure<Value>(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Value
) throws -> MySQLFailure {
  try #require(
    #expect(throws: MySQLFailure.self, sourceLocation: sourceLocation) { _ = try body() },
    sourceLocation: sourceLocation)
}
