// Hours of a store beside those of a target: what `moaa sync mysql --check` and `--repair` do.

import Aggregation
import Arguments
import LogStore
import MySQLSync
import Pipeline

enum MySQLCheck {
  static let options: [Option] = [
    .flag("check", "Compare the target with the store, and name what differs."),
    .flag("repair", "Compare, and send again what differs, and nothing else."),
  ]

  /// Compares a table of hours, prints those that differ, and with `repairs` upserts them.
  static func hours(
    _ table: HoursTable, repairs: Bool, _ store: LogStore, _ link: TargetLink
  ) throws -> ExitCode {
    // Before the view: it notes how far the target is.
    let check = try HoursCheck(table, link: link)
    let keys: HourSelection.Keys =
      table == .allStations ? .allStationsTogether : .everyStation
    let differences = DifferenceList()
    let outcome = try store.read { view in
      try check.run(
        hours: { days, body in
          let selection = HourSelection(
            keys, fromHour: days.map { $0.lowerBound * 24 },
            untilHour: days.map { ($0.upperBound + 1) * 24 })
          try HourlyResults.forEach(selection, in: view) { hour in
            if Interruption.isRequested { throw StoreError.interrupted }
            try body(
              WindowResult(
                key: hour.key, hour: hour.hour, accumulator: hour.accumulator,
                revision: hour.revision, isFinal: hour.isFinal))
          }
        }, repairs: repairs,
        store: CheckedStore(
          storeID: store.id, topic: table.topic, position: check.positionOffset, in: view),
        onDifference: { try differences.add($0.description) })
    }
    Message.plain(
      "\(table.rawValue): \(NumberText.count(Int64(outcome.rowCount), "hour")) in "
        + "\(NumberText.count(Int64(outcome.dayCount), "day")) compared, "
        + "\(NumberText.count(Int64(outcome.differingDayCount), "day")) with differences; "
        + summary(outcome))
    try differences.finish()
    return outcome.isComplete ? .success : .checkFailed
  }

  static func summary(_ outcome: CheckOutcome) -> String {
    var text =
      "\(NumberText.grouped(Int64(outcome.missingCount))) missing and "
      + "\(NumberText.grouped(Int64(outcome.differentCount))) different in the target"
    if outcome.repairedCount > 0 {
      text += ", \(NumberText.grouped(Int64(outcome.repairedCount))) repaired"
    }
    if outcome.unfitCount > 0 {
      text += "; \(NumberText.grouped(Int64(outcome.unfitCount))) that it cannot hold"
    }
    if outcome.onlyInTargetCount > 0 {
      text += "; \(NumberText.count(Int64(outcome.onlyInTargetCount), "row")) only there, kept"
    }
    return text
  }
}

/// Differences on their way to standard output, printed once nothing waits for it.
final class DifferenceList {
  private let output = OutputSpool()

  func add(_ text: String) throws {
    output.append(text + "\n")
    try output.spillIfLarge()
  }

  func finish() throws { try output.writeOut() }
}
