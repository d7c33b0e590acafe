// Work on a store that is killed over and over, and begun again until it ends by itself.

import Glibc
import TestSupport
import Testing

/// One store on its way from files to hours or tables.
struct Attempt {
  let store: String
  /// Every command is killed within about this time; nil leaves them in peace.
  let patience: UInt32?
  private var generator: SeededGenerator
  private(set) var killCount = 0
  /// How far the work had come where a kill was looked at.
  private(set) var positions = Set<String>()
  /// How long the longest command took, in microseconds.
  private(set) var longest: UInt32 = 0
  private var hasStore = false

  init(store: String, patience: UInt32?, seed: UInt64) {
    self.store = store
    self.patience = patience
    generator = SeededGenerator(seed: seed)
  }

  mutating func work(_ way: KillTests.Way, _ files: String) throws {
    let ingest = ["ingest", files, "--commit-records", "15", "--store", store]
    let aggregate = ["aggregate", "--commit-records", "15", "--store", store]
    switch way {
    case .run:
      try untilDone([["run", files, "--commit-records", "15", "--store", store]])
    case .ingestThenAggregate:
      try untilDone([ingest])
      try untilDone([aggregate])
    case .ingestWhileAggregating:
      try untilDone([ingest, aggregate])
      try untilDone([aggregate])
    }
  }

  /// On one thread, so that there is a middle to be killed in; halted now and then, because a backfill that
  /// has not committed for a second does so with the next file.
  mutating func backfill(_ files: String) throws {
    try untilDone(
      [["backfill", files, "--threads", "1", "--store", store]], haltMicroseconds: 1_100_000,
      position: Self.contentCount)
  }

  /// Starts the commands together, and kills them at random instants, until all end by themselves.
  /// - Parameters:
  ///   - halt: for how long every other process is halted at a random instant.
  ///   - position: says how far a store has come.
  private mutating func untilDone(
    _ commands: [[String]], haltMicroseconds halt: UInt32 = 0,
    position: (_ store: String) throws -> String = Self.offsets
  ) throws {
    var tries: UInt32 = 0
    while true {
      let started = Self.now()
      let processes = try commands.map { try MoaaProcess($0) }
      if let patience {
        // More and more patience, so that this ends even where starting takes most of the time.
        let limit = patience / 2 + tries * patience / 10
        for process in processes {
          usleep(UInt32.random(in: 0...limit, using: &generator))
          if halt > 0, generator.oneIn(2) {
            process.signal(SIGSTOP)
            usleep(halt)
            process.signal(SIGCONT)
            usleep(UInt32.random(in: 0...limit, using: &generator))
          }
          process.signal(SIGKILL)
        }
        tries += 1
      }
      let outcomes = processes.map { $0.finish() }
      longest = max(longest, Self.now() &- started)
      let kills = outcomes.count { $0.status == -SIGKILL }
      // 1: rows were refused, now or in an earlier try.
      for outcome in outcomes where ![-SIGKILL, 0, 1].contains(outcome.status) {
        Issue.record("exit code \(outcome.status): \(outcome.errors)")
      }
      killCount += kills
      if kills == 0 { return }
      if tries.isMultiple(of: 2) { try look(position) }
    }
  }

  /// The store as a kill left it must be whole, before anybody writes to it again.
  private mutating func look(_ position: (_ store: String) throws -> String) throws {
    let verified = try moaa("log", "verify", "--deep", "--store", store)
    // Killed before or while it made the store: the next run makes it.
    if verified.status == 4, !hasStore { return }
    #expect(verified.status == 0, "after kill \(killCount): \(verified.errors)")
    hasStore = true
    positions.insert(try position(store))
  }

  /// Of ingest and aggregation.
  private static func offsets(_ store: String) throws -> String {
    let topics = try moaa("log", "topics", "--format", "csv", "--store", store).lines
    let groups = try moaa("log", "groups", "--format", "csv", "--store", store).lines
    let ingested = topics.first { $0.hasPrefix("raw_") }?.split(separator: ",")[2] ?? "nothing"
    let aggregated = groups.first { $0.hasPrefix("hourly") }?.split(separator: ",")[2] ?? "nothing"
    return "\(ingested), \(aggregated)"
  }

  /// Of a backfill.
  private static func contentCount(_ store: String) throws -> String {
    try moaa("reset", "backfill", "--dry-run", "--store", store).errors
  }

  /// Microseconds, which begin again at 0 every 71 minutes.
  private static func now() -> UInt32 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt32(truncatingIfNeeded: time.tv_sec * 1_000_000 + time.tv_nsec / 1000)
  }
}
