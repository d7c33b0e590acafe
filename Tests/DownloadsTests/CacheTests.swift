// The manifest and the parts: what counts as done, whatever was killed.

import Foundation
import TestSupport
import Testing

@testable import Downloads

@Suite struct DownloadCacheTests {
  let work: Workbench

  init() throws {
    work = try Workbench()
    try FileManager.default.createDirectory(
      atPath: work.cacheFolder, withIntermediateDirectories: true)
  }

  private var manifestPath: String { work.cacheFolder + "/manifest.tsv" }

  private func entry(_ path: String, bytes: Int64 = 5) -> ManifestEntry {
    ManifestEntry(
      path: path,
      content: .init(byteCount: bytes, sha256: String(repeating: "a", count: 64)),
      url: "http://x/\(path)", etag: "\"e\"", fetchedSeconds: 1, checkedSeconds: 2)
  }

  @Test func entriesComeBackAsTheyWereAddedSorted() throws {
    var manifest = try Manifest(manifestPath)
    var none = entry("c")
    none.content = nil
    for entry in [entry("b"), entry("a"), none, entry("b", bytes: 6)] { try manifest.add(entry) }
    #expect(try Manifest(manifestPath).entries == manifest.entries)
    try manifest.save()
    let text = try String(contentsOfFile: manifestPath, encoding: .utf8)
    #expect(text.split(separator: "\n").map { $0.prefix(1) } == ["#", "a", "b", "c"])
    #expect(try Manifest(manifestPath).entries.count == 3)
    #expect(try Manifest(manifestPath).entries["b"]?.content?.byteCount == 6)
  }

  /// Of a process that was killed while it wrote.
  @Test func aManifestCutAnywhereHasWholeEntriesOnly() throws {
    var manifest = try Manifest(manifestPath)
    let entries = ["a", "b", "c"].map { entry($0) }
    for entry in entries { try manifest.add(entry) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: manifestPath))
    let heading = whole.firstIndex(of: 10) ?? 0
    for cut in (heading + 1)...whole.count {
      try whole.prefix(cut).write(to: URL(fileURLWithPath: manifestPath))
      var found = try Manifest(manifestPath)
      let count = whole.prefix(cut).filter { $0 == 10 }.count - 1
      #expect(found.entries.values.sorted { $0.path < $1.path } == Array(entries[..<count]))
      if cut % 40 == 0 {
        try found.add(entry("d"))
        #expect(try Manifest(manifestPath).entries.count == count + 1, "after \(cut) bytes")
      }
    }
  }

  @Test func aManifestOfAnotherVersionIsLeftAlone() throws {
    try "#moaa-cache/2\n".write(toFile: manifestPath, atomically: false, encoding: .utf8)
    #expect(throws: DownloadFailure.self) { try work.cache() }
  }

  @Test func aFileThatWasChangedOrRemovedIsFound() throws {
    let ids = ["72530094846", "03772099999", "01001099999"]
    for id in ids {
      work.server.put(Workbench.year(id, 2022), at: Workbench.yearPath(id, 2022))
    }
    _ = try work.run(.year(2022, ids))
    func faults() throws -> [String: String] {
      var found: [String: String] = [:]
      try work.cache().verify(shouldStop: { false }) { entry, fault in
        if let fault { found[entry.path] = fault.rawValue }
      }
      return found
    }
    #expect(try faults() == [:])
    func path(_ id: String) -> String { "global-hourly/2022/\(id).csv" }
    var bytes = work.bytes(path(ids[0]))
    bytes[100] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: "\(work.cacheFolder)/\(path(ids[0]))"))
    try FileManager.default.removeItem(atPath: "\(work.cacheFolder)/\(path(ids[1]))")
    #expect(try faults() == [path(ids[0]): "changed", path(ids[1]): "missing"])
    // What is not there any more is fetched again.
    #expect(try work.run(.year(2022, ids)).fetchedCount == 1)
  }

  @Test func contentRangesAndETagsAreReadAsWritten() {
    #expect(PartialFile.contentRange("bytes 5-9/10")?.start == 5)
    #expect(PartialFile.contentRange("bytes 5-9/10")?.total == 10)
    #expect(PartialFile.contentRange("bytes 5-9/*")?.total == nil)
    #expect(PartialFile.contentRange("bytes */10") == nil)
    #expect(PartialFile.contentRange("5-9/10") == nil)
    let digits = "0123456789abcdef0123456789ABCDEF"
    #expect(PartialFile.md5(inETag: "\"\(digits)\"") == digits.lowercased())
    for etag in [digits, "W/\"\(digits)\"", "\"\(digits)-2\"", "\"\(digits.dropLast())x\"", ""] {
      #expect(PartialFile.md5(inETag: etag) == nil)
    }
  }
}
