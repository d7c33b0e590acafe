// All of a store that must not depend on crashes, batches or who else was at work.

import Testing

/// What the program says of a store, as text to compare.
struct StoreContents: Equatable {
  /// The raw topic: offset, kind, event time, key and value of every record.
  let raw: [String]
  /// The aggregate topics.
  let emissions: [String]
  /// In any order: ingest and aggregation share the topic, and `run` does both at once.
  let quarantine: [String]
  let hours: String
  let hoursByStation: String
  let resultHash: String

  init(_ store: String) throws {
    raw = try Self.records("raw_probes_results", store)
    emissions =
      try Self.records("agg_probes_results", store)
      + Self.records("agg_probes_results_by_station", store)
    quarantine = try Self.records("quarantine", store).map { Self.withoutOffset($0) }.sorted()
    hours = try Self.output("hours", "--format", "csv", "--store", store)
    hoursByStation = try Self.output("hours", "--by-station", "--format", "csv", "--store", store)
    let replay = try Self.output("replay", "--verify", "--format", "csv", "--store", store)
    resultHash = try #require(
      replay.split(separator: ",").first { $0.utf8.count == 64 }.map { String($0) })
  }

  /// The lines of `log dump` as a table: everything but the append time, which is the clock's.
  private static func records(_ topic: String, _ store: String) throws -> [String] {
    try output("log", "dump", topic, "--store", store).split(separator: "\n").map(String.init)
  }

  private static func withoutOffset(_ line: String) -> String {
    String(line.drop { $0.isNumber })
  }

  private static func output(_ words: String...) throws -> String {
    let outcome = try MoaaProcess(words).finish()
    try #require(outcome.status == 0, "\(words): \(outcome.errors)")
    return outcome.output
  }
}

/// Claims that two stores hold the same, and says where they differ first.
func expectSame(
  _ store: StoreContents, as undisturbed: StoreContents, _ comment: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  func compare(_ name: String, _ mine: [String], _ theirs: [String]) {
    guard mine != theirs else { return }
    let place = zip(mine, theirs).enumerated().first { $0.element.0 != $0.element.1 }
    Issue.record(
      """
      \(comment): \(name) differ, \(mine.count) lines and \(theirs.count)
        here:        \(place?.element.0 ?? "the end")
        undisturbed: \(place?.element.1 ?? "the end")
      """, sourceLocation: sourceLocation)
  }
  compare("raw records", store.raw, undisturbed.raw)
  compare("emissions", store.emissions, undisturbed.emissions)
  compare("quarantined records", store.quarantine, undisturbed.quarantine)
  #expect(store.hours == undisturbed.hours, "\(comment)", sourceLocation: sourceLocation)
  #expect(
    store.hoursByStation == undisturbed.hoursByStation, "\(comment)",
    sourceLocation: sourceLocation)
  #expect(store.resultHash == undisturbed.resultHash, "\(comment)", sourceLocation: sourceLocation)
}

/// Claims that every byte of a store is as it was written.
func expectWhole(
  _ store: String, _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let verified = try moaa("log", "verify", "--deep", "--store", store)
  #expect(verified.status == 0, "\(comment): \(verified.errors)", sourceLocation: sourceLocation)
}
