// The table of a result set in a target.

import Aggregation

/// A table's name and columns. Those that are keys come first, and are its primary key.
public struct ResultSetTable: Hashable, Sendable {
  struct Column: Hashable, Sendable {
    let name: Identifier
    let type: TargetType
    let isKey: Bool
    let isNullable: Bool
    /// A season stands as its English name, in the order of a year.
    var isSeason = false
  }

  public let name: Identifier
  /// nil: `stations`.
  public let set: ResultSet?
  let columns: [Column]

  /// The table of a result set: its name and columns, with underscores for hyphens.
  public init(_ set: ResultSet) {
    name = Self.identifier(set.rawValue)
    self.set = set
    columns = set.columns.map { column in
      let (type, isNullable) = Self.type(of: column.figure)
      return Column(
        name: Self.identifier(column.name), type: type, isKey: column.figure.isKey,
        isNullable: isNullable, isSeason: column.figure == .season)
    }
  }

  private init(name: Identifier, columns: [Column]) {
    self.name = name
    set = nil
    self.columns = columns
  }

  /// Where each station was last; rows as `RollUps.latestPlaces` gives them.
  public static let stations = ResultSetTable(
    name: Identifier(literal: "stations"),
    columns: [
      Column(
        name: Identifier(literal: "station_id"), type: stationType, isKey: true, isNullable: false),
      Column(name: Identifier(literal: "name"), type: cityType, isKey: false, isNullable: true),
      Column(
        name: Identifier(literal: "latitude"), type: coordinateType, isKey: false, isNullable: true),
      Column(
        name: Identifier(literal: "longitude"), type: coordinateType, isKey: false,
        isNullable: true),
      Column(
        name: Identifier(literal: "elevation"), type: millionthsType, isKey: false,
        isNullable: true),
    ])

  var keys: [Column] { columns.filter(\.isKey) }

  /// Makes the table; what a plan shows.
  public var createStatement: String {
    let lines =
      columns.map { "  \($0.name.quoted) \($0.type.sql)\($0.isNullable ? "" : " NOT NULL")" }
      + ["  PRIMARY KEY (\(keys.map(\.name.quoted).joined(separator: ", ")))"]
    return
      "CREATE TABLE \(name.quoted) (\n\(lines.joined(separator: ",\n"))\n) ENGINE=InnoDB "
      + "DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
  }

  /// Rows by key: a row that is there takes all figures of the new one.
  func upsert(for dialect: ServerDialect) -> UpsertShape {
    let figures = columns.filter { !$0.isKey }.map(\.name)
    return UpsertShape(
      table: name, columns: columns.map(\.name),
      update: figures.map { "\($0.quoted) = \(dialect.incoming($0))" }.joined(separator: ", "))
  }

  // MARK: Types

  private static let stationType = TargetType.text(charactersMax: 64)
  private static let cityType = TargetType.text(charactersMax: 255)
  /// Degrees Celsius, and metres.
  private static let millionthsType = TargetType.decimal(digits: 11, decimals: 6)
  private static let tenthsType = TargetType.decimal(digits: 5, decimals: 1)
  private static let coordinateType = TargetType.decimal(digits: 9, decimals: 6)

  private static func type(
    of figure: ResultColumn.Figure
  ) -> (type: TargetType, isNullable: Bool) {
    switch figure {
    case .station: (stationType, false)
    case .city: (cityType, false)
    case .hour: (.datetime, false)
    case .day: (.date, false)
    case .year, .month, .dayOfMonth: (.integer, false)
    case .season: (.text(charactersMax: 6), false)
    case .count: (.bigInteger, false)
    case .min, .max: (tenthsType, false)
    case .mean: (millionthsType, false)
    case .meanDew, .meanElevation: (millionthsType, true)
    case .latitude, .longitude: (coordinateType, true)
    }
  }

  /// - Precondition: `name` is one of ours.
  private static func identifier(_ name: String) -> Identifier {
    guard let identifier = try? Identifier(name.replacing("-", with: "_")) else {
      preconditionFailure("no identifier: \(name)")
    }
    return identifier
  }
}
