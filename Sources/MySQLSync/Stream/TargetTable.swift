// The tables of a target: what they are called, their columns, and how rows get into them.

import Aggregation
import LogStore
import Observations

/// A table that moaa writes in somebody's database.
struct TargetTable: Hashable, Sendable {
  let name: Identifier
  /// Those that moaa writes, in the order of a row's values.
  let columns: [Column]
  /// By which a row is known: there must be a unique key of exactly these.
  let key: [Identifier]
  /// A column of the database's own that moaa's tables have as primary key; else `key` is it.
  var surrogate: Identifier?
  /// The column that says which of two rows is newer.
  var revision: Identifier?

  /// The statement that makes it.
  var definition: String {
    var lines = columns.map(\.definition)
    let keyText = key.map(\.quoted).joined(separator: ", ")
    if let surrogate {
      lines.insert("\(surrogate.quoted) INT NOT NULL AUTO_INCREMENT PRIMARY KEY", at: 0)
      lines.append("UNIQUE KEY (\(keyText))")
    } else {
      lines.append("PRIMARY KEY (\(keyText))")
    }
    return "CREATE TABLE IF NOT EXISTS \(name.quoted) (\n  "
      + lines.joined(separator: ",\n  ") + "\n) ENGINE=InnoDB"
  }

  /// An upsert of all columns.
  ///
  /// - Parameter isGuarded: whether a row that is there is kept when its revision is above that of
  ///   the row to be inserted.
  func upsert(for dialect: ServerDialect, isGuarded: Bool) -> UpsertShape {
    func current(_ column: Identifier) -> String { "\(name.quoted).\(column.quoted)" }
    // In their order, one after the other: the revision must be compared before it is set.
    var updated = columns.map(\.name).filter { !key.contains($0) && $0 != revision }
    if let revision { updated.append(revision) }
    let assignments = updated.map { column in
      guard isGuarded, let revision else {
        return "\(column.quoted) = \(dialect.incoming(column))"
      }
      let isNewer = "\(dialect.incoming(revision)) >= \(current(revision))"
      return "\(column.quoted) = IF(\(isNewer), \(dialect.incoming(column)), \(current(column)))"
    }
    return UpsertShape(
      table: name, columns: columns.map(\.name), update: assignments.joined(separator: ", "))
  }
}

/// A topic of emissions and the table that it goes to.
public struct SyncStream: Hashable, Sendable {
  enum Shape: Hashable, Sendable {
    /// Hours over all stations, in the form of the system that moaa replaces.
    case hours
    case stationHours
  }

  public let topic: String
  let shape: Shape

  /// Hours over all stations → `real_time_tmp_by_hour`.
  public static func hours(topic: String) -> SyncStream {
    SyncStream(topic: topic, shape: .hours)
  }

  /// Hours of each station → `real_time_tmp_by_station_hour`.
  public static func stationHours(topic: String) -> SyncStream {
    SyncStream(topic: topic, shape: .stationHours)
  }

  public var tableName: String { table.name.name }

  var table: TargetTable { shape == .hours ? Self.hourTable : Self.stationHourTable }

  private static let hourTable = TargetTable(
    name: Identifier(literal: "real_time_tmp_by_hour"),
    columns: [
      Column("reported_hour", .datetime, "DATETIME"),
      Column("mean_tmp", .figure(decimalCountMin: 4), "FLOAT"),
      Column("min_tmp", .figure(decimalCountMin: 1), "FLOAT"),
      Column("max_tmp", .figure(decimalCountMin: 1), "FLOAT"),
    ], key: [Identifier(literal: "reported_hour")], surrogate: Identifier(literal: "id"))

  private static let stationHourTable = TargetTable(
    name: Identifier(literal: "real_time_tmp_by_station_hour"),
    columns: [
      Column(
        "station", .text(byteCountMin: 11), "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
      Column("reported_hour", .datetime, "DATETIME"),
      Column("observation_count", .integer(digitCountMin: 9), "BIGINT"),
      Column("mean_tmp", .figure(decimalCountMin: 4), "FLOAT"),
      Column("min_tmp", .figure(decimalCountMin: 1), "FLOAT"),
      Column("max_tmp", .figure(decimalCountMin: 1), "FLOAT"),
      Column("revision", .integer(digitCountMin: 9), "BIGINT"),
      Column("final", .integer(digitCountMin: 2), "BOOLEAN"),
    ], key: [Identifier(literal: "station"), Identifier(literal: "reported_hour")],
    revision: Identifier(literal: "revision"))

  func emptyBlock() -> RowBlock {
    switch shape {
    case .hours: RowBlock([.datetime, .double, .double, .double])
    case .stationHours:
      RowBlock([.text, .datetime, .integer, .double, .double, .double, .integer, .integer])
    }
  }

  func append(_ result: WindowResult, to block: inout RowBlock) {
    let hour = MySQLDateTime(Timestamp(secondsSinceEpoch: result.hour * 3600))
    let accumulator = result.accumulator
    let mean = Double(accumulator.meanMillionths) / 1_000_000
    let min = Double(accumulator.minTenths) / 10
    let max = Double(accumulator.maxTenths) / 10
    switch shape {
    case .hours:
      block.append(hour, to: 0)
      block.append(mean, to: 1)
      block.append(min, to: 2)
      block.append(max, to: 3)
    case .stationHours:
      block.append(String(decoding: result.key, as: UTF8.self), to: 0)
      block.append(hour, to: 1)
      block.append(accumulator.count, to: 2)
      block.append(mean, to: 3)
      block.append(min, to: 4)
      block.append(max, to: 5)
      block.append(result.revision, to: 6)
      block.append(Int64(result.isFinal ? 1 : 0), to: 7)
    }
  }

  /// Of the years 0 to 9999.
  private static let datetimeHours: Range<Int64> = -17_268_672..<70_389_528

  /// Why a result can be no row; nil when it can.
  func misfit(_ result: WindowResult) -> String? {
    guard result.key.isEmpty == (shape == .hours) else {
      return shape == .hours ? "it is an hour of one station" : "it has no station"
    }
    guard Self.datetimeHours.contains(result.hour) else { return "no DATETIME has its year" }
    // Servers compare text without regard to blanks at its end.
    if result.key.last == UInt8(ascii: " ") { return "its station id ends with a blank" }
    if String(validating: result.key, as: UTF8.self) == nil { return "its station id is not UTF-8" }
    return nil
  }
}
