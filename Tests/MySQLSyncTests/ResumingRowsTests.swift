// Checks whose connections are killed while they read.

import Aggregation
import Connections
import LogStore
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct ResumingRowsTests {
  /// A link whose connections can all be killed.
  private final class Killable {
    private(set) var retryCount = 0
    private var threadIDs: [UInt] = []
    private let root: MySQLConnection
    private let settings: MySQLSettings
    private let attemptsMax: Int

    init(_ target: TargetFixture, attemptsMax: Int = 12) throws {
      root = try PrivateMariaDB.shared.connectAsRoot()
      settings = target.settings
      self.attemptsMax = attemptsMax
    }

    var link: TargetLink {
      TargetLink(
        attemptsMax: attemptsMax, backoff: Backoff(firstSeconds: 0.01, longestSeconds: 0.02),
        onRetry: { _ in self.retryCount += 1 }
      ) { () throws(MySQLFailure) in
        let made = try MySQLConnection(self.settings)
        self.threadIDs.append(made.threadID)
        return made
      }
    }

    func kill() throws {
      for id in threadIDs {
        let answer = Result { () throws(MySQLFailure) in try root.execute("KILL \(id)") }
        // Where the number is not known it has ended already.
        if case .failure(let failure) = answer, failure.number != 1094 { throw failure }
      }
      threadIDs = []
    }
  }

  /// More bytes than any buffer between server and client holds.
  private static let stationHours = ["1", "10", "2", "a"].flatMap { station in
    (0..<20_000).map { hour -> RollUps.Row in
      [text(station), .hour(Int64(hour)), .integer(1), .tenths(1), .millionths(2), .tenths(3)]
    }
  }

  private func check(
    _ target: TargetFixture, _ killable: Killable, killsAt: @escaping (Int) -> Bool
  ) throws -> CheckOutcome {
    try TableCheck.run(
      TableOwner(ResultSetTable(.stationHour), storeID: "x"),
      rows: { body in
        for (index, row) in Self.stationHours.enumerated() {
          if killsAt(index) { try killable.kill() }
          try body(row)
        }
      }, link: killable.link, onDifference: { _ in })
  }

  @Test func aTablesCheckThatIsKilledGoesOnWhereItWas() throws {
    let target = try TargetFixture("resumed_table")
    try target.send(
      ResultSetTable(.stationHour), Self.stationHours, rowsPerTransaction: 20_000)
    try target.connection.execute("DELETE FROM station_hour WHERE station = '10' LIMIT 7")
    try target.connection.execute(
      "INSERT INTO station_hour SELECT 'b', reported_hour, 1, 1, 1, 1 FROM station_hour LIMIT 5"
        .replacing("reported_hour", with: "hour"))
    let killable = try Killable(target)
    let outcome = try check(target, killable) { $0 % 15_000 == 3000 }
    #expect(killable.retryCount >= 3)
    #expect(
      outcome
        == CheckOutcome(rowCount: Self.stationHours.count, missingCount: 7, onlyInTargetCount: 5))
  }

  @Test func oneThatIsKilledAgainAndAgainEnds() throws {
    let target = try TargetFixture("resumed_never")
    try target.send(
      ResultSetTable(.stationHour), Self.stationHours, rowsPerTransaction: 20_000)
    let killable = try Killable(target, attemptsMax: 1)
    let failure = try failure { try check(target, killable) { $0 == 3000 } }
    #expect(failure.kind == .transient)
    #expect(killable.retryCount == 0)
  }

  @Test func aCheckOfHoursThatIsKilledGoesOnWhereItWas() throws {
    let target = try TargetFixture("resumed_hours")
    let table = HoursTable.byStation
    try target.connection.execute(SyncStream.stationHours(topic: "").table.definition)
    let hours = ["1", "10", "a"].flatMap { station in
      (0..<20_000).map { hour -> WindowResult in
        var accumulator = Accumulator()
        accumulator.add(Int16(hour % 400))
        return WindowResult(
          key: Array(station.utf8), hour: 400_000 + Int64(hour), accumulator: accumulator,
          revision: 1, isFinal: true)
      }
    }
    var block = RowBlock(table.blockTypes)
    for hour in hours { block.append(table.values(of: hour)) }
    try target.connection.begin()
    try target.connection.prepareUpsert(table.repair(for: target.connection.dialect)).upsert(block)
    // Of every day an hour, so that all rows are read.
    try target.connection.execute(
      "UPDATE real_time_tmp_by_station_hour SET max_tmp = 99 "
        + "WHERE HOUR(reported_hour) = 3 AND station = '10'")
    try target.connection.commit()
    let killable = try Killable(target)
    var named: [String] = []
    let outcome = try HoursCheck(table, link: killable.link).run(
      hours: { days, body in
        for (index, hour) in hours.enumerated() {
          if days != nil, index % 15_000 == 2000 { try killable.kill() }
          try body(hour)
        }
      }, store: CheckedStore(storeID: "x", nextOffset: Offset(0)),
      onDifference: { named.append($0.description) })
    #expect(killable.retryCount >= 3)
    #expect(outcome.differentCount == outcome.differingDayCount)
    #expect(named.count == outcome.differentCount && outcome.onlyInTargetCount == 0)
    #expect(outcome.differentCount > 800)
  }
}
