// The order of the raw topic: event time over all files, and the same after any interruption.

import Foundation
import LogStore
import Pipeline
import TestSupport
import Testing

@Suite struct IngestOrderTests {
  /// Several files of different lengths and beginnings, with rows swapped now and then.
  private func writeFiles(_ work: Workspace, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for station in 0..<Int.random(in: 1...6, using: &random) {
      let first = Int.random(in: 0...600, using: &random)
      var rows = (0..<Int.random(in: 1...150, using: &random)).map { index in
        CSV.row(
          "00\(station)", CSV.date(minute: first + 10 * index),
          CSV.text(Int.random(in: -300...400, using: &random)))
      }
      for index in rows.indices where random.oneIn(5) {
        rows.swapAt(index, min(rows.count - 1, index + Int.random(in: 1...20, using: &random)))
      }
      if random.oneIn(3) { rows.insert("not a row\n", at: rows.count / 2) }
      try work.write("\(station).csv", CSV.header + rows.joined())
    }
  }

  private func isSorted(_ times: [Int64]) -> Bool {
    zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
  }

  @Test(arguments: SeededGenerator.seeds(20))
  func theRawTopicIsInEventTimeOrder(seed: UInt64) throws {
    let work = try Workspace()
    try writeFiles(work, seed: seed)
    try work.ingest()
    let records = try work.records(TopicName.raw).filter { $0.kind == .data }
    #expect(isSorted(records.map(\.eventTime)), "seed \(seed)")
    // Rows of one second stand in the order of the files' names.
    for (left, right) in zip(records, records.dropFirst()) where left.eventTime == right.eventTime {
      let (first, second) = (left.key ?? [], right.key ?? [])
      #expect(!second.lexicographicallyPrecedes(first), "seed \(seed)")
    }
  }

  @Test func filesOfManyChunksAreMergedWhole() throws {
    let work = try Workspace()
    for station in 0..<4 {
      try work.write("\(station).csv", CSV.file("00\(station)", count: 2600, firstMinute: station))
    }
    #expect(try work.ingest().recordCount == 4 * 2600)
    #expect(isSorted(try work.records(TopicName.raw).map(\.eventTime)))
  }

  @Test(arguments: SeededGenerator.seeds(6))
  func anInterruptedIngestGoesOnToTheSameLog(seed: UInt64) throws {
    let whole = try Workspace()
    try writeFiles(whole, seed: seed)
    try whole.ingest(recordsPerCommit: 1_000_000)
    let expected = try whole.lines(TopicName.raw)
    #expect(expected.last?.contains("control") == true)
    #expect(expected.filter { $0.contains("control") }.count == 1)
    for recordsPerCommit in [1, 7, 64] {
      for commits in [1, 2, 3] {
        let work = try Workspace()
        try writeFiles(work, seed: seed)
        var runs = 1
        while try work.ingest(stoppingAfter: commits, recordsPerCommit: recordsPerCommit) {
          runs += 1
        }
        let isSame = try work.lines(TopicName.raw) == expected
        #expect(
          isSame,
          "seed \(seed), \(recordsPerCommit) records a commit, \(runs) runs")
        #expect(
          try Set(work.lines(TopicName.quarantine)) == Set(whole.lines(TopicName.quarantine)))
        #expect(try work.ingest().recordCount == 0)
        let isStillSame = try work.lines(TopicName.raw) == expected
        #expect(isStillSame)
      }
    }
  }

  @Test func anIngestStopsWhileItLooksAtItsFiles() throws {
    // Many files; a long file that is known; a compressed one that is new.
    let rows = CSV.file("001", count: 2900)
    let long = rows + rows.dropFirst(CSV.header.utf8.count)
    for kind in ["many", "known", "compressed"] {
      let work = try Workspace()
      try work.ingest([])
      switch kind {
      case "many":
        for number in 0..<50 { try work.write("\(number).csv", CSV.file("\(number)", count: 2)) }
      case "known":
        try work.write("a.csv", long)
        try work.ingest()
      default: try work.write("a.csv.gz", gzip(Array(long.utf8), in: work.folder))
      }
      let before = try work.lines(TopicName.raw)
      // Asked before it begins to look, for the one file that there is, and within that.
      let asked = Counter()
      let options = IngestOptions(shouldStop: { asked.next() > (kind == "many" ? 10 : 3) })
      let summary = try Ingest(store: work.store, options: options).run([work.input])
      #expect(summary.wasInterrupted, "\(kind)")
      #expect(try work.lines(TopicName.raw) == before, "\(kind)")
    }
  }

  @Test(arguments: SeededGenerator.seeds(20))
  func filesThatGrowBetweenInterruptedIngestsAreWholeInTheEnd(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let work = try Workspace()
    let rows = (0..<3).map { station in
      (0..<200).map { CSV.row("00\(station)", CSV.date(minute: 30 * $0), CSV.text($0)) }
    }
    var counts = [0, 0, 0]
    while counts != [200, 200, 200] {
      for station in 0..<3 {
        counts[station] = min(200, counts[station] + Int.random(in: 0...90, using: &random))
        try work.write("\(station).csv", CSV.header + rows[station][..<counts[station]].joined())
      }
      _ = try work.ingest(
        stoppingAfter: Int.random(in: 1...10, using: &random),
        recordsPerCommit: Int.random(in: 1...30, using: &random))
    }
    try work.ingest()
    let found = try work.records(TopicName.raw).filter { $0.kind == .data }.map { $0.value ?? [] }
    #expect(found.count == 600, "seed \(seed)")
    #expect(Set(found).count == 600, "seed \(seed)")
  }

  @Test func aFileThatIsNotSortedAtAllIsReadInBoundedSteps() throws {
    // Forty stations' days one after another: the last hours of the first would wait for the end.
    let work = try Workspace()
    let rows = (0..<40).flatMap { station in
      (0..<96).map { CSV.row("S\(station)", CSV.date(minute: 15 * $0), "+0100,1") }
    }
    try work.write("a.csv", CSV.header + rows.joined())
    #expect(try work.ingest(stoppingAfter: 1, recordsPerCommit: 2000))
    let found = try work.rawRows()
    for station in 0..<10 {
      #expect(found.filter { $0.hasPrefix("S\(station) ") }.count == 96)
    }
    while try work.ingest(stoppingAfter: 1, recordsPerCommit: 100) {}
    #expect(try work.rawRows().count == 40 * 96)
  }
}
