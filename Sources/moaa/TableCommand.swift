// `moaa tables` and `moaa table`: what backfill has made.

import Aggregation
import Arguments
import LogStore
import Observations
import Pipeline

enum TablesCommand: Subcommand {
  static let declaration = Command(
    "tables", "List the tables that `moaa table` can show.", options: [CommonOptions.format],
    discussion: """
      The first are moaa's own, for `moaa backfill --by`; the others have the names and columns of the \
      batch layer that moaa replaces.
      """)

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    var table = ResultTable(CommonOptions.outputFormat(arguments), ["table", "columns"])
    for set in ResultSet.allCases {
      try table.add([
        .text(set.rawValue), .text(set.columns.map(\.name).joined(separator: ",")),
      ])
    }
    try table.finish()
    return .success
  }
}

enum TableCommand: Subcommand {
  static let declaration = Command(
    "table", "Show a table of what was backfilled.",
    positionals: [Positional("NAME", .one, "A table, as `moaa tables` lists them.")],
    options: [
      TableOptions.weight, TableOptions.seasons, CommonOptions.format, CommonOptions.store,
    ],
    discussion: """
      °C and UTC; min and max with one decimal, means with six, rounded half to even from integers. \
      Rows are sorted by their key columns.
      """,
    examples: [
      "moaa table month", "moaa table mean_temperatures_by_season --seasons quarter --format csv",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let sets = try TableOptions.sets(arguments.positionals("NAME")[0])
    let store = try CommonOptions.openStore(arguments, .readOnly)
    defer { store.close() }
    guard try store.read({ try BackfillResults.rule($0) }) != nil else {
      throw TableOptions.nothingBackfilled(store)
    }
    TableOptions.warn(
      ofShared: try TableOptions.show(
        sets, arguments, threadCount: BackfillOptions.coreCount, store))
    return .success
  }
}

/// What the commands that show tables have in common.
enum TableOptions {
  static let weight = Option.value(
    "weight", "RULE",
    "What a mean is over: `reports`, or `stations`, each of which counts once an hour.",
    default: "reports", choices: Weight.allCases.map(\.rawValue))
  static let seasons = Option.value(
    "seasons", "RULE",
    "`meteorological`: December to February and so on, December counting to the next year, named by the "
      + "hemisphere of the station; `quarter`: January to March is Winter, as in the replaced system.",
    default: "meteorological", choices: SeasonRule.allCases.map(\.rawValue))

  /// moaa's own tables; those of the replaced system have names with underscores.
  static var ownNames: [String] {
    ResultSet.allCases.map(\.rawValue).filter { !$0.contains("_") }
  }

  /// Names with commas between.
  static func sets(_ text: String) throws(UsageError) -> [ResultSet] {
    var sets: [ResultSet] = []
    for name in text.split(separator: ",") {
      guard let set = ResultSet(rawValue: String(name)) else {
        throw UsageError(message: "'\(name)' is not a table: `moaa tables` lists them")
      }
      if !sets.contains(set) { sets.append(set) }
    }
    // Such as a script's unset variable.
    guard !sets.isEmpty else {
      throw UsageError(message: "a table's name is empty: `moaa tables` lists them")
    }
    return sets
  }

  /// What makes tables by the choices of a command that declares `weight` and `seasons`.
  static func maker(
    _ arguments: ParsedArguments, threadCount: Int = BackfillOptions.coreCount
  ) -> BackfillTables {
    BackfillTables(
      weight: arguments.value("weight").flatMap { Weight(rawValue: $0) } ?? .reports,
      seasons: arguments.value("seasons").flatMap { SeasonRule(rawValue: $0) } ?? .meteorological,
      threadCount: threadCount, shouldStop: { Interruption.isRequested })
  }

  static func nothingBackfilled(_ store: LogStore) -> StoreError {
    StoreError(
      .unknown, "nothing has been backfilled in \(store.path) yet",
      remedy: "Run `moaa backfill PATH...` first")
  }

  /// Shows tables, with the rule that they were made under on standard error.
  /// - Returns: how many station-hours come from more than one content.
  static func show(
    _ sets: [ResultSet], _ arguments: ParsedArguments, threadCount: Int, _ store: LogStore
  ) throws -> Int {
    let maker = maker(arguments, threadCount: threadCount)
    guard !sets.isEmpty else { return 0 }
    var writer = TableSetWriter(CommonOptions.outputFormat(arguments), isOne: sets.count == 1)
    var sharedHourCount = 0
    let rule = try store.read { view -> BackfillRule? in
      guard let made = try maker.make(Set(sets.filter { $0 != .stationHour }), in: view) else {
        return nil
      }
      sharedHourCount = made.sharedHourCount
      for set in sets {
        writer.begin(set)
        if set == .stationHour {
          try writer.addStationHours(maker, in: view)
        } else {
          try made.tables.rows(of: set) { try writer.add($0) }
        }
        writer.end()
      }
      return made.tables.rule
    }
    try writer.finish()
    if let rule {
      Message.plain(
        "quality \(rule.quality.rawValue), reports \(rule.reports.rawValue), weight "
          + "\(maker.weight.rawValue), seasons \(maker.seasons.rawValue)")
    }
    return sharedHourCount
  }

  static func warn(ofShared hourCount: Int) {
    guard hourCount > 0 else { return }
    Message.warning(
      "\(NumberText.count(Int64(hourCount), "hour")) of a station come from more than one file: where "
        + "these are versions of one file, reports count twice")
  }
}
