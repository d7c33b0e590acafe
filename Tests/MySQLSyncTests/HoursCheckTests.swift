// Hours beside a target's: count and checksum of days, and the rows of those that differ.

import Aggregation
import LogStore
import Observations
import TestSupport
import Testing

@testable import MySQLSync

@Suite(.serialized, .enabled(if: PrivateMariaDB.isAtHand, "mariadbd is not installed"))
struct HoursCheckTests {
  private static let stations: [HoursTable: [String]] = [
    .allStations: [""], .byStation: ["03772099999", "7", "A \u{E9}", "a"],
  ]

  /// Hours of every kind of figure, before and after 1970.
  private static func hours(_ table: HoursTable, dayCount: Int64 = 200) -> [WindowResult] {
    var generator = SeededGenerator(seed: 11)
    return (stations[table] ?? []).flatMap { station in
      [-25_000, 19_000].flatMap { firstDay in
        (firstDay * 24..<(firstDay + dayCount) * 24).map { hour in
          var accumulator = Accumulator()
          for _ in 0..<Int.random(in: 1...13, using: &generator) {
            accumulator.add(Int16.random(in: -932...618, using: &generator))
          }
          return WindowResult(
            key: Array(station.utf8), hour: hour, accumulator: accumulator, revision: 2,
            isFinal: true)
        }
      }
    }
  }

  private static func makeTable(
    _ table: HoursTable, _ type: String, _ connection: MySQLConnection
  ) throws {
    let figures = ["mean_tmp", "min_tmp", "max_tmp"].map { "\($0) \(type) NOT NULL" }
      .joined(separator: ", ")
    switch table {
    case .allStations:
      try connection.execute(
        "CREATE TABLE \(table.name.quoted) (id INT AUTO_INCREMENT PRIMARY KEY, "
          + "reported_hour DATETIME UNIQUE NOT NULL, \(figures))")
    case .byStation:
      try connection.execute(
        "CREATE TABLE \(table.name.quoted) (station VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, "
          + "reported_hour DATETIME NOT NULL, observation_count BIGINT NOT NULL, \(figures), "
          + "revision BIGINT NOT NULL, final BOOLEAN NOT NULL, PRIMARY KEY (station, reported_hour))"
      )
    }
  }

  private static func fill(
    _ table: HoursTable, _ hours: [WindowResult], _ connection: MySQLConnection
  ) throws {
    let upsert = connection.prepareUpsert(table.repair(for: connection.dialect))
    var block = RowBlock(table.blockTypes)
    for hour in hours { block.append(table.values(of: hour)) }
    try connection.begin()
    try upsert.upsert(block)
    try connection.commit()
  }

  private func check(
    _ table: HoursTable, _ hours: [WindowResult], _ target: TargetFixture, repairs: Bool = false,
    store: CheckedStore = CheckedStore(storeID: "x", nextOffset: Offset(8)),
    between: () throws -> Void = {}
  ) throws -> (outcome: CheckOutcome, named: [String]) {
    var named: [String] = []
    let check = try HoursCheck(table, link: target.link)
    try between()
    let outcome = try check.run(
      hours: { days, body in
        for hour in hours where days?.contains(hour.day) ?? true { try body(hour) }
      }, repairs: repairs, store: store, onDifference: { named.append($0.description) })
    return (outcome, named)
  }

  @Test(
    arguments: HoursTable.allCases,
    ["FLOAT", "DOUBLE", "DECIMAL(11,6)", "DECIMAL(6,2)", "FLOAT(7,4)"])
  func bothSidesComputeTheSameChecksums(_ table: HoursTable, _ type: String) throws {
    let target = try TargetFixture("hours_same")
    try Self.makeTable(table, type, target.connection)
    let hours = Self.hours(table)
    try Self.fill(table, hours, target.connection)
    let (outcome, named) = try check(table, hours, target)
    #expect(named == [])
    #expect(outcome == CheckOutcome(rowCount: hours.count, dayCount: 400))
  }

