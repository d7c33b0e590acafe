// The two tables of hours, and made-up rows for them, sorted by key.

import MySQLSync
import Observations

enum MySQLBenchTable: String {
  /// real_time_tmp_by_hour of the wire contract, with its `id`.
  case wire
  /// real_time_tmp_by_station_hour.
  case station

  var name: Identifier {
    switch self {
    case .wire: Identifier(literal: "real_time_tmp_by_hour")
    case .station: Identifier(literal: "real_time_tmp_by_station_hour")
    }
  }

  var createStatement: String {
    let figures = "mean_tmp FLOAT NOT NULL, min_tmp FLOAT NOT NULL, max_tmp FLOAT NOT NULL"
    switch self {
    case .wire:
      return "CREATE TABLE \(name.quoted) (id INT AUTO_INCREMENT PRIMARY KEY, "
        + "reported_hour DATETIME UNIQUE NOT NULL, \(figures)) ENGINE=InnoDB;"
    case .station:
      return "CREATE TABLE \(name.quoted) (station VARCHAR(64) COLLATE utf8mb4_bin NOT NULL, "
        + "reported_hour DATETIME NOT NULL, observation_count BIGINT NOT NULL, \(figures), "
        + "revision BIGINT NOT NULL, final BOOLEAN NOT NULL, PRIMARY KEY (station, reported_hour)) "
        + "ENGINE=InnoDB;"
    }
  }

  private static let hour = Identifier(literal: "reported_hour")
  private static let temperatures = [
    Identifier(literal: "mean_tmp"), Identifier(literal: "min_tmp"), Identifier(literal: "max_tmp"),
  ]
  private static let counters = [
    Identifier(literal: "revision"), Identifier(literal: "final"),
  ]

  var columns: [Identifier] {
    switch self {
    case .wire: [Self.hour] + Self.temperatures
    case .station:
      [Identifier(literal: "station"), Self.hour, Identifier(literal: "observation_count")]
        + Self.temperatures + Self.counters
    }
  }

  var types: [RowBlock.ColumnType] {
    switch self {
    case .wire: [.datetime, .double, .double, .double]
    case .station: [.text, .datetime, .integer, .double, .double, .double, .integer, .integer]
    }
  }

  /// All but the keys.
  var figures: [Identifier] { columns.filter { !Self.keys.contains($0) } }

  private static let keys = [Identifier(literal: "station"), hour]

  func shape(_ dialect: ServerDialect) -> UpsertShape {
    UpsertShape(
      table: name, columns: columns,
      update: figures.map { "\($0.quoted) = \(dialect.incoming($0))" }.joined(separator: ", "))
  }

  private static let hoursPerStation = 1000
  private static let firstHour: Int64 = 350_640

  private func time(_ row: Int) -> Timestamp {
    let hour = self == .wire ? row : row % Self.hoursPerStation
    return Timestamp(secondsSinceEpoch: (Self.firstHour + Int64(hour)) * 3600)
  }

  private static func station(_ row: Int) -> String { "\(72_300_000_000 + row / hoursPerStation)" }

  /// Mean in millionths of a degree; every round has others.
  private static func mean(_ row: Int, _ round: Int) -> Int64 {
    Int64((row &* 7919) % 50_000_000) - 20_000_000 + Int64(round) * 100_000
  }

  func append(_ row: Int, _ round: Int, to block: inout RowBlock) {
    let mean = Double(Self.mean(row, round)) / 1_000_000
    var column = 0
    if self == .station {
      block.append(Self.station(row), to: 0)
      column = 1
    }
    block.append(MySQLDateTime(time(row)), to: column)
    if self == .station {
      block.append(Int64(3), to: 2)
      column = 2
    }
    block.append(mean, to: column + 1)
    block.append(mean - 1, to: column + 2)
    block.append(mean + 1, to: column + 3)
    if self == .station {
      block.append(Int64(round + 1), to: 6)
      block.append(Int64(1), to: 7)
    }
  }

  /// The same values as SQL and LOAD DATA take them.
  func texts(_ row: Int, _ round: Int) -> [String] {
    let mean = Double(Self.mean(row, round)) / 1_000_000
    let figures = ["\(mean)", "\(mean - 1)", "\(mean + 1)"]
    let time = "\(MySQLDateTime(time(row)))"
    switch self {
    case .wire: return [time] + figures
    case .station: return [Self.station(row), time, "3"] + figures + ["\(round + 1)", "1"]
    }
  }
}
