// A server that fails in every way, and what is in the cache after it.

import Foundation
import TestSupport
import Testing

@testable import Downloads

@Suite struct DownloadFaultTests {
  let work: Workbench
  let station = "72530094846"
  let whole = Workbench.year("72530094846", 2022)
  let path = "global-hourly/2022/72530094846.csv"
  var url: String { Workbench.yearPath(station, 2022) }

  init() throws {
    work = try Workbench()
    work.server.put(whole, at: Workbench.yearPath("72530094846", 2022))
  }

  private func expectWhole(_ report: DownloadReport, requests: Int, _ comment: Comment = "") {
    #expect(report.failures == [] && report.missing == [] && report.fetchedCount == 1, comment)
    #expect(work.bytes(path) == whole, comment)
    #expect(work.names == [path, "manifest.tsv"], comment)
    #expect(work.server.log.count == requests, comment)
  }

  @Test func aFileComesOnceAndIsThenKnown() throws {
    expectWhole(try work.run(.year(2022, [station])), requests: 1)
    let again = try work.run(.year(2022, [station]))
    #expect(again.knownCount == 1 && again.fetchedCount == 0 && work.server.log.count == 1)
    #expect(work.server.log[0].headers["user-agent"] == "moaa-tests")
  }

  @Test func aServerThatIsSickIsAskedAgain() throws {
    work.server.fail(url, .status(503), .status(500))
    expectWhole(try work.run(.year(2022, [station])), requests: 3)
  }

  @Test func aServerThatStaysSickIsAFailureAndLeavesNothing() throws {
    work.server.fail(url, .status(503), .status(502), .status(504))
    let report = try work.run(.year(2022, [station]))
    #expect(report.failures.map(\.kind) == [.sick] && report.missing == [])
    #expect(report.failures[0].message.contains("status 504"))
    #expect(work.names == [])
  }

  /// Tomorrow it would say the same: there is no second attempt.
  @Test func aFileThatIsNotThereIsToldApartFromAServerThatFails() throws {
    let report = try work.run(.year(2022, ["99999999999"]))
    #expect(report.missing == [work.server.base + Workbench.yearPath("99999999999", 2022)])
    #expect(report.failures == [] && work.server.log.count == 1 && work.names == [])
  }

  @Test func whatTheServerForbidsIsNotTriedAgain() throws {
    work.server.fail(url, .status(403))
    let report = try work.run(.year(2022, [station]))
    #expect(report.failures.map(\.kind) == [.refused] && work.server.log.count == 1)
  }

  @Test func theServerIsLeftAloneAsLongAsItAsks() throws {
    work.server.fail(url, .status(503, retryAfter: 1))
    let start = Date()
    expectWhole(try work.run(.year(2022, [station])), requests: 2)
    // Not a bound on speed: it may take longer, but not shorter.
    #expect(Date().timeIntervalSince(start) >= 0.9)
  }

  @Test func aServerThatAsksForHoursEndsTheDownload() throws {
    work.server.fail(url, .status(429, retryAfter: 7200))
    let report = try work.run(.year(2022, [station]))
    #expect(report.failures.map(\.retryAfterSeconds) == [7200] && work.server.log.count == 1)
  }

  @Test(arguments: [0, 1, 17, 40_000])
  func aBodyThatIsCutIsContinuedWhereItWasCut(_ count: Int) throws {
    work.server.fail(url, .cut(after: count))
    expectWhole(try work.run(.year(2022, [station])), requests: 2)
    let range = work.server.log[1].headers["range"]
    #expect(range == (count == 0 ? nil : "bytes=\(count)-"))
    #expect(work.server.log[1].headers["if-range"] != nil || count == 0)
  }

  /// Progress gives new attempts.
  @Test func aBodyThatIsCutAgainAndAgainComesInTheEnd() throws {
    for cut in [20_000, 10_000, 10_000, 10_000, 5000, 5000, 5000] {
      work.server.fail(url, .cut(after: cut))
    }
    expectWhole(try work.run(.year(2022, [station]), retries: 1), requests: 8)
  }

