// `moaa feed` and `moaa listen` as processes, killed at random.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct FeedTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  private func values(_ store: String) throws -> [String] {
    try dumpedValues("raw_probes_results", store)
  }

  @Test func killsOfFeederAndListenerLoseAndDoubleNothing() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let files = try folder.sample(stations: 10, days: 10)
    let socket = folder / "s"
    let listen = ["listen", "--socket", socket, "--store", store, "--linger", "1"]
    let feed = ["feed", files, "--to", socket, "--speed", "max"]
    var killCount = 0
    var listener = try MoaaProcess(listen)
    var feeder = try MoaaProcess(feed)
    for _ in 0..<20 where feeder.isRunning {
      usleep(UInt32.random(in: 5_000...150_000, using: &random))
      if random.oneIn(2) {
        listener.signal(SIGKILL)
        if listener.finish().status == -SIGKILL { killCount += 1 }
        listener = try MoaaProcess(listen)
      } else {
        feeder.signal(SIGKILL)
        if feeder.finish().status == -SIGKILL { killCount += 1 }
        feeder = try MoaaProcess(feed)
      }
    }
    let fed = feeder.finish()
    #expect(fed.status == 0, "seed \(seed): \(fed.errors)")
    // The last one may have been started only now: a signal would end it before it heeds any.
    for _ in 0..<1000 where !listener.errorsSoFar.contains("listening") { usleep(10_000) }
    listener.signal(SIGINT)
    #expect(listener.finish().status == 130)
    #expect(killCount > 3, "seed \(seed)")
    let other = folder / "ingested.store"
    #expect(try moaa("ingest", files, "--store", other).status <= 1)
    #expect(try values(store) == values(other), "seed \(seed)")
  }

  @Test func standardOutputGetsTheObservationsInTheirOrder() throws {
    let files = try folder.sample(stations: 3, days: 1)
    let other = folder / "ingested.store"
    #expect(try moaa("ingest", files, "--store", other).status <= 1)
    let printed = try moaa("feed", files, "--speed", "max")
    #expect(printed.status == 0)
    let dates = printed.lines.compactMap { $0.firstMatch(of: /"DATE":"([^"]*)"/)?.1 }
    #expect(dates == dates.sorted() && !dates.isEmpty)
    #expect(try values(other).count == printed.lines.count)
    let noon = try moaa("feed", files, "--speed", "max", "--from", String(dates[dates.count / 2]))
    #expect(noon.lines.first == printed.lines.first { $0.contains(dates[dates.count / 2]) })
  }

  @Test func signalsPauseAFeedAndLetItGoOn() throws {
    let files = try folder.sample(stations: 2, days: 1)
    let socket = folder / "s"
    let listener = try MoaaProcess(["listen", "--socket", socket, "--store", store])
    let feeder = try MoaaProcess(["feed", files, "--to", socket, "--speed", "8000x"])
    // Once something has come, it heeds signals.
    for _ in 0..<300 {
      if try moaa("log", "topics", "--store", store).status == 0, try !values(store).isEmpty {
        break
      }
      usleep(20_000)
    }
    feeder.signal(SIGUSR1)
    usleep(500_000)
    let before = try values(store).count
    usleep(1_500_000)
    #expect(try values(store).count == before)
    feeder.signal(SIGUSR2)
    #expect(feeder.finish().status == 0)
    listener.signal(SIGTERM)
    #expect(listener.finish().status == 130)
    #expect(try values(store).count > before)
  }
}
