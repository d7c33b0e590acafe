// Tables of a backfill into MySQL: what `moaa sync mysql --tables` does.

import Aggregation
import Arguments
import LogStore
import MySQLSync
import Pipeline

enum MySQLTables {
  static let option = Option.value(
    "tables", "NAMES",
    "Send tables of the backfill instead of a topic: names with commas between, as `moaa tables` "
      + "lists them, `stations`, or `all`.")

  /// Which tables are asked for.
  struct Choice {
    var sets: [ResultSet] = []
    var hasStations = false

    var tables: [ResultSetTable] {
      sets.map(ResultSetTable.init) + (hasStations ? [.stations] : [])
    }
  }

  private static let stationsName = "stations"

  static func choice(_ text: String) throws(UsageError) -> Choice {
    if text == "all" { return Choice(sets: ResultSet.allCases, hasStations: true) }
    let names = text.split(separator: ",", omittingEmptySubsequences: false)
    let others = names.filter { $0 != stationsName }
    return Choice(
      sets: others.isEmpty ? [] : try TableOptions.sets(others.joined(separator: ",")),
      hasStations: names.count > others.count)
  }

  /// A connection for these commands, made again when it is lost.
  static func link(_ settings: MySQLSettings) -> TargetLink {
    TargetLink(
      shouldStop: { Interruption.isRequested },
      onRetry: { Message.warning("trying again: \($0)") }
    ) {
      () throws(MySQLFailure) in try MySQLConnection(settings)
    }
  }

  /// Prints which tables are there, and the statements that would make the others.
  static func plan(
    _ choice: Choice, _ store: LogStore, _ link: TargetLink
  ) throws -> ExitCode {
    var text = ""
    var isFit = true
    if let statement = try link.run({ try TableOwner.missing(in: $0) }) {
      text += "table moaa_sync is missing; to be run:\n\(statement);\n"
    }
    for table in choice.tables {
      switch try link.run({ try table.state(in: $0) }) {
      case .ready:
        text += "table \(table.name) is there and fits\n"
        let owner = TableOwner(table, storeID: store.id)
        if let obstacle = try link.run({ try owner.obstacle(in: $0) }) {
          text += "nothing would be sent to it without --adopt: \(obstacle)\n"
        }
      case .missing:
        text += "table \(table.name) is missing; to be run:\n\(table.createStatement);\n"
      case .unfit(let failure):
        isFit = false
        text += "table \(table.name) does not fit: \(failure)\n"
      }
    }
    try StandardOutput.write(text)
    return isFit ? .success : .failure
  }

  /// Makes the tables that are missing, says so, and upserts all rows.
  ///
  /// - Parameters:
  ///   - arguments: of a command that declares `TableOptions.weight` and `TableOptions.seasons`.
  ///   - store: opened for writing if bad rows are to be kept.
  ///   - keepsBadRows: whether a row that a table cannot hold goes to quarantine and is passed over.
  static func send(
    _ choice: Choice, _ arguments: ParsedArguments, _ store: LogStore, _ link: TargetLink,
    keepsBadRows: Bool
  ) throws -> ExitCode {
    let results = try StoredTables(choice, arguments, store)
    if let statement = try link.run({ try TableOwner.missing(in: $0) }) {
      Message.plain("running: \(statement);")
      try link.run { try TableOwner.create(in: $0) }
    }
    for table in choice.tables {
      if case .missing = try link.run({ try table.state(in: $0) }) {
        Message.plain("running: \(table.createStatement);")
        try link.run { _ = try table.create(in: $0) }
      }
      // Of all tables before the first row goes.
      let owner = TableOwner(table, storeID: store.id)
      let adopts = arguments.flag("adopt")
      if adopts, try link.run({ try owner.obstacle(in: $0) }) != nil {
        Message.plain("\(table.name): taking over what others have filled")
      }
      try link.transaction { try owner.claim(adopts: adopts, in: $0) }
    }
    var refusedCount = 0
    for table in choice.tables {
      let stopwatch = Stopwatch()
      var refused: [TableSync.RefusedRow] = []
      let outcome = try TableSync.run(
        TableOwner(table, storeID: store.id), rows: stopping(results.rows(of: table)), link: link
      ) {
        guard keepsBadRows, refused.count < refusedCountMax else {
          throw RefusedTableRow(words: $0.description)
        }
        Message.warning("refused: \($0)")
        refused.append($0)
      }
      // Only now: the rows come from a view of the store, in which nothing may be written.
      try keep(refused, in: store)
      refusedCount += outcome.refusedCount
      Message.plain(
        "\(table.name): \(NumberText.count(Int64(outcome.rowCount), "row")) sent"
          + (outcome.affectedCount == 0 ? ", nothing had changed" : "") + ", "
          + InputReport.secondsText(stopwatch.seconds))
    }
    return refusedCount > 0 ? .inputRefused : .success
  }