  @Test func aPartIsContinuedByTheNextRun() throws {
    work.server.fail(url, .cut(after: 30_000))
    let cut = try work.run(.year(2022, [station]), retries: 0)
    #expect(cut.failures.map(\.kind) == [.sick])
    #expect(work.names == [path + ".part", path + ".part.source"])
    #expect(try work.cache().entry(path) == nil)
    let report = try work.run(.year(2022, [station]))
    expectWhole(report, requests: 2)
    #expect(report.byteCount == Int64(whole.count - 30_000))
  }

  @Test func aPartOfAnotherVersionIsBegunAnew() throws {
    work.server.fail(url, .cut(after: 30_000))
    _ = try work.run(.year(2022, [station]), retries: 0)
    let newer = Workbench.year(station, 2022, rows: 2100)
    work.server.put(newer, at: url)
    _ = try work.run(.year(2022, [station]))
    #expect(work.server.log[1].headers["range"] == "bytes=30000-")
    #expect(work.bytes(path) == newer)
  }

  @Test func aServerThatIgnoresRangesGivesTheWholeAgain() throws {
    work.server.fail(url, .cut(after: 30_000), .ignoreRange)
    expectWhole(try work.run(.year(2022, [station])), requests: 2)
  }

  @Test func anotherRangeThanWasAskedForIsNotTaken() throws {
    work.server.fail(url, .cut(after: 30_000), .wrongRange)
    expectWhole(try work.run(.year(2022, [station])), requests: 3)
    #expect(work.server.log[2].headers["range"] == nil)
  }

  /// Nothing says that what would follow belongs to it.
  @Test func aPartThatNothingIdentifiesIsBegunAnew() throws {
    work.server.fail(url, .cut(after: 30_000))
    _ = try work.run(.year(2022, [station]), retries: 0)
    let source = work.cacheFolder + "/" + path + ".part.source"
    try "half".write(toFile: source, atomically: false, encoding: .utf8)
    expectWhole(try work.run(.year(2022, [station])), requests: 2)
    #expect(work.server.log[1].headers["range"] == nil)
  }

  @Test func aPartAsLongAsTheFileIsBegunAnew() throws {
    work.server.fail(url, .cut(after: 30_000))
    _ = try work.run(.year(2022, [station]), retries: 0)
    let part = work.cacheFolder + "/" + path + ".part"
    try Data(whole + whole).write(to: URL(fileURLWithPath: part))
    expectWhole(try work.run(.year(2022, [station])), requests: 3)
  }

  @Test func aBodyShorterThanItsLengthDoesNotCount() throws {
    work.server.fail(url, .length(more: 5))
    // The second asks for what follows, and the server has no more.
    expectWhole(try work.run(.year(2022, [station])), requests: 3)
  }

  @Test func aServerThatFallsSilentIsAskedAgain() throws {
    work.server.fail(url, .stall(after: 30_000))
    expectWhole(try work.run(.year(2022, [station]), timeoutSeconds: 1), requests: 2)
    #expect(work.server.log[1].headers["range"] == "bytes=30000-")
  }

  @Test func redirectsAreFollowed() throws {
    work.server.put(whole, at: "/elsewhere.csv")
    work.server.fail(url, .redirect(to: "/elsewhere.csv"))
    expectWhole(try work.run(.year(2022, [station])), requests: 2)
  }

  @Test func aRedirectInACircleIsRefused() throws {
    work.server.fail("/a", .redirect(to: "/a"), .redirect(to: "/a"), .redirect(to: "/a"))
    work.server.fail("/a", .redirect(to: "/a"), .redirect(to: "/a"), .redirect(to: "/a"))
    work.server.fail(url, .redirect(to: "/a"))
    let report = try work.run(.year(2022, [station]))
    #expect(report.failures.map(\.kind) == [.refused])
  }

  @Test func aPageOfWordsIsNoFile() throws {
    work.server.fail(url, .words, .nothing)
    expectWhole(try work.run(.year(2022, [station])), requests: 3)
  }

  @Test func aServerThatSendsOnlyWordsDamages() throws {
    work.server.fail(url, .words, .words, .words)
    let report = try work.run(.year(2022, [station]))
    #expect(report.failures.map(\.kind) == [.damaged])
    #expect(report.failures[0].message.contains("something else"))
    #expect(work.names == [])
  }

