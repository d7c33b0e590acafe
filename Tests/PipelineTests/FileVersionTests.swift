// Versions of one file that come in any order: older, newer, cut off, some of them half ingested.

import Foundation
import LogStore
import Pipeline
import TestSupport
import Testing

@Suite struct FileVersionTests {
  /// Rows of one station; where `late` says so, a row stands after later ones.
  private func rows(_ count: Int, late: Set<Int> = []) -> [String] {
    var minutes = (0..<count).map { 10 * $0 }
    for index in late { minutes.swapAt(index, min(count - 1, index + 20)) }
    return minutes.enumerated().map { CSV.row("001", CSV.date(minute: $1), CSV.text($0)) }
  }

  private func file(_ rows: some Sequence<String>) -> String { CSV.header + rows.joined() }

  private func expectEachRowOnce(_ work: Workspace, _ rows: [String], _ comment: Comment) throws {
    let found = try work.rawRows()
    #expect(found.count == rows.count, comment)
    #expect(Set(found).count == rows.count, comment)
  }

  @Test func anOlderVersionAfterAnInterruptedIngestBreaksNothing() throws {
    let rows = rows(60, late: [5, 11, 30])
    for recordsPerCommit in [1, 6, 8, 12, 31, 50] {
      for olderCount in [1, 5, 6, 7, 12, 20, 32, 50, 59] {
        let work = try Workspace()
        let newer = try work.write("a.csv", file(rows))
        let older = try work.write("../older.csv", file(rows[..<olderCount]))
        #expect(try work.ingest(stoppingAfter: 1, recordsPerCommit: recordsPerCommit))
        let comment: Comment = "\(olderCount) rows, after a commit of \(recordsPerCommit)"
        for _ in 0..<2 {
          let summary = try work.ingest([older])
          #expect(summary.failures == [] && summary.divergingNames == [], comment)
        }
        let last = try work.ingest([newer])
        #expect(last.failures == [] && last.divergingNames == [], comment)
        try expectEachRowOnce(work, rows, comment)
        #expect(try work.ingest([newer, older]).knownCount == 2, comment)
      }
    }
  }

  @Test(arguments: SeededGenerator.seeds(10))
  func versionsOfAnyLengthInAnyOrderAreWholeInTheEnd(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let work = try Workspace()
    let late = Set((0..<20).map { _ in Int.random(in: 0..<150, using: &random) })
    let rows = rows(150, late: late)
    for _ in 0..<15 {
      let count = Int.random(in: 1...150, using: &random)
      // Now and then the last line is half written.
      let cut = random.oneIn(3) ? Int.random(in: 2...30, using: &random) : 0
      try work.write("a.csv", String(file(rows[..<count]).dropLast(cut)))
      _ = try work.ingest(
        stoppingAfter: Int.random(in: 1...4, using: &random),
        recordsPerCommit: Int.random(in: 1...40, using: &random))
    }
    try work.write("a.csv", file(rows))
    let summary = try work.ingest()
    #expect(summary.failures == [] && summary.divergingNames == [], "seed \(seed)")
    try expectEachRowOnce(work, rows, "seed \(seed)")
  }

  @Test func anOlderVersionThatIsCutOffAddsNothingOnceItsLineIsWhole() throws {
    let rows = rows(30)
    let work = try Workspace()
    try work.ingest([work.write("a.csv", file(rows))])
    // Of a file without a whole row there is nothing to know it by.
    for count in [2, 15, 30] {
      let cut = try work.write("cut.csv", String(file(rows[..<count]).dropLast(9)))
      let summary = try work.ingest([cut])
      #expect(summary.recordCount == 0 && summary.refusedCount == 0, "\(count) rows")
      #expect(summary.failures == [], "\(count) rows")
    }
    #expect(try work.records(TopicName.quarantine).isEmpty)
  }

  @Test func onlyFilesThatDifferAreReportedToDiverge() throws {
    let rows = rows(30)
    let other = rows[..<10] + [CSV.row("001", "2022-06-20T00:00:00", "+0001,1")]
    let versions = [
      "short": file(rows[..<5]), "long": file(rows), "other": file(other),
    ]
    // Which of two differing files is the other one depends on which comes first.
    for (order, diverging) in [
      (["short", "long"], []), (["long", "short"], []), (["short", "long", "other"], ["other"]),
      (["short", "other", "long"], ["long"]), (["long", "other", "short"], ["other"]),
      (["other", "short", "long"], ["long"]),
    ] {
      let work = try Workspace()
      let paths = try order.map { try work.write("\($0).csv", versions[$0] ?? "") }
      let names = diverging.map { "\(work.input)/\($0).csv" }
      #expect(try work.ingest(paths).divergingNames == names, "\(order)")
      #expect(try work.rawRows().count == (order.count == 2 ? 30 : 41), "\(order)")
      #expect(try work.ingest(paths).recordCount == 0, "\(order)")
    }
  }

  @Test func ofEqualVersionsTheOneThatGoesOnCounts() throws {
    let rows = rows(10)
    for names in [["a.csv", "b.csv"], ["b.csv", "a.csv"]] {
      let work = try Workspace()
      try work.write(names[0], file(rows))
      try work.write(names[1], file(rows) + "\"001\",\"2022-06")
      #expect(try work.ingest().refusedCount == 1, "\(names)")
      #expect(try work.ingest().refusedCount == 0, "\(names)")
    }
  }

  @Test func aDamagedVersionIsReportedEvenIfAnotherHasItsRows() throws {
    let text = CSV.file("001", count: 2800)
    for names in [["a", "b"], ["b", "a"]] {
      let work = try Workspace()
      let packed = try gzip(Array(text.utf8), in: work.folder)
      try work.write("\(names[0]).csv", text)
      let cut = try work.write("\(names[1]).csv.gz", Array(packed.prefix(packed.count / 2)))
      let summary = try work.ingest()
      #expect(summary.recordCount == 2800)
      #expect(summary.failures.map(\.path) == [cut], "\(names)")
      #expect(try work.ingest().failures.map(\.path) == [cut], "\(names)")
    }
  }

  @Test func aRefusedLineThatWasTheWholeFileDoesNotMakeTheNextOneDiverge() throws {
    let work = try Workspace()
    let path = try work.write("a.csv", CSV.header + "no row")
    #expect(try work.ingest([path]).refusedCount == 1)
    try work.write("a.csv", CSV.header + "no row\n" + CSV.row("1", CSV.date(minute: 0), "+0100,1"))
    let summary = try work.ingest([path])
    #expect(summary.recordCount == 1)
    #expect(summary.divergingNames == [])
    #expect(try work.ingest([path]).knownCount == 1)
  }
}
