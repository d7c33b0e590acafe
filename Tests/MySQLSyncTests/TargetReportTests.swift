// What `moaa doctor mysql` finds.

import Connections
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct TargetReportTests {
  private func report(_ settings: MySQLSettings) throws -> [String: Finding] {
    let report = try TargetReport(MySQLConnection(settings), address: settings.address)
    return Dictionary(report.findings.map { ($0.subject, $0) }) { first, _ in first }
  }

  @Test func aServerThatIsAsItShouldBe() throws {
    let server = try PrivateMariaDB.shared
    let report = try report(
      server.settings(
        .tcp, host: "localhost", tls: .verified(authorityFile: server.authorityFile)))
    #expect(report.values.allSatisfy { $0.state != .wrong })
    #expect(report["TLS"]?.detail.contains("verified") == true)
    #expect(report["rights"]?.detail == "SELECT, INSERT, UPDATE, CREATE")
    #expect(report["time zone"]?.detail.hasPrefix("+00:00 in moaa's session") == true)
    #expect(report["plugin"]?.state == .ok)
    #expect(report["server"]?.detail.contains("MariaDB") == true)
    #expect(report["user"]?.detail == "\(PrivateMariaDB.user)@%")
  }

  @Test func rightsThatAreMissingAreNamed() throws {
    let server = try PrivateMariaDB.shared
    let report = try report(server.settings(user: PrivateMariaDB.powerlessUser))
    #expect(report["rights"]?.state == .wrong)
    #expect(report["rights"]?.detail.hasPrefix("SELECT, INSERT, UPDATE not given") == true)
  }

  @Test(arguments: ["on single tables", "by a role"])
  func rightsThatAreGivenElsewhereMayDo(_ place: String) throws {
    let server = try PrivateMariaDB(hasTLS: false)
    let root = try server.connectAsRoot()
    try root.execute("CREATE TABLE \(PrivateMariaDB.database).only (a INT)")
    let user = "'\(PrivateMariaDB.powerlessUser)'@'%'"
    if place == "by a role" {
      for statement in [
        "CREATE ROLE writers", "GRANT ALL ON \(PrivateMariaDB.database).* TO writers",
        "GRANT writers TO \(user)", "SET DEFAULT ROLE writers FOR \(user)",
      ] { try root.execute(statement) }
    } else {
      try root.execute("GRANT SELECT ON \(PrivateMariaDB.database).only TO \(user)")
    }
    let report = try report(server.settings(user: PrivateMariaDB.powerlessUser))
    #expect(report["rights"]?.state == .note)
    #expect(report["rights"]?.detail.contains(place) == true)
  }

  @Test func aServerThatTakesNoChangesIsWrong() throws {
    let server = try PrivateMariaDB(hasTLS: false, options: ["--read-only"])
    let report = try report(server.settings())
    #expect(report["read only"]?.state == .wrong)
  }

  @Test func whatALibraryDoesNotHaveIsNotAtHand() {
    #expect(AuthenticationPlugin.isAtHand("mysql_native_password"))
    #expect(!AuthenticationPlugin.isAtHand("no_such_plugin"))
  }
}