  @Test func aBodyThatIsNotWhatItsMD5SaysIsFetchedAgain() throws {
    work.server.setETags(.text("\"\(try Self.md5(whole, in: work.folder))\""))
    work.server.fail(url, .corrupt(at: 20_000), .corrupt(at: 20_001))
    expectWhole(try work.run(.year(2022, [station])), requests: 3)
  }

  /// Not every ETag of that form is an MD5.
  @Test func theSameBytesTwiceAreTaken() throws {
    work.server.setETags(.text("\"00000000000000000000000000000000\""))
    expectWhole(try work.run(.year(2022, [station])), requests: 2)
  }

  @Test func bytesThatDifferEachTimeAreDamaged() throws {
    work.server.setETags(.text("\"00000000000000000000000000000000\""))
    work.server.fail(url, .corrupt(at: 20_000), .corrupt(at: 20_001), .corrupt(at: 20_002))
    let report = try work.run(.year(2022, [station]))
    #expect(report.failures.map(\.kind) == [.damaged] && work.names == [])
  }

  @Test func nobodyThereIsASickServer() throws {
    let report = try { () throws -> DownloadReport in
      let other = try Workbench()
      other.server.stop()
      return try other.run(.year(2022, [station]), retries: 1)
    }()
    #expect(report.failures.map(\.kind) == [.sick])
  }

  @Test func afterThreeFilesThatFailTheRestIsNotTried() throws {
    let stations = (0..<40).map { "\(72_530_000_000 + $0)" }
    for station in stations {
      work.server.fail(Workbench.yearPath(station, 2022), .status(503), .status(503))
    }
    let report = try work.run(.year(2022, stations), retries: 0)
    #expect(report.failures.count >= 3 && report.failures.count < 10)
    #expect(report.failures.count + report.notTriedCount == 40)
  }

  /// A fifth would be asked for at once.
  @Test func atMostFourConnectionsAreOpen() throws {
    let stations = (0..<12).map { "\(72_530_000_000 + $0)" }
    for station in stations {
      work.server.put(Workbench.year(station, 2022), at: Workbench.yearPath(station, 2022))
      work.server.fail(Workbench.yearPath(station, 2022), .stall(after: 10))
    }
    let server = work.server
    var lookCount = 0
    let report = try work.run(
      .year(2022, stations),
      shouldStop: {
        if server.log.count >= 4 { lookCount += 1 }
        return lookCount > 8
      })
    #expect(report.wasInterrupted && server.log.count == 4)
    server.forgetFaults()
    #expect(try work.run(.year(2022, stations)).fetchedCount == 12)
  }

  @Test func httpIsRefusedWhereTheBaseIsHTTPS() throws {
    let partial = try PartialFile(path: work.cacheFolder + "/x", url: work.server.base + "/x")
    let client = HTTPClient()
    let transfer = HTTPTransfer(
      url: work.server.base + url, headers: [], receiver: partial,
      HTTPSettings(userAgent: "x"))
    client.start(transfer)
    var ended = client.poll(milliseconds: 10)
    while ended.isEmpty { ended = client.poll(milliseconds: 10) }
    #expect(throws: DownloadFailure.self) { try transfer.finish(ended[0].code) }
    #expect(work.server.log.isEmpty)
  }

  @Test func whatIsStoppedGoesOnLater() throws {
    work.server.fail(url, .stall(after: 30_000))
    let server = work.server
    let folder = work.cacheFolder
    let report = try work.run(
      .year(2022, [station]),
      shouldStop: {
        let part = folder + "/global-hourly/2022/72530094846.csv.part"
        let size = (try? FileManager.default.attributesOfItem(atPath: part)[.size]) as? Int
        return size == 30_000 && !server.log.isEmpty
      })
    #expect(report.wasInterrupted && report.failures == [] && report.notTriedCount == 0)
    expectWhole(try work.run(.year(2022, [station])), requests: 2)
  }

  private static func md5(_ bytes: [UInt8], in folder: String) throws -> String {
    let file = folder + "/hashed"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/md5sum")
    process.arguments = [file]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: text.prefix(32), as: UTF8.self)
  }
}
