// All that a backfill leaves in a store and that must not depend on crashes, threads or order.

import Testing

/// What the program says of it, as text to compare.
struct BackfillContents: Equatable {
  /// CSV by name of the table.
  let tables: [String: String]
  let hours: String
  let hoursByStation: String
  /// In any order, which is that of the threads.
  let quarantine: [String]

  init(_ store: String) throws {
    let names = try Self.output(["tables", "--format", "csv"], store: nil)
      .split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "," }) }
    try #require(names.count > 8)
    tables = try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Self.output(["table", $0], store: store)) })
    hours = try Self.output(["hours", "--results", "backfill"], store: store)
    hoursByStation = try Self.output(
      ["hours", "--results", "backfill", "--by-station"], store: store)
    quarantine = try quarantinedRows(store)
  }

  private static func output(_ words: [String], store: String?) throws -> String {
    let place = store.map { ["--format", "csv", "--store", $0] } ?? []
    let outcome = try MoaaProcess(words + place).finish()
    try #require(outcome.status == 0, "\(words): \(outcome.errors)")
    return outcome.output
  }
}

/// What the quarantine topic holds of files, as lines without offsets, sorted. What an aggregation refused
/// has no file.
func quarantinedRows(_ store: String) throws -> [String] {
  let dump = try moaa("log", "dump", "quarantine", "--store", store)
  try #require(dump.status == 0, "\(dump.errors)")
  return dump.lines.filter { $0.contains("  reason=") && $0.contains(" file=") }
    .map { String($0.drop { $0.isNumber }) }.sorted()
}

/// Claims that two stores hold the same, and says which part differs.
func expectSame(
  _ store: BackfillContents, as undisturbed: BackfillContents, _ comment: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  for (name, table) in undisturbed.tables where store.tables[name] != table {
    Issue.record("\(comment): table \(name) differs", sourceLocation: sourceLocation)
  }
  #expect(store.hours == undisturbed.hours, "\(comment)", sourceLocation: sourceLocation)
  #expect(
    store.hoursByStation == undisturbed.hoursByStation, "\(comment)",
    sourceLocation: sourceLocation)
  #expect(store.quarantine == undisturbed.quarantine, "\(comment)", sourceLocation: sourceLocation)
}
