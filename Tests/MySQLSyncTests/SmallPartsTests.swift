// Identifiers, dialects, dates, kinds of failures, waits: what needs no server.

import Connections
import Observations
import Testing

@testable import MySQLSync

@Suite struct SmallPartsTests {
  @Test(arguments: ["a", "_", "Real_Time_2", String(repeating: "x", count: 64)])
  func identifiersAreQuoted(_ name: String) throws {
    #expect(try Identifier(name).quoted == "`\(name)`")
  }

  @Test(arguments: [
    "", "1a", "a b", "a`b", "a.b", "ä", "a\u{301}", "a\0", "a-b", "a$", "a;", "`a`",
    String(repeating: "x", count: 65),
  ])
  func otherNamesAreRefused(_ name: String) {
    #expect { try Identifier(name) } throws: { ($0 as? MySQLFailure)?.kind == .setup }
  }

  @Test(arguments: [
    ("10.11.6-MariaDB-0+deb12u1", "MariaDB 10.11.6"),
    ("5.5.5-10.6.7-MariaDB-log", "MariaDB 10.6.7"),
    ("11.4.2-MariaDB", "MariaDB 11.4.2"), ("12.0.1-mariadb", "MariaDB 12.0.1"),
    ("8.0.36-0ubuntu0.22.04.1", "MySQL 8.0.36"), ("8.4.0", "MySQL 8.4.0"), ("9.1", "MySQL 9.1.0"),
    ("8.0.mysql_aurora.3.04.0", "MySQL 8.0.0"),
  ])
  func serversAreKnownByTheirVersion(_ text: String, dialect: String) throws {
    #expect(try ServerDialect(serverVersion: text).description == dialect)
  }

  @Test(arguments: [
    "10.5.28-MariaDB", "5.5.5-10.3.39-MariaDB", "5.7.44-log", "5.6.51", "", "x", "8", "-MariaDB",
  ])
  func olderAndUnknownServersAreRefused(_ text: String) {
    #expect { try ServerDialect(serverVersion: text) } throws: { error in
      String(describing: error).contains("moaa works with MariaDB 10.6.0 and later")
    }
  }

  @Test func upsertsAreWrittenForTheServer() throws {
    let mean = Identifier(literal: "mean_tmp")
    func sql(_ dialect: ServerDialect, _ rowCount: Int) -> String {
      let update = "\(mean.quoted) = \(dialect.incoming(mean))"
      let shape = UpsertShape(
        table: Identifier(literal: "t"), columns: [Identifier(literal: "hour"), mean],
        update: update)
      return dialect.upsert(shape, rowCount: rowCount)
    }
    let insert = "INSERT INTO `t` (`hour`, `mean_tmp`) VALUES (?,?)"
    let old = " ON DUPLICATE KEY UPDATE `mean_tmp` = VALUES(`mean_tmp`)"
    let new = " AS new ON DUPLICATE KEY UPDATE `mean_tmp` = new.`mean_tmp`"
    #expect(sql(try ServerDialect(serverVersion: "10.11.6-MariaDB"), 1) == insert + old)
    #expect(sql(try ServerDialect(serverVersion: "8.0.19"), 2) == insert + ",(?,?)" + old)
    #expect(sql(try ServerDialect(serverVersion: "8.0.20"), 2) == insert + ",(?,?)" + new)
    #expect(sql(try ServerDialect(serverVersion: "9.0.0"), 1) == insert + new)
  }

  @Test(arguments: [
    "1901-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2024-02-29T08:07:06Z",
    "9999-12-31T23:59:59Z",
  ])
  func datesAndTimesAreThoseOfTheTimestamp(_ text: String) throws {
    let timestamp = try #require(Timestamp(argument: text))
    let value = MySQLDateTime(timestamp)
    #expect(value.timestamp == timestamp)
    #expect(value.description == text.dropLast().replacing("T", with: " "))
  }

  @Test func aDateOfNoCalendarIsNoTimestamp() {
    #expect(MySQLDateTime(year: 0, month: 0, day: 0).timestamp == nil)
    #expect(
      MySQLDateTime(year: 2024, month: 1, day: 2, microsecond: 34).description
        == "2024-01-02 00:00:00.000034")
  }

  @Test(arguments: [
    (2006, "HY000", MySQLFailure.Kind.transient), (1213, "40001", .transient),
    (1040, "08004", .transient), (1406, "22001", .rowRefused), (4025, "23000", .rowRefused),
    (1048, "23000", .rowRefused), (1045, "28000", .setup), (1290, "HY000", .setup),
    (1153, "08S01", .setup), (2026, "HY000", .setup),
    // Not listed: by SQLSTATE.
    (6001, "22999", .rowRefused), (6001, "08006", .transient), (6001, "42999", .setup),
    (6001, "HY000", .unexpected),
  ])
  func failuresAreSortedByNumberAndState(_ number: Int, _ state: String, kind: MySQLFailure.Kind) {
    #expect(MySQLFailure(number: number, sqlState: state, words: "x").kind == kind)
  }

  @Test func aNameServiceThatDoesNotAnswerMayComeBack() {
    func kind(_ code: Int) -> MySQLFailure.Kind {
      MySQLFailure(number: 2005, sqlState: "HY000", words: "Unknown server host 'db' (\(code))")
        .kind
    }
    #expect(kind(-3) == .transient)
    #expect(kind(-2) == .setup)
  }

  @Test func aFailureSaysAllThatIsKnown() {
    let failure = MySQLFailure(
      number: 1049, sqlState: "42000", words: "Unknown database 'w'", while: "connecting")
    #expect(
      failure.description == "connecting: Unknown database 'w' (error 1049, SQLSTATE 42000). "
        + "Create the database, or name another.")
  }

  @Test func waitsDoubleUpToTheLimitWithinTheirHalf() {
    var slept: [Double] = []
    var draws = [0.0, 0.5, 0.999, 0, 0, 0, 0]
    var backoff = Backoff(
      firstSeconds: 0.5, longestSeconds: 4, random: { draws.removeFirst() },
      sleep: { seconds in
        slept.append(seconds)
        return slept.count < 6
      })
    for attempt in 1...6 { #expect(backoff.wait() == (attempt < 6)) }
    #expect(slept == [0.25, 0.75, 2 * (0.5 + 0.5 * 0.999), 2, 2, 2])
    #expect(backoff.failureCount == 6)
    backoff.reset()
    #expect(backoff.nextSeconds() == 0.25)
  }

  @Test func waitsStayWithinBoundsForever() {
    var backoff = Backoff(firstSeconds: 0.1, longestSeconds: 30, sleep: { _ in true })
    for _ in 0..<200 { #expect((0.05...30).contains(backoff.nextSeconds())) }
  }

  @Test func sleepingLastsAsLongAsAsked() {
    let clock = ContinuousClock()
    let duration = clock.measure { #expect(Backoff.sleep(seconds: 0.02)) }
    #expect(duration >= .milliseconds(20))
  }
}
