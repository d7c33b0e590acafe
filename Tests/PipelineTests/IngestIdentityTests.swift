// A file is known by its rows: nothing is added twice, and everything new is.

import Foundation
import LogStore
import Pipeline
import Testing

@Suite struct IngestIdentityTests {
  let rows = (0..<30).map { CSV.row("001", CSV.date(minute: 20 * $0), CSV.text($0)) }

  private func file(_ rows: ArraySlice<String>) -> String { CSV.header + rows.joined() }

  @Test func theSameContentAddsNothingUnderAnyNameOrCompressed() throws {
    let work = try Workspace()
    let path = try work.write("a.csv", file(rows[...]))
    #expect(try work.ingest([path]).recordCount == 30)
    let before = try work.lines(TopicName.raw)
    let copy = try work.write("other/b.csv", file(rows[...]))
    let packed = try work.write("c.csv.gz", gzip(Array(file(rows[...]).utf8), in: work.folder))
    for paths in [[path], [copy], [packed], [path, copy, packed], [work.input]] {
      let summary = try work.ingest(paths)
      #expect(summary.recordCount == 0)
      #expect(summary.knownCount == summary.fileCount)
    }
    #expect(try work.lines(TopicName.raw) == before)
  }

  @Test func copiesInOneIngestCountOnce() throws {
    let work = try Workspace()
    for name in ["a.csv", "b.csv", "deep/c.csv"] { try work.write(name, file(rows[...])) }
    let summary = try work.ingest()
    #expect(summary.recordCount == 30)
    #expect(summary.knownCount == 2)
    #expect(summary.divergingNames.isEmpty)
  }

  @Test func aWiderHeaderDoesNotMakeAnotherFile() throws {
    // Rows that are refused for what a field says, wherever they stand; the last in the general scan.
    let noDate = "\"001\",\"no date\",\"4\",\"FM-15\",\"A\",\"+0001,1\"\n"
    let noValue = "\"001\",\"2022-06-01T00:00:00\",\"4\",\"FM-15\",\"\"\"A\"\"\",\"warm\"\n"
    let cases = [rows, [noDate] + rows, Array(rows[..<9]) + [noDate, noValue] + Array(rows[9...])]
    for rows in cases {
      let work = try Workspace()
      let refusedCount = Int64(rows.count - 30)
      let first = try work.ingest([work.write("a.csv", file(rows[..<20]))])
      #expect(first.recordCount == 20 - refusedCount && first.refusedCount == refusedCount)
      let lines = file(rows[...]).split(separator: "\n")
      let wide =
        lines.enumerated().map { $0.offset == 0 ? "\($0.element),\"AA1\"" : "\($0.element),\"01\"" }
        .joined(separator: "\n") + "\n"
      let second = try work.ingest([work.write("wide.csv", wide)])
      #expect(second.recordCount == 30 - first.recordCount && second.refusedCount == 0)
      #expect(second.divergingNames == [])
    }
  }

  @Test func aGrownFileAddsItsNewRowsAndAnOlderOneNothing() throws {
    let work = try Workspace()
    for count in [1, 7, 30] {
      try work.ingest([work.write("a.csv", file(rows[..<count]))])
      #expect(try work.rawRows().count == count)
    }
    for count in 1..<30 {
      let summary = try work.ingest([work.write("older-\(count).csv", file(rows[..<count]))])
      #expect(summary.recordCount == 0 && summary.divergingNames.isEmpty, "\(count) rows")
    }
  }

  @Test func growthAndOlderVersionsAreKnownAcrossBlocksOfDigests() throws {
    let work = try Workspace()
    let many = (0..<1100).map { CSV.row("001", CSV.date(minute: 20 * $0), CSV.text($0 % 300)) }
    for count in [255, 256, 257, 700, 1100] {
      try work.ingest([work.write("a.csv", file(many[..<count]))], recordsPerCommit: 100)
      #expect(try work.rawRows().count == count)
    }
    for count in [1, 255, 256, 257, 511, 513, 1099] {
      #expect(try work.ingest([work.write("b.csv", file(many[..<count]))]).recordCount == 0)
      var changed = Array(many[..<count])
      changed[count - 1] = CSV.row("001", CSV.date(minute: 5), "-0500,1")
      let summary = try work.ingest([work.write("c.csv", file(changed[...]))])
      #expect(summary.recordCount == Int64(count), "a version that differs in row \(count)")
    }
  }

  @Test func twoVersionsInOneIngestAreTheLongerOne() throws {
    for names in [["a.csv", "b.csv"], ["b.csv", "a.csv"]] {
      let work = try Workspace()
      try work.write(names[0], file(rows[..<10]))
      try work.write(names[1], file(rows[...]))
      #expect(try work.ingest().recordCount == 30)
      #expect(try work.ingest().recordCount == 0)
    }
  }

