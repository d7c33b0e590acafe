// Where a large file is cut into ranges, and which threads fold them, changes nothing.

import Aggregation
import Foundation
import LogStore
import Observations
import Pipeline
import TestSupport
import Testing

@Suite struct LargeFileTests {
  /// Ranges of a few bytes up: with the least, most newlines are tried as a range's beginning, those within
  /// quotes too, and a header takes several ranges.
  @Test(arguments: SeededGenerator.seeds(10))
  func anyCutsGiveWhatTheWholeFileGives(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let input = try Workspace()
    for number in 0..<6 { try input.write("\(number).csv", RandomFile.csv(&random)) }
    try input.write("725300-94846-2013", RandomFile.isd(&random))
    try input.write("725300-94846-2014", RandomFile.isdLite(&random))
    let blockByteCount = Int.random(in: 1...40, using: &random)
    var cuts = FileCuts()
    cuts.blockByteCount = blockByteCount
    cuts.leastRangeCount = .max
    let whole = try Self.backfill(input.input, cuts)
    #expect(whole.summary.failures == [] && whole.summary.counts.accepted > 0)
    #expect(!whole.quarantine.isEmpty)
    cuts.leastRangeCount = 2
    for threads in 1...4 {
      cuts.blocksPerRange = Int.random(in: 1...(1 << (3 * threads - 2)), using: &random)
      // With 0, each range with a refused row is read again.
      cuts.refusedCountMax = threads % 2 == 0 ? 0 : 1 << 12
      let split = try Self.backfill(input.input, cuts, threads: threads)
      let what = "seed \(seed), \(threads) threads, \(cuts)"
      #expect(split.state == whole.state, "\(what)")
      #expect(split.quarantine == whole.quarantine, "\(what)")
      #expect(split.summary.counts == whole.summary.counts, "\(what)")
      #expect(split.summary.quarantinedCount == whole.summary.quarantinedCount)
      #expect(split.summary.fileByteCount == whole.summary.fileByteCount, "\(what)")
      #expect(split.summary.failures == [], "\(what)")
    }
  }

  /// A guess falls on every newline, of rows and within them.
  @Test func everyLengthOfARangeGivesWhatTheWholeFileGives() throws {
    let input = try Workspace()
    let name = "\"a\n\"\"S1\"\",\n\n\""
    let text =
      "\u{FEFF}STATION,DATE,TMP,NAME\r\nS1,2022-06-24T08:00:00,\"+0123,1\",\(name)\n"
      + "S1,nonsense,\"+0123,1\",\(name)\n\"S1\",\"bad\nS2,2022-06-24T09:00:00,\"+0124,1\",\(name)\r\n"
      + "\"S1\"x\n\nS1,short\nS1,2022-06-24T08:10:00,\"+0120,1\",\(name)"
    try input.write("a.csv", text)
    var cuts = FileCuts()
    cuts.blockByteCount = 1
    cuts.leastRangeCount = .max
    let whole = try Self.backfill(input.input, cuts)
    // The last row waits for its end: a name may go on.
    #expect(whole.summary.counts.accepted == 2 && whole.quarantine.values.first?.count == 5)
    cuts.leastRangeCount = 2
    for count in 1..<text.utf8.count {
      cuts.blocksPerRange = count
      #expect(try Self.backfill(input.input, cuts, threads: 3) == whole, "ranges of \(count) bytes")
    }
  }

  @Test func largeAndSmallFilesAndArchivesAreFoldedTogether() throws {
    var random = SeededGenerator(seed: 1)
    let input = try Workspace()
    for number in 0..<30 {
      let text = CSV.file("S\(number % 7)", count: number * 9, firstMinute: number)
      let name = "\(number).csv"
      if random.oneIn(3) {
        try input.write(name + ".gz", gzip(Array(text.utf8), in: input.folder))
      } else {
        try input.write(name, text)
      }
    }
    var cuts = FileCuts()
    cuts.leastRangeCount = .max
    let whole = try Self.backfill(input.input, cuts)
    // Files as small as these are left whole.
    #expect(try Self.backfill(input.input, FileCuts(), threads: 4).state == whole.state)
    cuts.blockByteCount = 1 << 10
    let wholeOfSmallBlocks = try Self.backfill(input.input, cuts)
    cuts.blocksPerRange = 2
    cuts.leastRangeCount = 3
    for threads in 1...4 {
      #expect(try Self.backfill(input.input, cuts, threads: threads) == wholeOfSmallBlocks)
    }
  }