  @Test(arguments: HoursTable.allCases)
  func hoursThatDifferAreNamedAndThoseAloneAreRepaired(_ table: HoursTable) throws {
    let target = try TargetFixture("hours_differ")
    try Self.makeTable(table, "FLOAT", target.connection)
    let hours = Self.hours(table)
    try Self.fill(table, hours, target.connection)
    let name = table.name.quoted
    let station = Self.stations[table]?[0] ?? ""
    let isStation = table == .byStation ? "station = '\(station)' AND " : ""
    func atHour(_ hour: Int64) -> String {
      "\(isStation)reported_hour = '\(MySQLDateTime(Timestamp(secondsSinceEpoch: hour * 3600)))'"
    }
    // One of each end of what there is, in days that have only one fault.
    let changed = hours[5]
    let missing = hours[4800 + 77 * 24]
    try target.connection.execute(
      "UPDATE \(name) SET min_tmp = min_tmp - 0.1 WHERE \(atHour(changed.hour))")
    try target.connection.execute("DELETE FROM \(name) WHERE \(atHour(missing.hour))")
    let others = table == .byStation ? "'x', " : "NULL, "
    let figures = table == .byStation ? "1, 2, 3, 4, 1, 1" : "2, 3, 4"
    for time in ["2022-01-20 07:30:00", "1999-01-01 00:00:00"] {
      try target.connection.execute("INSERT INTO \(name) VALUES (\(others)'\(time)', \(figures))")
    }
    let (outcome, named) = try check(table, hours, target)
    #expect(outcome.differingDayCount == 3)
    #expect(outcome.differentCount == 1)
    #expect(outcome.missingCount == 1)
    #expect(outcome.onlyInTargetCount == 2)
    try #require(named.count == 2)
    #expect(named[0].contains(changed.startTime.description))
    #expect(named[0].contains("the store has"))
    #expect(named[0].contains("the target has"))
    #expect(named[1].contains(missing.startTime.description))
    #expect(named[1].contains("the target does not"))

    let before = try target.connection.query("SELECT * FROM \(name)").count
    let repaired = try check(table, hours, target, repairs: true).outcome
    #expect(repaired.repairedCount == 2)
    #expect(try target.connection.query("SELECT * FROM \(name)").count == before + 1)
    let after = try check(table, hours, target)
    #expect(after.named == [])
    #expect(after.outcome.onlyInTargetCount == 2)
  }

