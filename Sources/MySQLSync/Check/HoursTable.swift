// The two tables of hours.

import Aggregation

/// A table that hours are carried into (wire contract), and what of it is compared.
public enum HoursTable: String, Hashable, Sendable, CaseIterable {
  case allStations = "real_time_tmp_by_hour"
  case byStation = "real_time_tmp_by_station_hour"

  /// The topic whose emissions it takes: the name of its stream in `moaa_sync`.
  public var topic: String {
    switch self {
    case .allStations: "agg_probes_results"
    case .byStation: "agg_probes_results_by_station"
    }
  }

  public var name: Identifier {
    switch self {
    case .allStations: Identifier(literal: "real_time_tmp_by_hour")
    case .byStation: Identifier(literal: "real_time_tmp_by_station_hour")
    }
  }

  static let station = Identifier(literal: "station")
  static let hour = Identifier(literal: "reported_hour")
  static let count = Identifier(literal: "observation_count")
  static let revision = Identifier(literal: "revision")
  static let final = Identifier(literal: "final")
  /// mean, min, max.
  static let figures = [
    Identifier(literal: "mean_tmp"), Identifier(literal: "min_tmp"), Identifier(literal: "max_tmp"),
  ]

  var keys: [Identifier] {
    switch self {
    case .allStations: [Self.hour]
    case .byStation: [Self.station, Self.hour]
    }
  }

  /// Those that are written.
  var columns: [Identifier] {
    switch self {
    case .allStations: keys + Self.figures
    case .byStation: keys + [Self.count] + Self.figures + [Self.revision, Self.final]
    }
  }

  var blockTypes: [RowBlock.ColumnType] {
    switch self {
    case .allStations: [.datetime, .double, .double, .double]
    case .byStation:
      [.text, .datetime, .integer, .double, .double, .double, .integer, .integer]
    }
  }

  /// An hour as it is written.
  func values(of hour: WindowResult) -> [MySQLValue] {
    let time = MySQLDateTime(hour.startTime)
    let figures = hour.figuresMillionths.map {
      MySQLValue.double(FigureType.degrees(ofMillionths: $0))
    }
    switch self {
    case .allStations: return [.datetime(time)] + figures
    case .byStation:
      return [.text(String(decoding: hour.key, as: UTF8.self)), .datetime(time)]
        + [.integer(hour.accumulator.count)] + figures
        + [.integer(hour.revision), .integer(hour.isFinal ? 1 : 0)]
    }
  }

  /// Takes a row over in full, whatever is there.
  func repair(for dialect: ServerDialect) -> UpsertShape {
    let others = columns.filter { !keys.contains($0) }
    return UpsertShape(
      table: name, columns: columns,
      update: others.map { "\($0.quoted) = \(dialect.incoming($0))" }.joined(separator: ", "))
  }
}
