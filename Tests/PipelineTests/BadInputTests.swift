// What bad input gets: a message with file and line, a place in quarantine, and the rest goes on.

import Aggregation
import Foundation
import LogStore
import Observations
import Pipeline
import Testing

struct BadFile: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: [UInt8]
  /// What the message of a failure says, when the whole file is refused.
  var failure: String?
  /// Reasons and lines of refused rows.
  var refused: [String] = []
  var recordCount: Int64 = 0

  init(
    _ name: String, _ text: String, failure: String? = nil, refused: [String] = [],
    recordCount: Int64 = 0
  ) {
    self.init(
      name, bytes: Array(text.utf8), failure: failure, refused: refused, recordCount: recordCount)
  }

  init(
    _ name: String, bytes: [UInt8], failure: String? = nil, refused: [String] = [],
    recordCount: Int64 = 0
  ) {
    self.name = name
    self.bytes = bytes
    self.failure = failure
    self.refused = refused
    self.recordCount = recordCount
  }

  var testDescription: String { name }
}

private let row = CSV.row("001", "2022-06-01T00:00:00", "+0100,1")
private let good = CSV.row("001", "2022-06-01T01:00:00", "+0110,1")

private let badFiles = [
  BadFile("empty", "", failure: "the file is empty"),
  BadFile("header only", CSV.header),
  BadFile("no TMP", "\"STATION\",\"DATE\"\n\"1\",\"2\"\n", failure: "no column TMP"),
  BadFile("nothing needed", "a,b\n1,2\n", failure: "no column STATION, DATE, TMP"),
  BadFile("binary", bytes: [0x7F, 0x45, 0x4C, 0x46, 0, 1, 2, 0x0A, 0, 0], failure: "not CSV"),
  BadFile("BOM", "\u{FEFF}" + CSV.header + row, recordCount: 1),
  BadFile("CRLF", (CSV.header + row + good).replacing("\n", with: "\r\n"), recordCount: 2),
  BadFile(
    "NUL", CSV.header + row.replacing("A, B", with: "A\0B") + good, refused: ["nul-byte 2"],
    recordCount: 1),
  BadFile(
    "unclosed quote", CSV.header + row.replacing("A, B\"", with: "A, B") + good,
    refused: ["malformed-quote 2"], recordCount: 1),
  BadFile(
    "too few fields", CSV.header + "\"001\",\"2022-06-01T00:00:00\"\n" + good,
    refused: ["too-few-fields 2"], recordCount: 1),
  BadFile(
    "too many fields", CSV.header + row.replacing("\"A, B\"", with: "A, B") + good,
    refused: ["too-many-fields 2"], recordCount: 1),
  BadFile(
    "bad date", CSV.header + row.replacing("06-01", with: "02-30") + good,
    refused: ["bad-date 2"], recordCount: 1),
  BadFile(
    "not a number", CSV.header + row.replacing("+0100", with: "+01x0") + good,
    refused: ["bad-temperature 2"], recordCount: 1),
  BadFile(
    "impossible", CSV.header + good + row.replacing("+0100", with: "+0900"),
    refused: ["temperature-out-of-range 3"], recordCount: 1),
  BadFile(
    "no such code", CSV.header + row.replacing("0100,1", with: "0100,8") + good,
    refused: ["unknown-quality-code 2"], recordCount: 1),
  BadFile(
    "no station", CSV.header + row.replacing("001", with: "") + good, refused: ["bad-station 2"],
    recordCount: 1),
  BadFile(
    "cut off", CSV.header + good + row.dropLast(9), refused: ["truncated-line 3"], recordCount: 1),
]

