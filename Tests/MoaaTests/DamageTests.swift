// Bytes of the store that are not what was written.

import Foundation
import TestSupport
import Testing

@Suite struct DamageTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  /// - Returns: the file of a store with hours in it, that no process has open.
  private func wholeStore() throws -> Data {
    let noaa = try folder.sample(stations: 3, days: 2)
    let run = try moaa("run", noaa, "--store", store, "--format", "csv", "--commit-records", "60")
    #expect(run.status == 0)
    #expect(folder.text("test.store-wal") == "", "when nobody is at work, one file is all")
    return try Data(contentsOf: URL(fileURLWithPath: store))
  }

  private func damage(_ bytes: Data, at place: Int) throws {
    var bytes = bytes
    bytes[place] ^= 0x55
    for suffix in ["-wal", "-shm"] { unlink(store + suffix) }
    try bytes.write(to: URL(fileURLWithPath: store))
  }

  @Test func aFlippedByteOfARecordGivesThreeAndNamesTopicAndOffset() throws {
    let bytes = try wholeStore()
    // Payloads are zstd frames.
    let frame = try #require(bytes.range(of: Data([0x28, 0xB5, 0x2F, 0xFD])))
    try damage(bytes, at: frame.upperBound + 40)
    let verify = try moaa("log", "verify", "--deep", "--store", store)
    #expect(verify.status == 3)
    #expect(verify.errors.contains(/moaa: .*(_results|_by_station|quarantine).* offset \d+/))
    #expect(verify.errors.contains("Copy the store"))
    // Without --deep payloads are not read.
    #expect(try moaa("log", "verify", "--store", store).status == 0)
  }

  @Test func aFlippedByteOfTheRawTopicStopsReplayAndDump() throws {
    let bytes = try wholeStore()
    var frames: [Int] = []
    var from = bytes.startIndex
    while let frame = bytes.range(of: Data([0x28, 0xB5, 0x2F, 0xFD]), in: from..<bytes.endIndex) {
      frames.append(frame.lowerBound)
      from = frame.upperBound
    }
    var hits = 0
    for frame in frames {
      try damage(bytes, at: frame + 40)
      let dump = try moaa("log", "dump", "raw_probes_results", "--store", store)
      guard dump.status != 0 else { continue }
      hits += 1
      #expect(dump.status == 3)
      #expect(dump.errors.contains("raw_probes_results"))
      #expect(try moaa("replay", "--verify", "--store", store).status == 3)
      #expect(try moaa("hours", "--store", store).status == 0, "hours need no raw records")
    }
    #expect(hits > 0)
  }

  @Test func aFlippedByteAnywhereIsNoticedOrChangesNothing() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let bytes = try wholeStore()
    let expected = try StoreContents(store)
    // Most of so small a store is pages not filled yet, where a flip shows little.
    let places = bytes.indices.filter { bytes[$0] != 0 }
    var noticedCount = 0
    for _ in 0..<25 {
      let place = try #require(places.randomElement(using: &generator))
      let comment = "seed \(seed), byte \(place)"
      try damage(bytes, at: place)
      let looks = try [
        moaa("log", "verify", "--deep", "--store", store),
        moaa("replay", "--verify", "--store", store), moaa("doctor", "--store", store),
        moaa("hours", "--by-station", "--store", store), moaa("log", "topics", "--store", store),
      ]
      for look in looks { #expect(look.status >= 0, "\(comment) crashes: \(look.errors)") }
      if looks[0].status != 0 || looks[1].status != 0 {
        noticedCount += 1
        let codes: [Int32] = [0, 3, 4]
        #expect(codes.contains(looks[0].status) && codes.contains(looks[1].status), "\(comment)")
      } else {
        expectSame(try StoreContents(store), as: expected, comment)
      }
    }
    #expect(noticedCount > 5, "seed \(seed)")
  }

  @Test func aStoreThatIsCutOffIsNoticed() throws {
    let bytes = try wholeStore()
    for part in [100, bytes.count / 2, bytes.count - 16_384] {
      try bytes.prefix(part).write(to: URL(fileURLWithPath: store))
      let verify = try moaa("log", "verify", "--deep", "--store", store)
      #expect([3, 4].contains(verify.status), "\(part) bytes: \(verify.errors)")
    }
  }

  @Test func aFlippedByteOfABackfillGivesThreeUntilItIsResetAndMadeAgain() throws {
    let noaa = try folder.sample(stations: 3, days: 20)
    let make = ["backfill", noaa, "--by", "year", "--format", "csv", "--store", store]
    let expected = try MoaaProcess(make).finish()
    #expect(expected.status == 0)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: store))
    // Partials are zstd frames.
    let frame = try #require(bytes.range(of: Data([0x28, 0xB5, 0x2F, 0xFD])))
    try damage(bytes, at: frame.upperBound + 40)
    for words in [["log", "verify"], ["table", "year"], ["hours"]] {
      let outcome = try MoaaProcess(words + ["--store", store]).finish()
      #expect(outcome.status == 3, "\(words): \(outcome.errors)")
      #expect(outcome.errors.contains("moaa reset backfill"), "\(words): \(outcome.errors)")
    }
    #expect(try moaa("reset", "backfill", "--store", store).status == 0)
    try expectWhole(store)
    #expect(try MoaaProcess(make).finish().output == expected.output)
  }
}
