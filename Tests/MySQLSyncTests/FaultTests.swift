// The world's faults: servers killed, deadlocks, locks that are not released, commits in the dark.

import Foundation
import Glibc
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct FaultTests {
  @Test(arguments: PrivateMariaDB.Way.allCases)
  func aKilledServerIsTransientAndItsDataOutliveIt(_ way: PrivateMariaDB.Way) throws {
    let server = try PrivateMariaDB(hasTLS: false)
    let connection = try server.connect(way)
    let table = try connection.makeTable("survivors", "a INT PRIMARY KEY")
    try connection.execute("INSERT INTO \(table.quoted) VALUES (1)")
    try connection.begin()
    let insert = try connection.prepare("INSERT INTO \(table.quoted) VALUES (?)")
    try insert.execute([.integer(2)])
    server.killServer()

    let lost = try failure { try insert.execute([.integer(3)]) }
    #expect(lost.kind == .transient)
    #expect(lost.isConnectionLost)
    #expect(!lost.isOutcomeUnknown)
    // The commit is not even tried: nothing is unknown about it.
    let refused = try failure { try connection.commit() }
    #expect(refused == lost)
    #expect(try failure { try connection.rollback() }.isConnectionLost)
    #expect(try failure { try server.connect(way) }.kind == .transient)

    try server.start()
    let again = try server.connect(way)
    #expect(try again.query("SELECT a FROM \(table.quoted)") == [[.integer(1)]])
  }

  @Test(arguments: [true, false])
  func theOutcomeOfACommitThatTheServerDidNotAnswerIsUnknown(_ isSentBeforeTheKill: Bool) throws {
    let server = try PrivateMariaDB(hasTLS: false)
    let connection = try server.connect(.tcp)
    let table = try connection.makeTable("unknown", "a INT")
    try connection.begin()
    try connection.execute("INSERT INTO \(table.quoted) VALUES (1)")
    if isSentBeforeTheKill {
      // A server that stands still takes the COMMIT into its buffers and never reads it.
      server.signal(SIGSTOP)
      DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { server.killServer() }
    } else {
      server.killServer()
    }
    let failure = try failure { try connection.commit() }
    #expect(failure.kind == .transient)
    #expect(failure.isOutcomeUnknown)
    #expect(failure.description.contains("not known"))
    // It stays unknown, however often it is asked for.
    #expect(throws: failure) { try connection.commit() }
  }

  @Test func aConnectionThatTheServerCutsIsTransient() throws {
    let server = try PrivateMariaDB.shared
    let connection = try server.connect()
    try server.connectAsRoot().execute("KILL \(connection.threadID)")
    var failure = try failure { try connection.execute("SELECT 1") }
    #expect(failure.kind == .transient)
    #expect(failure.isConnectionLost)
    failure = try MySQLSyncTests.failure { try connection.begin() }
    #expect(failure.kind == .transient)
  }

  @Test func aDeadlockIsTransientAndBarsTheCommit() throws {
    let server = try PrivateMariaDB.shared
    let first = try server.connect()
    let table = try first.makeTable("deadlocks", "a INT PRIMARY KEY, b INT")
    try first.execute("INSERT INTO \(table.quoted) SELECT seq, 0 FROM seq_1_to_2")
    let second = try server.connect()
    func update(_ a: Int, _ b: Int) -> String {
      "UPDATE \(table.quoted) SET b = b + \(b) WHERE a = \(a)"
    }
    try first.begin()
    try second.begin()
    // More rows changed by the second: InnoDB gives up the transaction that has changed fewer.
    try first.execute(update(1, 1))
    try second.execute(update(2, 100))
    try second.execute("INSERT INTO \(table.quoted) SELECT seq, 0 FROM seq_10_to_99")

    // The first waits for row 2 on another thread, while the second asks for row 1.
    nonisolated(unsafe) let waiting = first
    let waits = update(2, 1)
    nonisolated(unsafe) var outcome: MySQLFailure?
    let ended = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      do throws(MySQLFailure) { try waiting.execute(waits) } catch { outcome = error }
      ended.signal()
    }
    try waitUntilSomebodyWaits(server)
    try second.execute(update(1, 100))
    ended.wait()

    let deadlock = try #require(outcome)
    #expect(deadlock.number == 1213)
    #expect(deadlock.kind == .transient)
    #expect(!deadlock.isConnectionLost)
    #expect(throws: deadlock) { try first.commit() }
    try first.rollback()
    try second.commit()
    #expect(
      try first.query("SELECT b FROM \(table.quoted) WHERE a < 3")
        == [[.integer(100)], [.integer(100)]])
    try first.begin()
    try first.execute(update(1, 1))
    try first.commit()
  }

  private func waitUntilSomebodyWaits(_ server: PrivateMariaDB) throws {
    let root = try server.connectAsRoot()
    for _ in 0..<100 {
      let waiting = try root.query(
        """
        SELECT COUNT(*) FROM information_schema.innodb_trx
        WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%deadlocks%'
        """)
      if waiting != [[.integer(0)]] { return }
      // InnoDB looks again only when nobody has asked for a tenth of a second.
      usleep(150_000)
    }
    Issue.record("nobody waits for a lock")
  }

  @Test func aLockThatIsNotReleasedIsTransient() throws {
    let server = try PrivateMariaDB.shared
    let holder = try server.connect()
    let table = try holder.makeTable("locks", "a INT PRIMARY KEY")
    try holder.execute("INSERT INTO \(table.quoted) VALUES (1)")
    try holder.begin()
    try holder.execute("DELETE FROM \(table.quoted)")
    let waiter = try server.connect()
    try waiter.execute("SET innodb_lock_wait_timeout = 1")
    let failure = try failure { try waiter.execute("DELETE FROM \(table.quoted)") }
    #expect(failure.number == 1205)
    #expect(failure.kind == .transient)
    #expect(!failure.isConnectionLost)
    try holder.rollback()
    #expect(try waiter.execute("DELETE FROM \(table.quoted)") == 1)
  }

  @Test func anAnswerThatDoesNotComeIsALostConnection() throws {
    let server = try PrivateMariaDB.shared
    var settings = try server.settings(.tcp)
    settings.answerSeconds = 1
    let connection = try MySQLConnection(settings)
    let failure = try failure { try connection.execute("SELECT SLEEP(5)") }
    #expect(failure.number == 2013)
    #expect(failure.kind == .transient)
  }

  @Test func aServerLeavesNothingBehind() throws {
    var server: PrivateMariaDB? = try PrivateMariaDB()
    let folder = try #require(server?.folder)
    let pid = try #require(server?.pid)
    #expect(kill(pid, 0) == 0)
    server = nil
    #expect(kill(pid, 0) != 0)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}
