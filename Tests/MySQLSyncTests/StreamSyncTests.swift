// Emissions and hours of a store → tables, undisturbed and after what happens to databases.

import Aggregation
import Foundation
import LogStore
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct StreamSyncTests {
  @Test(arguments: ModelStore.streams, [1, 7, 1000])
  func tablesEqualTheHours(_ stream: SyncStream, _ perCommit: Int) throws {
    let model = try ModelStore(seed: 1)
    let database = try TestDatabase()
    // The first one finds no position and nothing to send.
    #expect(try database.sync(model, stream, perCommit: perCommit).run().snapshotCount == 1)
    #expect(try database.rows(stream).isEmpty)
    for round in 1...3 {
      try model.emit(60 * round, stream)
      let summary = try database.sync(model, stream, perCommit: perCommit).run()
      #expect(summary.snapshotCount == 0)
      #expect(summary.emissionCount == Int64(60 * round))
      #expect(summary.commitCount == (60 * round + perCommit - 1) / perCommit)
      #expect(try database.rows(stream) == model.rows(stream))
    }
  }

  @Test(arguments: ModelStore.streams) func hoursWithoutPositionAreSent(_ stream: SyncStream) throws
  {
    let model = try ModelStore(seed: 2)
    let database = try TestDatabase()
    try model.emit(500, stream)
    let summary = try database.sync(model, stream).run()
    #expect(summary.snapshotCount == 1)
    #expect(summary.emissionCount == 0)
    #expect(try database.rows(stream) == model.rows(stream))
    let checkpoint = try model.store.read {
      try $0.checkpoint(group: "mysql.test", topic: stream.topic)
    }
    #expect(checkpoint?.nextOffset == Offset(500))
  }

  @Test(arguments: ModelStore.streams) func whatIsEmittedDuringASnapshotComesAfterIt(
    _ stream: SyncStream
  ) throws {
    let model = try ModelStore(seed: 16)
    let database = try TestDatabase()
    try model.emit(300, stream)
    let store = try model.reopened()
    defer { store.close() }
    var options = StreamSyncOptions()
    options.group = "mysql.test"
    let sync = StreamSync(
      store: store, stream: stream, options: options, connect: { try database.connect() },
      hours: { view, body in
        try ModelStore.walk(stream)(view, body)
        try model.emit(50, stream)
      })
    let summary = try sync.run()
    #expect(summary.snapshotCount == 1)
    #expect(summary.emissionCount == 50)
    #expect(try database.rows(stream) == model.rows(stream))
  }

  @Test(arguments: ModelStore.streams) func aSecondRunSendsNothing(_ stream: SyncStream) throws {
    let model = try ModelStore(seed: 3)
    let database = try TestDatabase()
    try model.emit(300, stream)
    try database.sync(model, stream).run()
    #expect(try database.sync(model, stream).run() == SyncSummary())
  }

  /// As for MySQL, which takes no arrays of rows.
  @Test(arguments: ModelStore.streams) func statementsOfManyRowsDoTheSame(_ stream: SyncStream)
    throws
  {
    let model = try ModelStore(seed: 15)
    let database = try TestDatabase()
    for _ in 1...3 {
      try model.emit(700, stream)
      try database.sync(model, stream, perCommit: 300, change: { $0.method = .multiRow }).run()
      #expect(try database.rows(stream) == model.rows(stream))
    }
  }

  @Test func aTableOfTheReplacedSystemIsTakenOver() throws {
    let model = try ModelStore(seed: 4)
    let database = try TestDatabase()
    try model.emit(300, ModelStore.hours)
    let expected = try model.rows(ModelStore.hours)
    let connection = try database.connect()
    try connection.execute(
      """
      CREATE TABLE real_time_tmp_by_hour (id INT AUTO_INCREMENT PRIMARY KEY,
        reported_hour DATETIME UNIQUE NOT NULL, mean_tmp FLOAT NOT NULL, min_tmp FLOAT NOT NULL,
        max_tmp FLOAT NOT NULL)
      """)
    // One hour that the store has, with other figures, and one that it has not.
    let known = "\(expected[7][0].datetime!)"
    try connection.execute(
      """
      INSERT INTO real_time_tmp_by_hour VALUES (17, '\(known)', 1, 2, 3),
        (18, '1999-01-01 00:00:00', 1.5, 0.5, 2.5)
      """)
    let before = try connection.query("SHOW CREATE TABLE real_time_tmp_by_hour")[0][1].text
    try database.sync(model, ModelStore.hours).run()

    let rows = try database.rows(ModelStore.hours)
    #expect(Array(rows.dropFirst()) == expected)
    #expect(rows[0][1...] == [.double(1.5), .double(0.5), .double(2.5)])
    let id = try connection.query(
      "SELECT id FROM real_time_tmp_by_hour WHERE reported_hour = '\(known)'")
    #expect(id == [[.integer(17)]])
    let after = try connection.query("SHOW CREATE TABLE real_time_tmp_by_hour")[0][1].text
    func withoutCounter(_ text: String?) -> String? {
      text?.replacing(try! Regex("AUTO_INCREMENT=[0-9]+ "), with: "")
    }
    #expect(withoutCounter(after) == withoutCounter(before))
  }

  @Test func aFollowerSendsWhatComes() throws {
    let model = try ModelStore(seed: 5)
    let database = try TestDatabase()
    let stream = ModelStore.stationHours
    var rounds = 0
    let summary = try database.sync(model, stream).run {
      guard rounds < 20 else { return false }
      rounds += 1
      // Every other time nothing comes.
      if rounds.isMultiple(of: 2) { try model.emit(rounds, stream) }
      return true
    }
    #expect(summary.emissionCount == 110)
    #expect(try database.rows(stream) == model.rows(stream))
  }

  @Test func anOlderRevisionReplacesNothing() throws {
    let model = try ModelStore(seed: 6)
    let database = try TestDatabase()
    let stream = ModelStore.stationHours
    try database.sync(model, stream).run()
    try model.emit(200, stream)
    let sync = database.sync(model, stream)
    try sync.run()
    let expected = try database.rows(stream)
    // From the beginning again, one emission at a time: older ones come before newer ones.
    try database.connect().execute("UPDATE moaa_sync SET next_offset = 0")
    var differing = 0
    try database.sync(
      model, stream, perCommit: 1,
      tell: { event in
        if case .committed = event, (try? database.rows(stream)) != expected { differing += 1 }
      }
    ).run()
    #expect(differing == 0)
  }

  @Test(arguments: ModelStore.streams) func aRestoredDatabaseCatchesUp(_ stream: SyncStream) throws
  {
    let model = try ModelStore(seed: 7)
    let database = try TestDatabase()
    try model.emit(300, stream)
    try database.sync(model, stream).run()
    let connection = try database.connect()
    for table in ["moaa_sync", stream.tableName] {
      try connection.execute("CREATE TABLE old_\(table) AS SELECT * FROM \(table)")
    }
    try model.emit(300, stream, hourCount: 400)
    try database.sync(model, stream).run()
    for table in ["moaa_sync", stream.tableName] {
      try connection.execute("DELETE FROM \(table)")
      try connection.execute("INSERT INTO \(table) SELECT * FROM old_\(table)")
    }
    #expect(try database.rows(stream) != model.rows(stream))
    let summary = try database.sync(model, stream).run()
    #expect(summary.emissionCount == 300)
    #expect(try database.rows(stream) == model.rows(stream))
  }

  @Test(arguments: ModelStore.streams)
  func emissionsThatRetentionTookAreMadeUpForByTheHours(_ stream: SyncStream) throws {
    let model = try ModelStore(seed: 8)
    let database = try TestDatabase()
    try model.emit(100, stream)
    try database.sync(model, stream).run()
    // Nobody keeps retention from it any more.
    try model.store.write { try $0.removeGroup("mysql.test") }
    try model.emit(200, stream)
    try model.expire(stream)
    try model.emit(10, stream)
    #expect(try model.store.read { try $0.topic(stream.topic).startOffset } > Offset(100))
    let summary = try database.sync(model, stream).run()
    #expect(summary.snapshotCount == 1)
    #expect(try database.rows(stream) == model.rows(stream))
  }

  @Test(arguments: ModelStore.streams, ["DROP TABLE", "TRUNCATE TABLE"])
  func aTableThatWasEmptiedIsFilledAgain(_ stream: SyncStream, _ statement: String) throws {
    let model = try ModelStore(seed: 8)
    let database = try TestDatabase()
    try model.emit(300, stream)
    try database.sync(model, stream).run()
    try database.connect().execute("\(statement) \(stream.tableName)")
    #expect(try database.sync(model, stream).run().snapshotCount == 1)
    #expect(try database.rows(stream) == model.rows(stream))
    #expect(try database.sync(model, stream).run() == SyncSummary())
  }

  @Test func retentionWaitsForTheTarget() throws {
    let model = try ModelStore(seed: 9)
    let database = try TestDatabase()
    try database.sync(model, ModelStore.hours).run()
    try model.emit(50, ModelStore.hours)
    try model.expire(ModelStore.hours)
    #expect(try database.sync(model, ModelStore.hours).run().snapshotCount == 0)
    #expect(try database.rows(ModelStore.hours) == model.rows(ModelStore.hours))
  }

  @Test(arguments: ModelStore.streams) func twoSyncsAtOnceSendEachEmissionOnce(
    _ stream: SyncStream
  ) throws {
    let model = try ModelStore(seed: 10)
    let database = try TestDatabase()
    try database.sync(model, stream).run()
    try model.emit(600, stream)
    nonisolated(unsafe) var summaries: [SyncSummary] = []
    let lock = NSLock()
    let arrived = DispatchGroup()
    let ended = DispatchGroup()
    for _ in 0..<3 {
      arrived.enter()
      ended.enter()
      // Threads of their own: the tests' pool may have none to spare.
      Thread {
        defer { ended.leave() }
        do {
          let store = try model.reopened()
          defer { store.close() }
          var hasArrived = false
          let sync = database.sync(
            model, stream, store: store, perCommit: 5,
            tell: { _ in
              // All of them have begun when the first goes on.
              if !hasArrived { arrived.leave() }
              hasArrived = true
              arrived.wait()
            })
          let summary = try sync.run()
          if !hasArrived { arrived.leave() }
          lock.withLock { summaries.append(summary) }
        } catch {
          Issue.record(error)
        }
      }.start()
    }
    ended.wait()
    #expect(summaries.count == 3)
    #expect(summaries.reduce(0) { $0 + $1.emissionCount } == 600)
    #expect(try database.rows(stream) == model.rows(stream))
  }

  @Test(arguments: ModelStore.streams) func anotherStoreIsRefusedThenAdopted(
    _ stream: SyncStream
  ) throws {
    let first = try ModelStore(seed: 11)
    let second = try ModelStore(seed: 12)
    let database = try TestDatabase()
    // The first has emitted the same hours more often.
    try first.emit(900, stream)
    try second.emit(100, stream)
    try database.sync(first, stream).run()
    let refusal = try failure { try database.sync(second, stream).run() }
    #expect(refusal.kind == .setup)
    #expect(refusal.description.contains("--adopt"))
    #expect(try database.rows(stream) == first.rows(stream))

    try database.sync(second, stream, change: { $0.adopts = true }).run()
    try second.emit(900, stream)
    try database.sync(second, stream).run()
    // Hours that only the first has stay.
    let key = stream == ModelStore.hours ? 1 : 2
    let own = Set(try second.rows(stream).map { Array($0[..<key]) })
    let rows = try database.rows(stream).filter { own.contains(Array($0[..<key])) }
    #expect(rows == (try second.rows(stream)))
    #expect(throws: MySQLFailure.self) { try database.sync(first, stream).run() }
  }

  @Test func revisionsOfRowsWithoutAPositionHoldNothingBack() throws {
    let stream = ModelStore.stationHours
    let first = try ModelStore(seed: 14)
    let second = try ModelStore(seed: 15)
    let database = try TestDatabase()
    try first.emit(900, stream)
    try database.sync(first, stream).run()
    try database.connect().execute("DELETE FROM moaa_sync")
    // The first has hours that the second has not yet, at later revisions.
    try database.sync(second, stream).run()
    try second.emit(900, stream)
    try database.sync(second, stream).run()
    let own = Set(try second.rows(stream).map { Array($0[..<2]) })
    let rows = try database.rows(stream).filter { own.contains(Array($0[..<2])) }
    #expect(rows == (try second.rows(stream)))
  }

  @Test func anOlderCopyOfTheStoreIsRefused() throws {
    let model = try ModelStore(seed: 13)
    let database = try TestDatabase()
    try model.emit(10, ModelStore.hours)
    try database.sync(model, ModelStore.hours).run()
    try database.connect().execute("UPDATE moaa_sync SET next_offset = 11")
    #expect(
      try failure { try database.sync(model, ModelStore.hours).run() }.description.contains(
        "older copy"))
    try database.sync(model, ModelStore.hours, change: { $0.adopts = true }).run()
    #expect(try database.sync(model, ModelStore.hours).run() == SyncSummary())
  }

  /// A backup that was restored, and used until it had more emissions than the target has seen.
  @Test(arguments: ModelStore.streams) func anotherHistoryOfTheStoreIsRefusedThenAdopted(
    _ stream: SyncStream
  ) throws {
    let first = try ModelStore(seed: 16)
    let database = try TestDatabase()
    try first.emit(50, stream)
    let second = try ModelStore(seed: 17, copyOf: first)
    try #require(second.store.id == first.store.id)
    try first.emit(300, stream)
    try database.sync(first, stream).run()
    try second.emit(500, stream)
    let refusal = try failure { try database.sync(second, stream).run() }
    #expect(refusal.kind == .setup)
    #expect(refusal.description.contains("another history of this store"))
    #expect(try database.rows(stream) == first.rows(stream))

    try database.sync(second, stream, change: { $0.adopts = true }).run()
    let key = stream == ModelStore.hours ? 1 : 2
    let own = Set(try second.rows(stream).map { Array($0[..<key]) })
    let rows = try database.rows(stream).filter { own.contains(Array($0[..<key])) }
    #expect(rows == (try second.rows(stream)))
    try second.emit(10, stream)
    #expect(try database.sync(second, stream).run().snapshotCount == 0)
    #expect(throws: MySQLFailure.self) { try database.sync(first, stream).run() }
  }

  /// A copy that has what the target was filled from goes on, wherever it was made.
  @Test func aCopyOfTheSameHistoryGoesOn() throws {
    let stream = ModelStore.hours
    let first = try ModelStore(seed: 18)
    let database = try TestDatabase()
    try first.emit(50, stream)
    try database.sync(first, stream).run()
    let second = try ModelStore(seed: 19, copyOf: first)
    try second.emit(500, stream)
    #expect(try database.sync(second, stream).run().snapshotCount == 0)
    #expect(try database.rows(stream) == second.rows(stream))
  }

  // MARK: Rows that are refused

  private func refuseColdHours(_ database: TestDatabase, _ stream: SyncStream) throws {
    for moment in ["INSERT", "UPDATE"] {
      try database.server.connectAsRoot().execute(
        """
        CREATE TRIGGER \(database.name).refuse_\(moment) BEFORE \(moment) ON \
        \(database.name).\(stream.tableName) FOR EACH ROW
        IF NEW.min_tmp < -39.5 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'too cold'; END IF
        """)
    }
  }

  @Test(arguments: ModelStore.streams, UpsertStatement.Method.allCases)
  func aRefusedRowIsQuarantinedAndTheRestGoesOn(
    _ stream: SyncStream, _ method: UpsertStatement.Method
  ) throws {
    for isSnapshot in [true, false] { try refusedRow(stream, method, isSnapshot) }
  }

  private func refusedRow(
    _ stream: SyncStream, _ method: UpsertStatement.Method, _ isSnapshot: Bool
  ) throws {
    let model = try ModelStore(seed: 14)
    let database = try TestDatabase()
    let plan = try SchemaPlan(stream, on: database.connect())
    try plan.apply(on: database.connect())
    try refuseColdHours(database, stream)
    if !isSnapshot { try database.sync(model, stream).run() }
    try model.emit(400, stream, hourCount: 100_000)
    if !isSnapshot { try model.append("what is this", to: stream.topic) }
    let minimum = stream == ModelStore.hours ? 2 : 4
    let expected = try model.rows(stream)
    let taken = expected.filter { $0[minimum].double! >= -39.5 }
    try #require(taken.count < expected.count)

    #expect(throws: RowRefused.self) { try database.sync(model, stream, perCommit: 1000).run() }
    #expect(try database.rows(stream).isEmpty)
    let sync = database.sync(
      model, stream, perCommit: 1000,
      change: {
        $0.badRows = .quarantine
        $0.method = method
      })
    let summary = try sync.run()
    #expect(try database.rows(stream) == taken)
    let kept = try model.records("quarantine")
    #expect(kept.count == summary.refusedCount)
    #expect(kept.count == expected.count - taken.count + (isSnapshot ? 0 : 1))
    let words = kept.map { record in
      record.headers.first { $0.name == "words" }?.value.map { String(decoding: $0, as: UTF8.self) }
        ?? ""
    }
    #expect(words.count { $0.contains("too cold") } == expected.count - taken.count)
    #expect(try database.sync(model, stream).run() == SyncSummary())
  }
}