  @Test func aFaultInTheMiddleChangesNothing() throws {
    let work = try Workspace()
    var cuts = FileCuts()
    cuts.blockByteCount = 1000
    cuts.blocksPerRange = 1
    let path = try work.write("a.csv", CSV.file("A", count: 300))
    _ = try Backfill(store: work.store, rule: BackfillRule(), options: Self.options(cuts))
      .run([path])
    let state = try Self.state(work.store)
    // The other file loses its end while it is read.
    let other = try work.write("b.csv", CSV.file("B", count: 900))
    for callCount in [3, 9, 20] {
      let calls = Counter()
      let options = Self.options(cuts, threads: 3) {
        if calls.next() == callCount { truncate(other, 9000) }
        return false
      }
      let summary = try Backfill(store: work.store, rule: BackfillRule(), options: options)
        .run([path, other])
      #expect(summary.failures.map(\.path) == [other])
      #expect(
        try Self.state(work.store, without: "backfill.files")
          == state.filter { $0.group != "backfill.files" })
      try work.write("b.csv", CSV.file("B", count: 900))
    }
    // Without its header it is read whole, and named as ever.
    try work.write("b.csv", "STATION,DATE\n" + CSV.file("B", count: 900))
    let summary = try Backfill(store: work.store, rule: BackfillRule(), options: Self.options(cuts))
      .run([other])
    #expect(summary.failures.map(\.line) == [1])
  }

  @Test func aRunThatIsInterruptedWithinAFileGoesOn() throws {
    let seed = SeededGenerator.seeds(1)[0]
    var random = SeededGenerator(seed: seed)
    let input = try Workspace()
    for number in 0..<3 { try input.write("\(number).csv", RandomFile.csv(&random, rowCount: 200)) }
    var cuts = FileCuts()
    cuts.blockByteCount = 500
    cuts.blocksPerRange = 2
    let whole = try Self.backfill(input.input, cuts, threads: 1)
    let work = try Workspace()
    var runs = 0
    while true {
      let calls = Counter()
      runs += 1
      let limit = 15 + 15 * runs
      let options = Self.options(cuts, threads: 1 + runs % 3) { calls.next() > limit }
      let summary = try Backfill(store: work.store, rule: BackfillRule(), options: options)
        .run([input.input])
      #expect(summary.failures == [])
      if !summary.wasInterrupted { break }
    }
    #expect(runs > 1, "seed \(seed)")
    #expect(try Self.state(work.store) == whole.state, "seed \(seed)")
    #expect(try Self.quarantine(work) == whole.quarantine, "seed \(seed)")
  }

  // MARK: What a backfill leaves behind

  private struct Value: Hashable {
    let group: String
    let key: [UInt8]
    let block: Int64
    let value: [UInt8]
  }

  private struct Result: Equatable {
    let summary: BackfillSummary
    let state: [Value]
    let quarantine: [String: [String]]

    static func == (left: Result, right: Result) -> Bool {
      left.state == right.state && left.quarantine == right.quarantine
        && left.summary.counts == right.summary.counts
        && left.summary.failures == right.summary.failures
        && left.summary.readCount == right.summary.readCount
        && left.summary.refusedExamples == right.summary.refusedExamples
    }
  }

  private static func options(
    _ cuts: FileCuts, threads: Int = 2, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) -> BackfillOptions {
    var options = BackfillOptions(threadCount: threads, shouldStop: shouldStop)
    options.cuts = cuts
    return options
  }

  private static func backfill(
    _ path: String, _ cuts: FileCuts, threads: Int = 2
  ) throws -> Result {
    let work = try Workspace()
    let summary = try Backfill(
      store: work.store, rule: BackfillRule(), options: options(cuts, threads: threads)
    ).run([path])
    return Result(
      summary: summary, state: try state(work.store), quarantine: try quarantine(work))
  }

  /// All that the store has but for stamps, which say when a file was read.
  private static func state(_ store: LogStore, without left: String = "") throws -> [Value] {
    var values: [Value] = []
    try store.read { view in
      for group in ["backfill", "backfill.contents", "backfill.files"] where group != left {
        try view.forEachState(group: group) { key, block, value in
          values.append(
            Value(
              group: group, key: Array(key), block: block,
              value: group == "backfill.files" ? Array(value.suffix(16)) : Array(value)))
        }
      }
    }
    return values
  }

  /// The refused rows of each file, in order.
  private static func quarantine(_ work: Workspace) throws -> [String: [String]] {
    var rows: [String: [String]] = [:]
    for record in try work.records(TopicName.quarantine) {
      let text = String(decoding: record.value ?? [], as: UTF8.self)
      rows[record.header("file") ?? "", default: []].append(
        "\(record.header("line") ?? "") \(record.header("reason") ?? ""): \(text)")
    }
    return rows
  }
}

