// Addresses of databases.

import Testing

@testable import MySQLSync

@Suite struct AddressTests {
  @Test(arguments: [
    ("mysql://moaa@db.example:3307/weather", "db.example", 3307, "moaa", "weather"),
    ("mysql://moaa@db.example/weather", "db.example", 3306, "moaa", "weather"),
    ("mysql://moaa@db.example:/weather", "db.example", 3306, "moaa", "weather"),
    ("MySQL://moaa@127.0.0.1:1/w", "127.0.0.1", 1, "moaa", "w"),
    ("mysql://moaa@[::1]:65535/w", "::1", 65535, "moaa", "w"),
    ("mysql://moaa@[2001:db8::7]/w", "2001:db8::7", 3306, "moaa", "w"),
    ("mysql://an%40a%3a%C3%A9@h/da%20ta", "h", 3306, "an@a:é", "da ta"),
    ("mysql://a@b@h/w", "h", 3306, "a@b", "w"),
  ])
  func tcpAddressesAreRead(
    _ text: String, host: String, port: UInt16, user: String, database: String
  ) throws {
    let address = try MySQLAddress(text)
    #expect(address.server == .host(host, port: port))
    #expect(address.user == user)
    #expect(address.database == database)
    #expect(try MySQLAddress(address.description) == address)
  }

  @Test(arguments: [
    ("mysql://moaa@/w?socket=/run/mysqld/mysqld.sock", "/run/mysqld/mysqld.sock"),
    ("mysql://moaa@/w?socket=%2Ftmp%2fa%20b", "/tmp/a b"),
  ])
  func socketAddressesAreRead(_ text: String, path: String) throws {
    let address = try MySQLAddress(text)
    #expect(address.server == .socket(path))
    #expect(address.isLocal)
    #expect(try MySQLAddress(address.description) == address)
  }

  @Test(arguments: [
    "", "mysql:", "mysql://", "postgres://a@h/w", "moaa@h/w", "mysql://h/w", "mysql://@h/w",
    "mysql://a@/w", "mysql://a@h", "mysql://a@h/", "mysql://a@h/w/x", "mysql://a@h/w#x",
    "mysql://a@h:0/w", "mysql://a@h:65536/w", "mysql://a@h:+1/w", "mysql://a@h:x/w",
    "mysql://a@::1/w", "mysql://a@[::1/w", "mysql://a@[h]/w", "mysql://a@[::1]x/w",
    "mysql://a%/@h/w", "mysql://a%4@h/w", "mysql://a%zz@h/w", "mysql://a@h/w%00",
    "mysql://a%ff@h/w",
    "mysql://a@h/w?socket=/s", "mysql://a@/w?socket=s", "mysql://a@/w?socket=",
    "mysql://a@/w?socket=/s&socket=/t", "mysql://a@h/w?ssl=0",
    "mysql://a@/w?socket=/" + String(repeating: "s", count: 107),
  ])
  func otherTextIsRefused(_ text: String) {
    #expect { try MySQLAddress(text) } throws: { ($0 as? MySQLFailure)?.kind == .setup }
  }

  @Test(arguments: [
    "mysql://moaa:hunter2@h/w", "mysql://moaa:hunter2@h:x/w", "mysql://moaa:@h/w",
    "mysql://moaa:hunter2@/w?socket=/s", "mysql://moaa:hunter2%zz@h/w",
  ])
  func aPasswordIsRefusedAndNotShown(_ text: String) {
    #expect { try MySQLAddress(text) } throws: { error in
      let words = String(describing: error)
      return words.contains("has a password in it") && words.contains("MOAA_MYSQL_PASSWORD")
        && !words.contains("hunter2")
    }
  }

  @Test(arguments: [
    "mysql://moaa:hunter/2@h/w", "mysql://moaa:hunter?2@h/w", "mysql://moaa:hunter#2@h/w",
    "hunter2", "mysql://hunter2", "mysql://a@h:hunter2/w", "mysql://a@h/w?password=hunter2",
  ])
  func noMessageShowsAnyOfTheText(_ text: String) {
    #expect { try MySQLAddress(text) } throws: { !String(describing: $0).contains("hunter") }
  }

  @Test(arguments: [
    ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("127.1.2.3", true),
    ("127.evil.example.org", false), ("127.0.0.1.example.org", false), ("128.0.0.1", false),
    ("localhost.example.org", false), ("db", false), ("127.0.0", false),
  ])
  func whatIsLocal(_ host: String, isLocal: Bool) throws {
    #expect(try MySQLAddress("mysql://a@\(host)/w").isLocal == isLocal)
  }

  @Test func addressesOfIPv6AreLocalByTheirText() throws {
    #expect(try MySQLAddress("mysql://a@[::1]/w").isLocal)
    #expect(try !MySQLAddress("mysql://a@[::2]/w").isLocal)
  }

  @Test func whatLeavesTheMachineIsVerified() throws {
    let away = try MySQLAddress("mysql://a@db/w")
    let here = try MySQLAddress("mysql://a@127.0.0.1/w")
    let socket = try MySQLAddress("mysql://a@/w?socket=/s")
    #expect(TLSPolicy.standard(for: away) == .verified(authorityFile: nil))
    #expect(TLSPolicy.standard(for: away, authorityFile: "c") == .verified(authorityFile: "c"))
    #expect(TLSPolicy.standard(for: away, allowsPlain: true) == .plain)
    #expect(
      TLSPolicy.standard(for: away, authorityFile: "c", allowsPlain: true)
        == .verified(authorityFile: "c"))
    #expect(TLSPolicy.standard(for: here) == .plain)
    #expect(TLSPolicy.standard(for: here, authorityFile: "c") == .verified(authorityFile: "c"))
    #expect(TLSPolicy.standard(for: socket, authorityFile: "c") == .plain)
    #expect(MySQLSettings(address: away).tls == .verified(authorityFile: nil))
  }
}
