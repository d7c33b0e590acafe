// Backfill gives the hours of ingest and aggregation, and does no more work than there is.

import Aggregation
import Foundation
import LogStore
import Observations
import Pipeline
import Synchronization
import TestSupport
import Testing

extension Workspace {
  @discardableResult
  func backfill(
    _ paths: [String]? = nil, _ rule: BackfillRule = BackfillRule(), threads: Int = 2,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> BackfillSummary {
    let options = BackfillOptions(threadCount: threads, shouldStop: shouldStop)
    return try Backfill(store: store, rule: rule, options: options).run(paths ?? [input])
  }

  /// Tables as CSV, one after the other.
  func tables(_ sets: [ResultSet] = [.hour, .stationHour]) throws -> String {
    var bytes: [UInt8] = []
    try store.read { view in
      let rule = try #require(try BackfillResults.rule(view))
      for set in sets {
        ResultText.appendCSVHeader(set, to: &bytes)
        var rollUps = RollUps(sets: [set], rule: rule)
        try BackfillResults.forEachStation(in: view) { hours, _ in
          rollUps.add(hours) { ResultText.appendCSV($0, to: &bytes) }
        }
        if set != .stationHour { rollUps.rows(of: set) { ResultText.appendCSV($0, to: &bytes) } }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What the aggregation holds, in the same form.
  func hours() throws -> String { try hoursCSV() + hoursCSV(byStation: true) }
}

@Suite struct BackfillTests {
  /// Files of several stations with all that a row may be.
  private func write(_ work: Workspace, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let codes = ["1", "1", "1", "5", "2", "3", "9"]
    let types = ["FM-15", "FM-12", "FM-16", "SOD  ", "FM-15"]
    for file in 0..<8 {
      var rows = CSV.header
      for index in 0..<Int.random(in: 0..<300, using: &random) {
        let station = "S\((file + (index % 50 == 0 ? 1 : 0)) % 5)"
        let minute = file / 5 * 5000 + index * 17 + Int.random(in: 0..<60, using: &random)
        let temperature =
          index % 40 == 3
          ? "+9999,9"
          : CSV.text(
            Int.random(in: -300...300, using: &random), code: codes.randomElement(using: &random)!)
        rows +=
          index % 90 == 7
          ? "\"S1\",\"nonsense\n"
          : CSV.row(
            station, CSV.date(minute: minute), temperature,
            type: types.randomElement(using: &random)!)
      }
      let name = "\(file).csv"
      if file % 3 == 0 {
        try work.write(name + ".gz", gzip(Array(rows.utf8), in: work.folder))
      } else {
        try work.write(name, rows)
      }
    }
  }

  @Test(arguments: [QualityRule.passed, .all])
  func theHoursAreThoseOfTheAggregation(quality: QualityRule) throws {
    let seed = SeededGenerator.seeds(1)[0]
    let work = try Workspace()
    try write(work, seed: seed)
    let ingested = try work.ingest()
    try work.aggregate(AggregationRule(quality: quality))
    let summary = try work.backfill(nil, BackfillRule(quality: quality))
    #expect(try work.tables() == work.hours(), "seed \(seed)")
    #expect(summary.quarantinedCount == ingested.refusedCount, "seed \(seed)")
    #expect(summary.failures == [])
  }

  @Test func threadsAndOrderChangeNothing() throws {
    let seed = SeededGenerator.seeds(1)[0]
    var random = SeededGenerator(seed: seed)
    let first = try Workspace()
    try write(first, seed: seed)
    let sets = ResultSet.allCases
    try first.backfill(threads: 1)
    let expected = try first.tables(sets)
    let paths = try FileManager.default.contentsOfDirectory(atPath: first.input).map {
      "\(first.input)/\($0)"
    }
    for threads in [1, 2, 4] {
      let other = try Workspace()
      for part in paths.shuffled(using: &random).chunks(of: 3) {
        try other.backfill(part, threads: threads)
      }
      #expect(try other.tables(sets) == expected, "seed \(seed), \(threads) threads")
    }
  }

  @Test func aSecondRunReadsNothingAndAChangedFileIsReadAlone() throws {
    let work = try Workspace()
    for station in ["A", "B", "C"] {
      try work.write("\(station).csv", CSV.file(station, count: 100))
    }
    try age(work)
    #expect(try work.backfill().readCount == 3)
    let before = try work.tables()
    let again = try work.backfill()
    #expect(again.readCount == 0 && again.unchangedCount == 3)
    #expect(try work.tables() == before)

    try work.write("B.csv", CSV.file("B", count: 90, tenths: { $0 % 200 }))
    try age(work)
    let changed = try work.backfill()
    #expect(changed.readCount == 1 && changed.unchangedCount == 2 && changed.knownCount == 0)
    let fresh = try Workspace()
    try fresh.backfill([work.input])
    #expect(try work.tables() == fresh.tables())
    #expect(try work.tables() != before)
  }

  @Test func aContentCountsOnceUnderAnyName() throws {
    let work = try Workspace()
    let text = CSV.file("A", count: 60)
    try work.write("a.csv", text)
    try work.backfill()
    let hours = try work.tables()
    try work.write("b.csv.gz", gzip(Array(text.utf8), in: work.folder))
    let summary = try work.backfill()
    #expect(summary.knownCount >= 1 && summary.counts.accepted == 0)
    #expect(try work.tables() == hours)
    // Still held by the other name.
    try work.write("a.csv", CSV.file("A", count: 5, firstMinute: 100_000))
    try work.backfill()
    #expect(try work.tables().hasPrefix(hours.split(separator: "\nstation,")[0]))
    try work.write("b.csv.gz", gzip(Array(CSV.header.utf8), in: work.folder))
    try work.backfill()
    #expect(try work.tables().split(separator: "\n").count < 10)
  }

  @Test func anInterruptedRunGoesOn() throws {
    let seed = SeededGenerator.seeds(1)[0]
    let whole = try Workspace()
    try write(whole, seed: seed)
    try whole.backfill()
    let expected = try whole.tables()
    let work = try Workspace()
    var runs = 0
    while true {
      let calls = Counter()
      runs += 1
      let limit = 3 + 2 * runs
      if try !work.backfill([whole.input], threads: 1, shouldStop: { calls.next() > limit })
        .wasInterrupted
      {
        break
      }
    }
    #expect(runs > 1)
    #expect(try work.tables() == expected, "seed \(seed)")
  }

  @Test func aFileThatWasMovedIsItsNewPathAlone() throws {
    let work = try Workspace()
    try work.write("old.csv", CSV.file("A", count: 40))
    try work.write("kept.csv", CSV.file("B", count: 40))
    try work.backfill()
    let before = try work.tables()
    let (old, new) = (work.input + "/old.csv", work.input + "/new.csv")
    try FileManager.default.moveItem(atPath: old, toPath: new)
    #expect(try work.backfill().counts.accepted == 0)
    #expect(try work.tables() == before)
    // Gone without another path: what it gave stays.
    try FileManager.default.removeItem(atPath: work.input + "/kept.csv")
    try work.write("new.csv", CSV.file("A", count: 50))
    try work.backfill()
    let fresh = try Workspace()
    try fresh.write("new.csv", CSV.file("A", count: 50))
    try fresh.write("kept.csv", CSV.file("B", count: 40))
    try fresh.backfill()
    #expect(try work.tables() == fresh.tables())
    // Back again, it is a file as any other.
    try work.write("old.csv", CSV.file("A", count: 40))
    #expect(try work.backfill().counts.accepted == 40)
  }

  @Test func aFileWithAFaultChangesNothing() throws {
    let work = try Workspace()
    let text = CSV.file("A", count: 500)
    try work.write("a.csv", text)
    try work.backfill()
    let hours = try work.tables()
    try work.write("a.csv", "STATION,DATE\nA,2022-06-01T00:00:00\n")
    #expect(try work.backfill().failures.map(\.line) == [1])
    #expect(try work.tables() == hours)
    let compressed = try gzip(Array(CSV.file("B", count: 500).utf8), in: work.folder)
    try work.write("b.csv.gz", Array(compressed.dropLast(20)))
    #expect(try work.backfill().failures.count == 2)
    #expect(try work.tables() == hours)
    try work.write("a.csv", text)
    try work.write("b.csv.gz", compressed)
    #expect(try work.backfill().failures == [])
    #expect(try work.tables() != hours)
  }

  @Test func refusedRowsAreKeptOnce() throws {
    let work = try Workspace()
    try work.write("a.csv", CSV.file("A", count: 3) + "\"A\",\"x\",\"\",\"\",\"\",\"+0001,1\"\n")
    for _ in 0..<3 { try work.backfill() }
    let kept = try work.records(TopicName.quarantine)
    #expect(kept.map { $0.header("reason") } == ["bad-date"])
    #expect(kept.map { $0.header("line") } == ["5"])
    #expect(kept.first?.header("file") == "\(work.input)/a.csv")
  }

  @Test func aFileOfHardlyAnyObservationIsRefusedAsAWhole() throws {
    let work = try Workspace()
    var random = SeededGenerator(seed: 1)
    var bytes = Array(CSV.file("A", count: 3).utf8)
    // Noise does not compress; its lines are no rows.
    for index in 0..<(24 << 20) {
      bytes.append(index % 200 == 0 ? 0x0A : UInt8.random(in: 0x30...0xFF, using: &random))
    }
    try work.write("a.csv", bytes)
    let summary = try work.backfill()
    #expect(summary.failures.map(\.message.isEmpty) == [false] && summary.counts.accepted == 0)
    #expect(summary.failures.first?.message.contains("rows could not be read so far") == true)
    #expect(try work.records(TopicName.quarantine).isEmpty)
  }

  @Test func anotherRuleIsRefusedUntilAReset() throws {
    let work = try Workspace()
    try work.write("a.csv", CSV.file("A", count: 3))
    try work.backfill()
    #expect(throws: JobRuleChanged.self) {
      try work.backfill(nil, BackfillRule(reports: .routine))
    }
    #expect(try Backfill.forgetAll(in: work.store) == 1)
    #expect(try work.backfill(nil, BackfillRule(reports: .routine)).readCount == 1)
  }

  @Test func aRuleUnderWhichNothingWasKeptBindsNobody() throws {
    let work = try Workspace()
    #expect(try work.backfill([work.input + "/missing.csv"]).failures.count == 1)
    try work.write("a.csv", CSV.file("A", count: 3))
    #expect(try work.backfill(nil, BackfillRule(reports: .routine)).readCount == 1)
    #expect(throws: JobRuleChanged.self) { try work.backfill() }
  }

  @Test func hoursOfTwoFilesAreCounted() throws {
    let work = try Workspace()
    try work.write("a.csv", CSV.file("A", count: 40))
    try work.write("b.csv", CSV.file("A", count: 8, firstMinute: 120))
    try work.backfill()
    var shared: [Int] = []
    try work.store.read { view in
      try BackfillResults.forEachStation(in: view) { shared.append($1) }
    }
    #expect(shared == [2])
  }

  /// Sets the files' times back, so that their stamps can be relied on at once.
  private func age(_ work: Workspace) throws {
    // The change time of an inode cannot be set: wait until it is past.
    Thread.sleep(forTimeInterval: 0.1)
  }
}

extension Array {
  fileprivate func chunks(of count: Int) -> [[Element]] {
    stride(from: 0, to: self.count, by: count).map {
      Array(self[$0..<Swift.min($0 + count, self.count)])
    }
  }
}

/// Archives as NCEI gives them: a year of station files.
@Suite struct BackfillArchiveTests {
  /// - Parameter flags: of tar(1), before the archive's name.
  private func archive(_ work: Workspace, _ name: String, _ flags: String = "-czf") throws -> String
  {
    let path = work.folder.appendingPathComponent(name).path
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "-C", work.input, flags, path, "."]
    try tar.run()
    tar.waitUntilExit()
    try #require(tar.terminationStatus == 0)
    return path
  }

  private func prepare() throws -> Workspace {
    let work = try Workspace()
    for station in ["A", "B", "C"] {
      try work.write("2022/\(station).csv", CSV.file(station, count: 200))
    }
    try work.write("README.txt", "Not observations.\n")
    try work.write("2022/._A.csv", "\u{0}\u{5}\u{16}\u{7}")
    return work
  }

  @Test(arguments: ["-czf", "-cf"])
  func anArchiveGivesWhatItsFilesGive(flags: String) throws {
    let work = try prepare()
    let path = try archive(work, "2022.tar", flags)
    let summary = try work.backfill([path])
    #expect(summary.fileCount == 1 && summary.readCount == 3 && summary.failures == [])
    let files = try Workspace()
    try files.backfill([work.input])
    #expect(try work.tables() == files.tables())
    // The same contents outside of it add nothing.
    #expect(try work.backfill().knownCount == 3)
    #expect(try work.tables() == files.tables())
  }

  @Test func aChangedArchiveIsReadAgainAndOnlyNewMembersCount() throws {
    let work = try prepare()
    let path = try archive(work, "2022.tar.gz")
    Thread.sleep(forTimeInterval: 0.1)
    try work.backfill([path])
    #expect(try work.backfill([path]).unchangedCount == 1)
    try FileManager.default.removeItem(atPath: work.input + "/2022/A.csv")
    try work.write("2022/D.csv", CSV.file("D", count: 50))
    _ = try archive(work, "2022.tar.gz")
    let summary = try work.backfill([path])
    #expect(summary.readCount == 3 && summary.knownCount == 2)
    let files = try Workspace()
    try files.backfill([work.input])
    #expect(try work.tables() == files.tables())
  }

  @Test func aFileInAnArchivesPlaceReplacesItsMembers() throws {
    let work = try prepare()
    let path = try archive(work, "data")
    try work.backfill([path])
    let text = CSV.file("D", count: 50)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try work.backfill([path])
    let fresh = try Workspace()
    try fresh.backfill([fresh.write("d.csv", text)])
    #expect(try work.tables() == fresh.tables())
  }

  @Test func anArchiveThatWasMovedIsItsNewPathAlone() throws {
    let work = try prepare()
    let old = try archive(work, "old.tar")
    Thread.sleep(forTimeInterval: 0.1)
    try work.backfill([old])
    let new = work.folder.appendingPathComponent("new.tar").path
    try FileManager.default.moveItem(atPath: old, toPath: new)
    #expect(try work.backfill([new]).knownCount == 3)
    try work.write("2022/A.csv", CSV.file("A", count: 250))
    _ = try archive(work, "new.tar")
    try work.backfill([new])
    let files = try Workspace()
    try files.backfill([work.input])
    #expect(try work.tables() == files.tables())
    // Back again, it is an archive as any other.
    try FileManager.default.moveItem(atPath: new, toPath: old)
    #expect(try work.backfill([old]).knownCount == 3)
  }

  @Test func aFaultyMemberIsNamedAndTheOthersCount() throws {
    let work = try prepare()
    try work.write("2022/B.csv", "nonsense\n")
    let path = try archive(work, "2022.tar.gz")
    let failures = try work.backfill([path]).failures
    #expect(failures.map(\.path) == ["\(path)//./2022/B.csv"])
    #expect(try work.tables([.stationYear]).split(separator: "\n").count == 3)
    #expect(try work.backfill([path]).failures == failures)
  }

  @Test func anArchiveWithoutObservationsIsNamedEveryTime() throws {
    let work = try Workspace()
    try work.write("README.txt", "Not observations.\n")
    let path = try archive(work, "docs.tar.gz")
    Thread.sleep(forTimeInterval: 0.1)
    for _ in 0..<2 {
      let failures = try work.backfill([path]).failures
      #expect(failures.map(\.path) == [path])
      #expect(failures.first?.message.contains("holds no .csv or .psv file") == true)
    }
  }

  @Test func aCutArchiveIsNamed() throws {
    let work = try prepare()
    let path = try archive(work, "2022.tar.gz")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try bytes.dropLast(100).write(to: URL(fileURLWithPath: path))
    #expect(try work.backfill([path]).failures.map(\.path) == [path])
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(try work.backfill([path]).failures == [])
    #expect(try work.tables([.stationYear]).split(separator: "\n").count == 4)
  }
}

/// Patterns, streams and folders.
@Suite struct BackfillInputTests {
  @Test func aPatternThatNoShellHasExpandedNamesFiles() throws {
    let work = try Workspace()
    try work.write("1/a.csv", CSV.file("A", count: 3))
    try work.write("2/b.csv", CSV.file("B", count: 3))
    #expect(try work.backfill(["\(work.input)/*/*.csv"]).readCount == 2)
    let failures = try work.backfill(["\(work.input)/*.nothing"]).failures
    #expect(failures.map(\.path) == ["\(work.input)/*.nothing"])
  }

  @Test func namesThatAreEqualTextButOtherBytesAreOtherFiles() throws {
    let work = try Workspace()
    try work.write("\u{E9}.csv", CSV.file("A", count: 3))
    try work.write("e\u{301}.csv", CSV.file("B", count: 3))
    try #require(FileManager.default.contentsOfDirectory(atPath: work.input).count == 2)
    for _ in 0..<2 {
      try work.backfill()
      #expect(try work.tables([.stationYear]).split(separator: "\n").count == 3)
    }
  }

  @Test func anotherWayToAFileIsTheSameFile() throws {
    let work = try Workspace()
    let path = try work.write("a.csv", CSV.file("A", count: 3))
    try FileManager.default.createSymbolicLink(
      atPath: work.input + "/link.csv", withDestinationPath: path)
    #expect(try work.backfill([path, work.input, work.input + "/link.csv"]).fileCount == 1)
  }

  @Test func isdLiteOfAnotherStationIsAnotherContent() throws {
    let work = try Workspace()
    let line = "2014 01 01 00    10   -20 10160   250    40     4     0     0\n"
    try work.write("725300-94846-2014", line)
    try work.write("725301-94846-2014", line)
    let summary = try work.backfill()
    #expect(summary.readCount == 2 && summary.knownCount == 0)
    #expect(try work.tables([.stationYear]).contains("72530194846,2014,1,1.0,"))
  }
}