  /// A table that refuses more rows than this has a fault of its own.
  private static let refusedCountMax = 1000

  private static func keep(_ rows: [TableSync.RefusedRow], in store: LogStore) throws {
    let packer = BatchPacker()
    for row in rows {
      Array(row.description.utf8).withUnsafeBytes {
        packer.append(
          eventTime: 0, key: nil, value: $0,
          headers: [
            RecordHeader(QuarantineHeader.reason, "refused-by-target"),
            RecordHeader("table", row.table.name),
          ])
      }
    }
    guard !rows.isEmpty else { return }
    let batches = packer.take()
    try store.write { transaction in
      try transaction.createTopic(TopicName.quarantine, retention: Retention(milliseconds: nil))
      for batch in batches { try transaction.append(batch, to: TopicName.quarantine) }
    }
  }

  /// Compares all rows, prints those that differ, and with `repairs` upserts them.
  static func check(
    _ choice: Choice, repairs: Bool, _ arguments: ParsedArguments, _ store: LogStore,
    _ link: TargetLink
  ) throws -> ExitCode {
    let results = try StoredTables(choice, arguments, store)
    let differences = DifferenceList()
    var areSame = true
    for table in choice.tables {
      let outcome = try TableCheck.run(
        TableOwner(table, storeID: store.id), rows: stopping(results.rows(of: table)), link: link,
        repairs: repairs,
        onRefused: { Message.warning("refused: \($0)") }
      ) { try differences.add($0.description) }
      areSame = areSame && outcome.isComplete
      Message.plain(
        "\(table.name): \(NumberText.count(Int64(outcome.rowCount), "row")) compared, "
          + MySQLCheck.summary(outcome))
    }
    try differences.finish()
    return areSame ? .success : .checkFailed
  }

  /// The rows, until the command is interrupted.
  private static func stopping(_ rows: @escaping TableSync.Rows) -> TableSync.Rows {
    { body in
      try rows { row in
        if Interruption.isRequested { throw StoreError.interrupted }
        try body(row)
      }
    }
  }
}

/// The end of sending tables at a row that one of them does not take.
struct RefusedTableRow: Error, CustomStringConvertible {
  let words: String

  var description: String {
    "\(words). What was committed before stays. Mend what refuses it; with --on-bad-row quarantine "
      + "such rows are kept in topic \(TopicName.quarantine) and passed over, up to a thousand of them"
  }
}

/// Tables of the store's backfill: of one view, but for `station-hour`, which has its own.
private struct StoredTables {
  private let store: LogStore
  private let maker: BackfillTables
  private let tables: RollUps

  init(_ choice: MySQLTables.Choice, _ arguments: ParsedArguments, _ store: LogStore) throws {
    self.store = store
    let maker = TableOptions.maker(arguments)
    self.maker = maker
    var sets = Set(choice.sets.filter { $0 != .stationHour })
    if choice.hasStations { sets.insert(.stationYear) }
    guard let made = try store.read({ try maker.make(sets, in: $0) }) else {
      throw TableOptions.nothingBackfilled(store)
    }
    tables = made.tables
  }

  func rows(of table: ResultSetTable) -> TableSync.Rows {
    guard let set = table.set else { return tables.latestPlaces }
    guard set == .stationHour else { return { try tables.rows(of: set, $0) } }
    return { body in try store.read { try maker.forEachStationHour(in: $0, body) } }
  }
}
