// Connections: ways to the server, TLS, sessions, and what comes of wrong set-ups.

import Glibc
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct ConnectionTests {
  @Test(arguments: PrivateMariaDB.Way.allCases)
  func aSessionHasKnownSettings(_ way: PrivateMariaDB.Way) throws {
    let connection = try PrivateMariaDB.shared.connect(way)
    #expect(connection.dialect.product == .mariaDB)
    #expect(connection.takesArrays)
    #expect(connection.tlsCipher == nil)
    #expect(connection.packetBytesMax == 16 << 20)
    let row = try connection.query("SELECT @@time_zone, @@character_set_client, CONNECTION_ID()")[0]
    #expect(row[0...1] == [.text("+00:00"), .text("utf8mb4")])
    #expect(row[2] == .integer(Int64(connection.threadID)))
  }

  @Test func serverWideSettingsDoNotReachTheSession() throws {
    let server = try PrivateMariaDB(
      hasTLS: false,
      options: ["--autocommit=0", "--sql-mode=", "--default-time-zone=-07:00"])
    let connection = try server.connect(.tcp)
    let row = try connection.query("SELECT @@autocommit, @@time_zone, @@sql_mode")[0]
    #expect(row[0...1] == [.integer(1), .text("+00:00")])
    #expect(row[2].text?.contains("STRICT_ALL_TABLES") == true)
  }

  @Test func nothingWaitsForAcknowledgements() throws {
    let connection = try PrivateMariaDB.shared.connect(.tcp)
    #expect(connection.sendsAtOnce)
  }

  // MARK: TLS

  @Test func aVerifiedServerIsTalkedToInCipher() throws {
    let server = try PrivateMariaDB.shared
    let connection = try MySQLConnection(
      server.settings(
        .tcp, host: "localhost", tls: .verified(authorityFile: server.authorityFile)))
    let cipher = try #require(connection.tlsCipher)
    #expect(try connection.query("SHOW STATUS LIKE 'Ssl_cipher'")[0][1] == .text(cipher))
  }

  @Test func aCertificateForAnotherNameIsRefused() throws {
    let server = try PrivateMariaDB.shared
    let settings = try server.settings(.tcp, tls: .verified(authorityFile: server.authorityFile))
    let failure = try failure { try MySQLConnection(settings) }
    #expect(failure.number == 2026)
    #expect(failure.kind == .setup)
    #expect(failure.remedy.contains("certificate"))
  }

  @Test func anUnknownAuthorityIsRefused() throws {
    let server = try PrivateMariaDB.shared
    let settings = try server.settings(
      .tcp, host: "localhost", tls: .verified(authorityFile: nil))
    let failure = try failure { try MySQLConnection(settings) }
    #expect(failure.number == 2026)
    #expect(failure.kind == .setup)
  }

  @Test func anAuthorityFileThatIsNotThereIsRefused() throws {
    let settings = try PrivateMariaDB.shared.settings(
      .tcp, host: "localhost", tls: .verified(authorityFile: "/nowhere.pem"))
    #expect(try failure { try MySQLConnection(settings) }.kind == .setup)
  }

  @Test func aServerWithoutTLSIsRefusedWhereTLSIsDemanded() throws {
    let plain = try PrivateMariaDB(hasTLS: false)
    let settings = try plain.settings(.tcp, host: "localhost", tls: .verified(authorityFile: nil))
    let failure = try failure { try MySQLConnection(settings) }
    #expect(failure.number == 2026)
    #expect(failure.kind == .setup)
  }

  @Test(arguments: CutHandshake.Moment.allCases)
  func aServerThatGoesAwayInTheHandshakeIsTransient(_ moment: CutHandshake.Moment) throws {
    let server = try PrivateMariaDB.shared
    let cut = try CutHandshake(serverPort: server.port, moment: moment)
    defer { cut.stop() }
    var settings = try server.settings(
      .tcp, host: "localhost", tls: .verified(authorityFile: server.authorityFile))
    settings.address = MySQLAddress(
      server: .host("127.0.0.1", port: cut.port), user: PrivateMariaDB.user, database: "moaa")
    let failure = try failure { try MySQLConnection(settings) }
    #expect(cut.cutCount == 1)
    #expect(failure.number == 2026)
    #expect(failure.kind == .transient)
  }

  // MARK: Wrong set-ups

  @Test func aWrongPasswordIsNamedAndNotShown() throws {
    let settings = try PrivateMariaDB.shared.settings(.tcp, password: "hunter2")
    let failure = try failure { try MySQLConnection(settings) }
    #expect(failure.number == 1045)
    #expect(failure.sqlState == "28000")
    #expect(failure.kind == .setup)
    #expect(failure.description.contains("MOAA_MYSQL_PASSWORD"))
    #expect(!failure.description.contains("hunter2"))
  }

  @Test func anUnknownDatabaseIsASetupFailure() throws {
    let settings = try PrivateMariaDB.shared.settings(user: "root", password: nil, database: "nope")
    let failure = try failure { try MySQLConnection(settings) }
    #expect(failure.number == 1049)
    #expect(failure.kind == .setup)
  }

  @Test func missingRightsAreASetupFailure() throws {
    let server = try PrivateMariaDB.shared
    _ = try server.connect().makeTable("rights", "a INT")
    let connection = try MySQLConnection(
      server.settings(user: PrivateMariaDB.powerlessUser))
    let failure = try failure { try connection.prepare("INSERT INTO rights VALUES (?)") }
    #expect(failure.number == 1142)
    #expect(failure.kind == .setup)
    #expect(failure.remedy.contains("Grant"))
    #expect(!failure.isConnectionLost)
  }

  @Test func missingTablesAndColumnsAreSetupFailures() throws {
    let connection = try PrivateMariaDB.shared.connect()
    _ = try connection.makeTable("columns_there", "a INT")
    #expect(try failure { try connection.query("SELECT 1 FROM nowhere") }.number == 1146)
    let failure = try failure { try connection.prepare("INSERT INTO columns_there (b) VALUES (?)") }
    #expect(failure.number == 1054)
    #expect(failure.kind == .setup)
  }

  @Test func aReadOnlyServerIsASetupFailure() throws {
    let server = try PrivateMariaDB(hasTLS: false)
    let root = try server.connectAsRoot()
    let connection = try server.connect()
    let table = try connection.makeTable("frozen", "a INT")
    try root.execute("SET GLOBAL read_only = 1")
    let failure = try failure { try connection.execute("INSERT INTO \(table.quoted) VALUES (1)") }
    #expect(failure.number == 1290)
    #expect(failure.kind == .setup)
    #expect(failure.remedy.contains("primary"))

    try connection.begin()
    #expect(throws: MySQLFailure.self) {
      try connection.execute("INSERT INTO \(table.quoted) VALUES (1)")
    }
    try connection.rollback()
  }

  @Test func anUnreachableServerIsTransient() throws {
    let server = try PrivateMariaDB.shared
    var settings = try server.settings(.tcp)
    settings.address = MySQLAddress(
      server: .host("127.0.0.1", port: 1), user: "moaa", database: "moaa")
    let refused = try failure { try MySQLConnection(settings) }
    #expect([2002, 2003].contains(refused.number))
    #expect(refused.kind == .transient)
    settings.address = MySQLAddress(
      server: .socket(server.folder + "/none"), user: "moaa", database: "moaa")
    let absent = try failure { try MySQLConnection(settings) }
    #expect(absent.number == 2002)
    #expect(absent.kind == .transient)
  }

  @Test func tooManyConnectionsAreTransient() throws {
    let server = try PrivateMariaDB(hasTLS: false, options: ["--max-connections=10"])
    var connections: [MySQLConnection] = []
    let failure = try failure {
      for _ in 0..<12 { connections.append(try server.connect()) }
    }
    #expect(failure.number == 1040)
    #expect(failure.kind == .transient)
    connections.removeAll()
  }

  @Test func aClosedConnectionSaysThatItIsGone() throws {
    let connection = try PrivateMariaDB.shared.connect()
    let statement = try connection.prepare("SELECT 1")
    connection.close()
    #expect(try failure { try connection.execute("SELECT 1") }.kind == .transient)
    #expect(try failure { try connection.prepare("SELECT 1") }.isConnectionLost)
    #expect(try failure { try statement.query() }.kind == .transient)
  }
}
