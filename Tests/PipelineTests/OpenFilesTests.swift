// How many files an ingest has open at once, and what it tells meanwhile.

import Foundation
import Testing

@testable import Pipeline

@Suite struct OpenFilesTests {
  /// Files below the workspace's input folder that this process has open.
  private func openNames(_ work: Workspace) throws -> [String] {
    let folder = "/proc/self/fd"
    return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { number in
      let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(number)")
      guard let path, path.hasPrefix(work.input) else { return nil }
      return String(path.dropFirst(work.input.count + 1))
    }
  }

  @Test func aGrownFileIsOpenedOnlyWhenItsNextRowIsDue() throws {
    let work = try Workspace()
    // One after another, and not in the order of their names.
    let firstMinutes = ["0.csv": 0, "1.csv": 30_000, "2.csv": 10_000, "3.csv": 20_000]
    let names = firstMinutes.keys.sorted()
    for count in [10, 600] {
      for (name, minute) in firstMinutes {
        try work.write(name, CSV.file(name, count: count, firstMinute: minute))
      }
      if count == 10 { try work.ingest() }
    }
    let planner = FilePlanner(store: work.store, format: nil, shouldStop: { false })
    let plan = try planner.plan(names.map { (path: "\(work.input)/\($0)", name: $0) })
    let cursors = plan.files.map { FileCursor($0, chunkByteCount: 1024, shouldStop: { false }) }
    let merge = FileMerge(cursors, shouldStop: { false })
    #expect(try openNames(work) == [])
    let first = try #require(merge.next())
    #expect(try openNames(work) == [first.plan.name])
    #expect(first.headSeconds == cursors.compactMap(\.seconds).min())
    var seconds: [Int64] = []
    while let cursor = merge.next() {
      #expect(cursor.hasHead)
      cursor.takeHead { row, _ in seconds.append(row.seconds) }
      merge.advance()
    }
    #expect(seconds.count == 4 * 590)
    #expect(seconds == seconds.sorted())
    #expect(merge.isAtEnd)
  }

  /// Between the probe and the scan: it must not pass for a version of the first.
  @Test func aFileThatIsReplacedWhileItIsLookedAtIsNamed() throws {
    let work = try Workspace()
    let path = try work.write("a.csv", CSV.file("A", count: 10))
    try work.ingest()
    let asked = Counter()
    let planner = FilePlanner(store: work.store, format: nil) {
      if asked.next() == 2 { _ = try? work.write("a.csv", CSV.file("B", count: 10)) }
      return false
    }
    let plan = try planner.plan([(path: path, name: "a.csv")])
    #expect(plan.failures.map(\.message) == ["the file changed while it was read"])
    #expect(plan.divergingNames == [] && plan.files.isEmpty)
  }

  @Test func progressIsToldBetweenCommits() throws {
    let work = try Workspace()
    try work.write("a.csv", CSV.file("001", count: 2800))
    let told = Told()
    var options = IngestOptions(recordsPerCommit: 1_000_000)
    options.onProgress = { told.add($0) }
    _ = try Ingest(store: work.store, options: options).run([work.input])
    let first = try #require(told.all.first)
    #expect(first.recordCount < 2800 && first.fileByteCount <= first.fileByteTotal)
  }

  @Test func aRunStopsWhileItPassesOverKnownRows() throws {
    let work = try Workspace()
    try work.write("a.csv", CSV.file("001", count: 2500))
    try work.ingest()
    try work.write("a.csv", CSV.file("001", count: 2800))
    let planner = FilePlanner(store: work.store, format: nil, shouldStop: { false })
    let plan = try planner.plan([(path: "\(work.input)/a.csv", name: "a.csv")])
    let asked = Counter()
    let stop = { asked.next() > 3 }
    let cursors = plan.files.map { FileCursor($0, chunkByteCount: 1024, shouldStop: stop) }
    let merge = FileMerge(cursors, shouldStop: stop)
    #expect(merge.next() === nil)
    #expect(!merge.isAtEnd)
  }
}

private final class Told: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var all: [IngestProgress] = []

  func add(_ progress: IngestProgress) { lock.withLock { all.append(progress) } }
}
