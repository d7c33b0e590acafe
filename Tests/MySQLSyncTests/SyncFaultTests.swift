// Syncs under faults: afterwards the tables are those of an undisturbed run.

import CMariaDB
import Connections
import Foundation
import Glibc
import LogStore
import Synchronization
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct SyncFaultTests {
  private func emitted(
    _ count: Int, _ stream: SyncStream, _ database: TestDatabase, seed: UInt64
  ) throws -> ModelStore {
    let model = try ModelStore(seed: seed)
    // With a position, so that emissions are sent and not the hours.
    try database.sync(model, stream).run()
    try model.emit(count, stream)
    return model
  }

  // MARK: The commit

  enum Moment: CaseIterable {
    case beforeCommit, answerOfCommitLost, afterCommit
  }

  @Test(arguments: ModelStore.streams, Moment.allCases)
  func aConnectionLostAroundACommitLosesAndDoublesNothing(
    _ stream: SyncStream, _ moment: Moment
  ) throws {
    let database = try TestDatabase()
    let model = try emitted(400, stream, database, seed: 20)
    let sync = database.sync(model, stream, perCommit: 20)
    let root = try database.server.connectAsRoot()
    var count = 0
    sync.commit = { connection throws(MySQLFailure) in
      count += 1
      guard count.isMultiple(of: 2) else { return try connection.commit() }
      switch moment {
      case .beforeCommit: try root.execute("KILL \(connection.threadID)")
      case .answerOfCommitLost:
        // COMMIT still goes out, and nothing comes back.
        shutdown(mysql_get_socket(connection.handle), Int32(SHUT_RD))
      case .afterCommit:
        try connection.commit()
        try root.execute("KILL \(connection.threadID)")
        return
      }
      try connection.commit()
    }
    let summary = try sync.run()
    #expect(summary.emissionCount == 400)
    #expect(summary.commitCount == 20)
    #expect(summary.retryCount > 5)
    #expect(summary.settledCount == (moment == .answerOfCommitLost ? 10 : 0))
    #expect(try database.rows(stream) == model.rows(stream))
  }

  @Test func aSnapshotWhoseCommitWasNotAnsweredIsNotSentTwice() throws {
    let database = try TestDatabase()
    let stream = ModelStore.stationHours
    let model = try ModelStore(seed: 21)
    try model.emit(300, stream)
    let sync = database.sync(model, stream)
    var isFirst = true
    sync.commit = { connection throws(MySQLFailure) in
      if isFirst { shutdown(mysql_get_socket(connection.handle), Int32(SHUT_RD)) }
      isFirst = false
      try connection.commit()
    }
    let summary = try sync.run()
    #expect(summary.snapshotCount == 1)
    #expect(summary.settledCount == 1)
    #expect(summary.commitCount == 1)
    #expect(try database.rows(stream) == model.rows(stream))
  }

  // MARK: Kills at random

  /// Three hundred connections killed, whatever they are doing.
  @Test func connectionsKilledAtRandomLoseAndDoubleNothing() throws {
    let database = try TestDatabase()
    let stream = ModelStore.stationHours
    let model = try emitted(200, stream, database, seed: 22)
    let killCountWanted = 300
    let killCount = Atomic(0)
    let isDone = Atomic(false)
    let killer = Thread {
      var generator = SeededGenerator(seed: 22)
      do {
        let root = try database.server.connectAsRoot()
        while !isDone.load(ordering: .relaxed) {
          usleep(UInt32.random(in: 0...12_000, using: &generator))
          let ids = try root.query(
            "SELECT id FROM information_schema.processlist WHERE db = '\(database.name)'")
          for id in ids {
            // It may have gone by itself meanwhile.
            guard (try? root.execute("KILL \(id[0].integer ?? 0)")) != nil else { continue }
            killCount.add(1, ordering: .relaxed)
          }
        }
      } catch {
        Issue.record(error)
      }
    }
    killer.start()
    defer { isDone.store(true, ordering: .relaxed) }
    var retryCount = 0
    let start = ContinuousClock.now
    while killCount.load(ordering: .relaxed) < killCountWanted,
      ContinuousClock.now - start < .seconds(60)
    {
      try model.emit(200, stream)
      retryCount += try database.sync(model, stream, perCommit: 40).run().retryCount
    }
    isDone.store(true, ordering: .relaxed)
    #expect(killCount.load(ordering: .relaxed) >= killCountWanted)
    usleep(100_000)
    // Not one more emission is to be sent, and the rows are right.
    #expect(try database.sync(model, stream).run().emissionCount == 0)
    // Others hit a sync before its first statement or after its last.
    #expect(retryCount > killCountWanted / 2)
    #expect(try database.rows(stream) == model.rows(stream))
  }

  /// SIGKILL of the server in the middle of syncs, at instants that are random but for the seed.
  @Test(arguments: ModelStore.streams) func aServerKilledAtRandomLosesAndDoublesNothing(
    _ stream: SyncStream
  ) throws {
    let server = try PrivateMariaDB(hasTLS: false)
    let database = try TestDatabase(server)
    var generator = SeededGenerator(seed: 23)
    let model = try emitted(50, stream, database, seed: 23)
    var hitCount = 0
    for round in 1...Self.serverKillCount {
      try model.emit(150, stream)
      let delay = UInt32.random(in: 0...60_000, using: &generator)
      let ended = DispatchSemaphore(value: 0)
      DispatchQueue.global().async {
        usleep(delay)
        server.killServer()
        do { try server.start() } catch { Issue.record(error) }
        ended.signal()
      }
      // What the first gives up, or has done before the kill, the next goes on with.
      let way = round.isMultiple(of: 2) ? PrivateMariaDB.Way.tcp : .socket
      let summary = try database.sync(model, stream, perCommit: 10, way: way).run()
      if summary.retryCount > 0 { hitCount += 1 }
      ended.wait()
    }
    #expect(hitCount > 0)
    try database.sync(model, stream).run()
    #expect(try database.rows(stream) == model.rows(stream))
    let position = try SyncPosition.read(stream.topic, on: database.connect())
    #expect(position?.nextOffset?.rawValue == Int64(50 + 150 * Self.serverKillCount))
  }

  /// `MOAA_TEST_SERVER_KILLS` asks for more.
  private static let serverKillCount =
    ProcessInfo.processInfo.environment["MOAA_TEST_SERVER_KILLS"].flatMap { Int($0) } ?? 8

  // MARK: Locks

  @Test func theVictimOfADeadlockTriesAgain() throws {
    let database = try TestDatabase()
    let stream = ModelStore.hours
    let model = try ModelStore(seed: 24)
    try model.emit(300, stream, hourCount: 50)
    try database.sync(model, stream).run()
    try model.emit(100, stream, hourCount: 50)
    let other = try database.connect()
    // More rows changed than by the sync: InnoDB gives up the transaction that has changed fewer.
    try other.execute("CREATE TABLE many (a INT PRIMARY KEY)")
    let rows = stream.table.name.quoted
    try other.execute("INSERT INTO \(rows) VALUES (NULL, '9000-01-01', 0, 0, 0)")
    let key = try other.query(
      "SELECT MAX(reported_hour) FROM \(rows) WHERE reported_hour < 90000101")
    try other.begin()
    try other.execute("INSERT INTO many SELECT seq FROM seq_1_to_5000")
    // The sync locks its position first and the rows then; the other way round here.
    try other.execute(
      "UPDATE \(rows) SET mean_tmp = 0 WHERE reported_hour = '\(key[0][0].datetime!)'")
    nonisolated(unsafe) let sync = database.sync(model, stream)
    nonisolated(unsafe) var outcome: SyncSummary?
    let ended = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      do { outcome = try sync.run() } catch { Issue.record(error) }
      ended.signal()
    }
    let root = try database.server.connectAsRoot()
    for _ in 0..<60 {
      let waiting = try root.query(
        """
        SELECT COUNT(*) FROM information_schema.innodb_trx
        WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%real_time_tmp_by_hour%'
        """)
      if waiting != [[.integer(0)]] { break }
      usleep(150_000)
    }
    _ = try other.query("SELECT * FROM moaa_sync FOR UPDATE")
    try other.rollback()
    ended.wait()
    #expect(try #require(outcome).retryCount >= 1)
    #expect(outcome?.emissionCount == 100)
    #expect(try database.rows(stream).dropLast() == model.rows(stream)[...])
  }

  @Test func aServerThatStaysAwayEndsTheSyncWithItsReason() throws {
    let server = try PrivateMariaDB(hasTLS: false)
    let database = try TestDatabase(server)
    let model = try ModelStore(seed: 25)
    try model.emit(10, ModelStore.hours)
    server.killServer()
    var retries = 0
    let failure = try failure {
      try database.sync(
        model, ModelStore.hours, patience: .milliseconds(200),
        tell: { if case .retries = $0 { retries += 1 } }
      ).run()
    }
    #expect(failure.kind == .transient)
    #expect(retries > 1)
    #expect(failure.description.contains("not there"))
  }

  @Test func patienceBeginsAtTheFirstFailure() throws {
    let database = try TestDatabase()
    let model = try ModelStore(seed: 27)
    try model.emit(10, ModelStore.hours)
    var options = StreamSyncOptions()
    options.patience = .milliseconds(100)
    var connectCount = 0
    let sync = StreamSync(
      store: model.store, stream: ModelStore.hours, options: options,
      backoff: Backoff(firstSeconds: 0.002, longestSeconds: 0.05),
      connect: {
        connectCount += 1
        guard connectCount == 1 else { return try database.connect() }
        // As a long snapshot that is cut off at its end.
        usleep(200_000)
        throw MySQLFailure(number: 2013, sqlState: "HY000", words: "lost")
      }, hours: ModelStore.walk(ModelStore.hours))
    #expect(try sync.run().retryCount == 1)
    #expect(try database.rows(ModelStore.hours) == model.rows(ModelStore.hours))
  }

  @Test func aSyncThatIsInterruptedEndsAtOnce() throws {
    let database = try TestDatabase()
    let model = try emitted(300, ModelStore.hours, database, seed: 26)
    var commits = 0
    let summary = try database.sync(
      model, ModelStore.hours, perCommit: 10, shouldStop: { commits == 3 },
      tell: { if case .committed = $0 { commits += 1 } }
    ).run()
    #expect(summary.wasInterrupted)
    #expect(summary.emissionCount == 30)
    try database.sync(model, ModelStore.hours).run()
    #expect(try database.rows(ModelStore.hours) == model.rows(ModelStore.hours))
  }
}