@Suite struct BadInputTests {
  @Test(arguments: badFiles)
  func itIsNamedAndTheRestGoesOn(_ bad: BadFile) throws {
    let work = try Workspace()
    let path = try work.write("bad.csv", bad.bytes)
    try work.write("good.csv", CSV.file("GOOD", count: 3))
    let summary = try work.ingest()
    #expect(summary.recordCount == 3 + bad.recordCount)
    if let failure = bad.failure {
      #expect(summary.failures.count == 1)
      let text = summary.failures.first?.description ?? ""
      #expect(text.hasPrefix(path) && text.contains(failure), "\(text)")
    } else {
      #expect(summary.failures == [])
    }
    let kept = try work.records(TopicName.quarantine)
    #expect(
      kept.map { "\($0.header("reason") ?? "") \($0.header("line") ?? "")" } == bad.refused)
    #expect(kept.allSatisfy { $0.header("file") == path && $0.value?.isEmpty == false })
    #expect(summary.refusedCount == Int64(bad.refused.count))
    #expect(summary.refusedExamples.allSatisfy { $0.path == path && $0.line != nil })
    #expect(try work.ingest().recordCount == 0)
  }

  @Test func whatCannotBeOpenedIsNamed() throws {
    let work = try Workspace()
    let missing = work.input + "/missing.csv"
    try FileManager.default.createDirectory(
      atPath: work.input + "/empty", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: work.input + "/empty/round", withDestinationPath: work.input)
    let good = try work.write("good.csv", CSV.file("1", count: 2))
    let summary = try work.ingest([missing, work.input + "/empty", good])
    #expect(summary.recordCount == 2)
    #expect(summary.failures.map(\.path) == [missing, work.input + "/empty"])
    #expect(summary.failures.first?.message == "No such file or directory")
  }

  @Test func gzipIsReadToWhereItIsCut() throws {
    let work = try Workspace()
    let text = CSV.file("1", count: 2800)
    let packed = try gzip(Array(text.utf8), in: work.folder)
    let whole = try work.write("whole.gz", packed)
    #expect(try work.ingest([whole]).recordCount == 2800)

    let cut = try Workspace()
    let path = try cut.write("cut.csv.gz", Array(packed.prefix(packed.count / 2)))
    let summary = try cut.ingest()
    #expect(summary.failures.map(\.path) == [path])
    #expect(summary.failures.first?.message.contains("end early") == true)
    #expect(summary.recordCount > 0 && summary.recordCount < 2800)
    // The rest comes with the whole file.
    try cut.write("cut.csv.gz", packed)
    #expect(try cut.ingest().recordCount == 2800 - summary.recordCount)
  }

  @Test func nothingOfADamagedGzipFileIsTakenAndAGoodCopyIsWholeLater() throws {
    let text = CSV.file("1", count: 2800)
    // Before: no row of the file is known, or half of them are.
    for before in [CSV.header, String(text.prefix(text.utf8.count / 2))] {
      let work = try Workspace()
      let packed = try gzip(Array(text.utf8), in: work.folder)
      let path = try work.write("a.csv.gz", gzip(Array(before.utf8), in: work.folder))
      let knownCount = try work.ingest([path]).recordCount
      let keptCount = try work.records(TopicName.quarantine).count
      // In the first row, in the middle, and in the checksum alone.
      for place in [100, packed.count / 2, packed.count - 6] {
        var damaged = packed
        damaged[place] ^= 0xFF
        try work.write("a.csv.gz", damaged)
        let summary = try work.ingest([path])
        #expect(summary.failures.map(\.path) == [path])
        #expect(summary.failures.first?.message.contains("damaged") == true)
        #expect(summary.recordCount == 0 && summary.divergingNames == [], "byte \(place)")
        #expect(try work.records(TopicName.quarantine).count == keptCount, "byte \(place)")
      }
      try work.write("a.csv.gz", packed)
      let summary = try work.ingest([path])
      #expect(summary.recordCount == 2800 - knownCount && summary.divergingNames == [])
    }
  }

  @Test func membersOfGzipAreOneFileAndZerosAreNothing() throws {
    let work = try Workspace()
    let rows = CSV.file("1", count: 100).split(separator: "\n", omittingEmptySubsequences: false)
    let first = rows[..<40].joined(separator: "\n") + "\n"
    let second = rows[40...].joined(separator: "\n")
    let packed = try [first, second].flatMap { try gzip(Array($0.utf8), in: work.folder) }
    try work.write("a.csv.gz", packed + [UInt8](repeating: 0, count: 512))
    let summary = try work.ingest()
    #expect(summary.recordCount == 100)
    #expect(summary.failures == [])
  }

  @Test func explanationShowsWhatBecameOfEveryRecord() throws {
    let work = try Workspace()
    let rows = [
      CSV.row("A", "2022-06-01T08:00:00", "+0100,1"),
      CSV.row("A", "2022-06-01T08:30:00", "+0200,3"),
      CSV.row("B", "2022-06-01T08:59:59", "+0300,1"),
      CSV.row("A", "2022-06-01T09:00:00", "+0400,1"),
    ]
    try work.ingest([work.write("a.csv", CSV.header + rows.joined())])
    try work.aggregate()
    let hour = try #require(try work.records(TopicName.hourly).first).eventTime / 3_600_000
    let all = try Explanation.make(hour: hour, station: nil, in: work.store)
    #expect(all.records.map(\.station) == ["A", "A", "B"])
    #expect(all.records.map(\.refusal) == [nil, .suspectOrErroneous, nil])
    #expect(all.result?.accumulator.count == 2)
    #expect(all.emissions.count == 1)
    let one = try Explanation.make(hour: hour, station: "A", in: work.store)
    #expect(one.records.count == 2 && one.result?.accumulator.sumTenths == 100)
    #expect(try Explanation.make(hour: hour - 5, station: nil, in: work.store).result == nil)
  }

  @Test func explanationTellsWhichRecordsCameTooLate() throws {
    let work = try Workspace()
    let dates = ["08:00", "08:59", "09:59", "10:00"]
    let rows = dates.map { CSV.row("A", "2022-06-01T\($0):00", "+0100,1") }
    try work.ingest([work.write("a.csv", CSV.header + rows.joined())])
    for (name, minute) in [("B", 10), ("C", 50)] {
      let row = CSV.row(name, "2022-06-01T08:\(minute):00", "+0200,1")
      try work.ingest([work.write("\(name).csv", CSV.header + row)])
    }
    // The latest record is at 10:00; an hour after 09:00 nothing of the hour counts any more.
    try work.aggregate(AggregationRule(delaySeconds: 0, allowedLatenessSeconds: 3600))
    let hour = try #require(Timestamp(argument: "2022-06-01T08")).hourIndex
    let explanation = try Explanation.make(hour: hour, station: nil, in: work.store)
    #expect(explanation.records.map(\.refusal) == [nil, nil, .tooLate, .tooLate])
    #expect(explanation.result?.accumulator.count == 2)
  }

  @Test func aPipeIsReadOnceAndADeviceRefused() throws {
    let work = try Workspace()
    let path = work.input + "/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    let text = Data(CSV.file("1", count: 500).utf8)
    let writer = Thread { try? text.write(to: URL(fileURLWithPath: path)) }
    writer.start()
    let summary = try work.ingest([path, "/dev/zero"])
    #expect(summary.recordCount == 500)
    #expect(summary.failures.map(\.path) == ["/dev/zero"])
    // Found in a folder, a pipe is passed over: nobody may be writing to it.
    #expect(try work.ingest().fileCount == 0)
  }
}