  @Test func anEmptyTargetMissesEveryHourAndIsFilledByARepair() throws {
    let target = try TargetFixture("hours_empty")
    try Self.makeTable(.byStation, "FLOAT", target.connection)
    let hours = Self.hours(.byStation, dayCount: 40)
    #expect(try check(.byStation, hours, target).outcome.missingCount == hours.count)
    #expect(
      try check(.byStation, hours, target, repairs: true).outcome.repairedCount == hours.count)
    #expect(try check(.byStation, hours, target).outcome.differenceCount == 0)
    #expect(try check(.byStation, [], target).outcome.onlyInTargetCount == hours.count)
  }

  @Test func moreDaysThanRangesAreStillComparedRightly() throws {
    let target = try TargetFixture("hours_many")
    try Self.makeTable(.allStations, "FLOAT", target.connection)
    let hours = Self.hours(.allStations, dayCount: 300)
    try Self.fill(.allStations, hours, target.connection)
    try target.connection.execute(
      "UPDATE real_time_tmp_by_hour SET max_tmp = max_tmp + 1 "
        + "WHERE HOUR(reported_hour) = 3 AND DAYOFYEAR(reported_hour) % 2 = 0")
    let outcome = try check(.allStations, hours, target).outcome
    #expect(outcome.differingDayCount > HoursCheck.dayRangesMax)
    #expect(outcome.differentCount == outcome.differingDayCount)
    #expect(outcome.onlyInTargetCount == 0)
  }

  @Test func anotherStoreOrAnOlderCopyRepairsNothing() throws {
    let target = try TargetFixture("hours_other_store")
    try Self.makeTable(.allStations, "FLOAT", target.connection)
    try target.connection.execute(SyncPosition.table.definition)
    func batch(_ appendTime: Int64) -> BatchIdentity {
      BatchIdentity(baseOffset: .zero, recordCount: 7, appendTime: appendTime, crc32c: 0)
    }
    try target.connection.execute(
      "INSERT INTO moaa_sync VALUES ('agg_probes_results', 'x', 7, '\(batch(1))')")
    let hours = Self.hours(.allStations, dayCount: 2)
    let refused = [
      ("y", 9, 1, "another store, x"), ("x", 6, 1, "an older copy of itself"),
      ("x", 9, 2, "another history"),
    ]
    for (id, offset, appendTime, words) in refused {
      let store = CheckedStore(
        storeID: id, nextOffset: Offset(Int64(offset)), lastBatch: batch(Int64(appendTime)))
      let failure = try failure {
        try check(.allStations, hours, target, repairs: true, store: store)
      }
      #expect(failure.words.contains(words))
      #expect(
        try check(.allStations, hours, target, store: store).outcome.missingCount == hours.count)
    }
    let store = CheckedStore(storeID: "x", nextOffset: Offset(7), lastBatch: batch(1))
    #expect(
      try check(.allStations, hours, target, repairs: true, store: store).outcome.repairedCount
        == hours.count)
  }

  @Test func aTableWithoutItsUniqueKeyIsNotRepaired() throws {
    let target = try TargetFixture("hours_no_key")
    try Self.makeTable(.allStations, "FLOAT", target.connection)
    let hours = Self.hours(.allStations, dayCount: 2)
    try Self.fill(.allStations, hours, target.connection)
    try target.connection.execute(
      "ALTER TABLE real_time_tmp_by_hour DROP KEY reported_hour")
    try target.connection.execute("UPDATE real_time_tmp_by_hour SET min_tmp = min_tmp - 1")
    let failure = try failure { try check(.allStations, hours, target, repairs: true) }
    #expect(failure.words.contains("no unique key"))
    #expect(
      try target.connection.query("SELECT COUNT(*) FROM real_time_tmp_by_hour")
        == [[.integer(Int64(hours.count))]])
  }

  @Test func aRepairDoesNotWriteOnceASyncHasGoneOn() throws {
    let target = try TargetFixture("hours_position")
    try Self.makeTable(.allStations, "FLOAT", target.connection)
    try target.connection.execute(SyncPosition.table.definition)
    try target.connection.execute(
      "INSERT INTO moaa_sync VALUES ('agg_probes_results', 'x', 7, NULL)")
    let hours = Self.hours(.allStations, dayCount: 2)
    let failure = try failure {
      try check(.allStations, hours, target, repairs: true) {
        try target.connection.execute("UPDATE moaa_sync SET next_offset = 8")
      }
    }
    #expect(failure.words.contains("since the check began"))
    #expect(
      try target.connection.query("SELECT COUNT(*) FROM real_time_tmp_by_hour") == [[.integer(0)]])
    #expect(
      try check(.allStations, hours, target, repairs: true).outcome.repairedCount == hours.count)
  }

  @Test func aFigureIsShownWithAllTheDigitsOfItsOwnType() throws {
    let target = try TargetFixture("hours_digits")
    try target.connection.execute(
      "CREATE TABLE real_time_tmp_by_hour (reported_hour DATETIME PRIMARY KEY, "
        + "mean_tmp DOUBLE NOT NULL, min_tmp FLOAT NOT NULL, max_tmp FLOAT NOT NULL)")
    var accumulator = Accumulator()
    accumulator.add(30_000)
    let hour = WindowResult(
      key: [], hour: 400_000, accumulator: accumulator, revision: 1, isFinal: true)
    try Self.fill(.allStations, [hour], target.connection)
    // As a FLOAT, which other columns here are, it would be 3000.
    try target.connection.execute(
      "UPDATE real_time_tmp_by_hour SET mean_tmp = 3000.0001")
    let named = try check(.allStations, [hour], target).named
    try #require(named.count == 1)
    #expect(named[0].contains("the target has mean_tmp 3000.0001, min_tmp 3000.0"))
  }

  @Test func aTableThatIsMissingOrOfAnotherKindIsRefused() throws {
    let target = try TargetFixture("hours_other")
    #expect(
      try failure { try HoursCheck(.allStations, link: target.link) }.words.contains("no table"))
    try Self.makeTable(.allStations, "VARCHAR(20)", target.connection)
    #expect(
      try failure { try HoursCheck(.allStations, link: target.link) }.words.contains("varchar(20)"))
  }

  @Test func hoursThatTheTableCannotHoldAreCountedAndNeverWritten() throws {
    let target = try TargetFixture("hours_unfit")
    try Self.makeTable(.byStation, "FLOAT", target.connection)
    var accumulator = Accumulator()
    accumulator.add(7)
    // To the server the second is the first; the third is too long.
    let keys = [
      Array("A".utf8), Array("A ".utf8), [UInt8](repeating: 0x42, count: 65), [0xFF],
    ]
    let hours = keys.map {
      WindowResult(key: $0, hour: 400_000, accumulator: accumulator, revision: 1, isFinal: false)
    }
    let (outcome, named) = try check(.byStation, hours, target, repairs: true)
    #expect(outcome.unfitCount == 3)
    #expect(!outcome.isComplete)
    for reason in ["ends with a blank", "65 characters, 64 at most fit", "not UTF-8"] {
      #expect(named.filter { $0.contains("the target cannot: ") && $0.contains(reason) }.count == 1)
    }
    #expect(outcome.missingCount == 1)
    #expect(outcome.repairedCount == 1)
    #expect(
      try target.connection.query("SELECT station FROM real_time_tmp_by_station_hour")
        == [[.text("A")]])
  }

  /// Sums of a CRC, which is linear, miss one in ten thousand such changes: the texts differ in the
  /// same places by the same bits.
  @Test func figuresThatChangedPlacesAreFound() throws {
    let target = try TargetFixture("hours_swapped")
    try Self.makeTable(.allStations, "FLOAT", target.connection)
    func hour(_ number: Int64, _ tenths: Int16) -> WindowResult {
      var accumulator = Accumulator()
      accumulator.add(tenths)
      return WindowResult(
        key: [], hour: 400_000 / 24 * 24 + number, accumulator: accumulator, revision: 1,
        isFinal: true)
    }
    // 10:00 and 11:00, 12:00 and 13:00 differ in one bit of one digit, and so do their figures.
    let hours = [hour(10, 100), hour(11, 110), hour(12, 100), hour(13, 110)]
    let swapped = [hour(10, 110), hour(11, 100), hour(12, 110), hour(13, 100)]
    try Self.fill(.allStations, swapped, target.connection)
    let (outcome, named) = try check(.allStations, hours, target)
    #expect(outcome.differentCount == 4)
    #expect(named.count == 4)
  }

  @Test func theChecksumIsThatOfTheServer() throws {
    let connection = try PrivateMariaDB.shared.connect()
    for text in ["", "a", "123456789", String(repeating: "xyz|", count: 1000)] {
      #expect(
        try connection.query("SELECT \(RowHash.sql("?"))", [.text(text)])
          == [[.integer(RowHash().hash(Array(text.utf8)))]])
    }
  }
}