  @Test func filesThatShareTheirBeginningAndThenDifferAreBothWhole() throws {
    let work = try Workspace()
    let other = rows[..<10] + [CSV.row("001", "2022-06-20T00:00:00", "+0001,1")]
    let first = try work.write("a.csv", file(rows[...]))
    let second = try work.write("b.csv", file(other))
    #expect(try work.ingest([first]).divergingNames.isEmpty)
    let summary = try work.ingest([second])
    #expect(summary.recordCount == 11)
    #expect(summary.divergingNames == [second])
    #expect(try work.ingest([first, second]).recordCount == 0)

    let together = try Workspace()
    try together.write("a.csv", file(rows[...]))
    try together.write("b.csv", file(other))
    #expect(try together.ingest().recordCount == 41)
    #expect(try together.ingest().recordCount == 0)
  }

  @Test func equalRowsInDifferentFilesAreDifferentRecords() throws {
    let work = try Workspace()
    try work.write("a.csv", file(rows[..<20]))
    try work.write("b.csv", file(rows[10...]))
    #expect(try work.ingest().recordCount == 40)
  }

  @Test func aFileNamedTwiceOrThroughLinksIsOneFile() throws {
    let work = try Workspace()
    let path = try work.write("a.csv", file(rows[...]))
    let link = work.input + "/link.csv"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    let summary = try work.ingest([path, path, work.input, link])
    #expect(summary.fileCount == 1)
    #expect(summary.recordCount == 30)
    #expect(summary.failures.isEmpty)
  }

  @Test func anUnfinishedLastLineIsKeptOnceAndReadAgainWhenItIsWhole() throws {
    let work = try Workspace()
    let whole = file(rows[..<3])
    for cut in 1..<rows[2].utf8.count - 2 {
      let work = try Workspace()
      let path = try work.write("a.csv", String(whole.dropLast(cut + 1)))
      for _ in 0..<2 { try work.ingest([path]) }
      #expect(try work.records(TopicName.quarantine).count == 1, "cut by \(cut)")
      #expect(try work.rawRows().count == 2)
      try work.write("a.csv", whole)
      #expect(try work.ingest([path]).recordCount == 1)
    }
    // Without its newline the last row is whole, and stays known when the file goes on.
    let path = try work.write("b.csv", String(whole.dropLast()))
    #expect(try work.ingest([path]).recordCount == 3)
    try work.write("b.csv", file(rows[..<5]))
    #expect(try work.ingest([path]).recordCount == 2)
    #expect(try work.records(TopicName.quarantine).isEmpty)
  }

  @Test func aFileOfOneUnfinishedLineGoesToQuarantineOnce() throws {
    let work = try Workspace()
    let path = try work.write("a.csv", CSV.header + "\"001\",\"2022")
    for _ in 0..<3 { try work.ingest([path]) }
    #expect(
      try work.records(TopicName.quarantine).map { $0.header("reason") } == ["truncated-line"])
  }

  @Test func aFileCutAnywhereInAnUnquotedRowGivesTheWholeRowOnceItIsThere() throws {
    let row = "001,2022-06-01T00:00:00,\"+0123,1\",RALEIGH\n"
    // The last column is wanted, or is not.
    for header in ["STATION,DATE,TMP,NAME\n", "STATION,DATE,TMP,AA1\n"] {
      let whole = try Workspace()
      try whole.ingest([whole.write("a.csv", header + row)])
      for count in 1..<row.utf8.count {
        let work = try Workspace()
        let path = try work.write("a.csv", header + row.prefix(count))
        try work.ingest([path])
        try work.write("a.csv", header + row)
        let summary = try work.ingest([path])
        #expect(summary.divergingNames == [] && summary.failures == [], "cut at \(count)")
        #expect(
          try work.records(TopicName.raw).filter { $0.kind == .data }.map(\.value)
            == whole.records(TopicName.raw).filter { $0.kind == .data }.map(\.value),
          "cut at \(count)")
      }
    }
  }

  @Test func anUnfinishedLineThatStaysBadOnceItIsEndedIsKeptOnce() throws {
    for before in [0, 2] {
      let work = try Workspace()
      let lines = file(rows[..<before]) + "no row"
      let path = try work.write("a.csv", lines)
      #expect(try work.ingest([path]).refusedCount == 1)
      for _ in 0..<2 {
        try work.write("a.csv", lines + "\n")
        let summary = try work.ingest([path])
        #expect(summary.refusedCount == 0 && summary.divergingNames == [], "after \(before) rows")
      }
      // The same line again is another row, and so is the rest.
      try work.write("a.csv", lines + "\nno row\n" + rows[before])
      let summary = try work.ingest([path])
      #expect(summary.refusedCount == 1 && summary.recordCount == 1, "after \(before) rows")
      #expect(summary.divergingNames == [])
      #expect(try work.records(TopicName.quarantine).count == 2)
    }
  }

  @Test func refusedRowsBelongToAFilesIdentityToo() throws {
    let work = try Workspace()
    var mixed = Array(rows[..<10])
    mixed.insert("\"001\",\"no date\",\"4\",\"FM-15\",\"A\",\"+0001,1\"\n", at: 4)
    let path = try work.write("a.csv", file(mixed[...]))
    #expect(try work.ingest([path]).refusedCount == 1)
    #expect(try work.ingest([path]).refusedCount == 0)
    mixed.append(rows[10])
    try work.write("a.csv", file(mixed[...]))
    let summary = try work.ingest([path])
    #expect(summary.recordCount == 1 && summary.refusedCount == 0)
    #expect(try work.records(TopicName.quarantine).count == 1)
  }
}