/// Files with all that a row may be.
private enum RandomFile {
  static func csv(_ random: inout SeededGenerator, rowCount: Int? = nil) -> [UInt8] {
    var text = random.oneIn(4) ? "\u{FEFF}" : ""
    let newline = random.oneIn(3) ? "\r\n" : "\n"
    text += random.oneIn(5) ? "\"NA\nME\"," : "NAME,"
    text += "STATION,DATE,TMP,REPORT_TYPE" + newline
    for _ in 0..<(rowCount ?? Int.random(in: 0...120, using: &random)) {
      text += row(&random) + (random.oneIn(20) ? "\n\n" : newline)
    }
    if random.oneIn(3) { text.removeLast() }
    if random.oneIn(4) { text += "\"S1\",\"never ended\nS1,x\n" }
    return Array(text.utf8)
  }

  private static func row(_ random: inout SeededGenerator) -> String {
    let names = [
      "", "A, B", "x \"y\" z", "\"", "a\nb", "\n", "\"\n\"", "a\r\nb", "Zürich", "\"\"\n",
    ]
    var fields = [
      names.randomElement(using: &random)!, "S\(Int.random(in: 1...4, using: &random))",
      CSV.date(minute: Int.random(in: 0..<3000, using: &random)),
      CSV.text(Int.random(in: -300...300, using: &random)),
      ["FM-15", "FM-12", "SOD"].randomElement(using: &random)!,
    ]
    if random.oneIn(15) { fields.removeLast() }
    if random.oneIn(15) { fields.append("more") }
    if random.oneIn(15) { fields[2] = "nonsense" }
    let text = fields.map { "\"" + $0.replacingOccurrences(of: "\"", with: "\"\"") + "\"" }
      .joined(separator: ",")
    switch Int.random(in: 0..<40, using: &random) {
    case 0: return text + "\""
    case 1: return String(text.dropFirst())
    case 2: return "\"a\n" + text
    case 3: return text.replacingOccurrences(of: ",", with: "x,")
    case 4: return text + "\0"
    default: return text
    }
  }

  static func isd(_ random: inout SeededGenerator) -> [UInt8] {
    lines(&random) { random in
      let station = "7253009484\(Int.random(in: 0...9, using: &random))"
      let time =
        "201401\(Int.random(in: 10...20, using: &random))\(Int.random(in: 10...23, using: &random))51"
      let temperature = Int.random(in: 100...400, using: &random)
      return "0026\(station)\(time)7+41995-087934FM-15+0205KORD V0302505N00155005795MN0024145N5"
        + "-0\(temperature)5-0\(temperature)5102735ADDAA101000895REMMET004TEST"
    }
  }

  static func isdLite(_ random: inout SeededGenerator) -> [UInt8] {
    lines(&random) { random in
      let day = Int.random(in: 10...28, using: &random)
      let temperature = Int.random(in: 100...400, using: &random)
      return "2014 01 \(day) 10   \(temperature)   -20 10160   250    40     4     0     0"
    }
  }

  private static func lines(
    _ random: inout SeededGenerator, _ line: (inout SeededGenerator) -> String
  ) -> [UInt8] {
    var text = line(&random) + "\n"
    for _ in 0..<Int.random(in: 0...60, using: &random) {
      text += random.oneIn(10) ? String(line(&random).dropLast(40)) : line(&random)
      text += random.oneIn(9) ? "\r\n" : random.oneIn(9) ? "\n\n" : "\n"
    }
    text += "9999 nonsense\n" + line(&random)
    if random.oneIn(2) { text += "\n" }
    return Array(text.utf8)
  }
}
