// Work on a store that is killed over and over, and begun again until it ends by itself.

import Glibc
import TestSupport
import Testing

/// One store on its way from files to hours.
struct Attempt {
  let store: String
  /// Every command is killed within about this time; nil leaves them in peace.
  let patience: UInt32?
  private var generator: SeededGenerator
  private(set) var killCount = 0
  /// How far ingest and aggregation had come where a kill was looked at.
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

  /// Starts the commands together, and kills them at random instants, until all end by themselves.
  private mutating func untilDone(_ commands: [[String]]) throws {
    var tries: UInt32 = 0
    while true {
      let started = Self.now()
      let processes = try commands.map { try MoaaProcess($0) }
      if let patience {
        // More and more patience, so that this ends even where starting takes most of the time.
        let limit = patience / 2 + tries * patience / 10
        for process in processes {
          usleep(UInt32.random(in: 0...limit, using: &generator))
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
      if tries.isMultiple(of: 2) { try look() }
    }
  }

  /// The store as a kill left it must be whole, before anybody writes to it again.
  private mutating func look() throws {
    let verified = try moaa("log", "verify", "--deep", "--store", store)
    // Killed before or while it made the store: the next run makes it.
    if verified.status == 4, !hasStore { return }
    #expect(verified.status == 0, "after kill \(killCount): \(verified.errors)")
    hasStore = true
    let topics = try moaa("log", "topics", "--format", "csv", "--store", store).lines
    let groups = try moaa("log", "groups", "--format", "csv", "--store", store).lines
    let ingested = topics.first { $0.hasPrefix("raw_") }?.split(separator: ",")[2] ?? "nothing"
    let aggregated = groups.first { $0.hasPrefix("hourly") }?.split(separator: ",")[2] ?? "nothing"
    positions.insert("\(ingested), \(aggregated)")
  }

  /// Microseconds, which begin again at 0 every 71 minutes.
  private static func now() -> UInt32 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt32(truncatingIfNeeded: time.tv_sec * 1_000_000 + time.tv_nsec / 1000)
  }
}
