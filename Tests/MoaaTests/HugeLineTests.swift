// Lines of 100 MB: refused with file and line, in bounded memory, and nothing else is lost.

import Foundation
import Testing

@Suite struct HugeLineTests {
  let folder = TemporaryFolder()

  enum Line: CaseIterable {
    case plain, quotedField, quotedFieldOfLines, openQuote
  }

  @Test(arguments: Line.allCases)
  func aHugeLineIsRefusedAndTheRestIsIngested(_ line: Line) throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    let file = try folder.write(
      "STATION,DATE,TMP\nA,2024-06-20T01:00:00,\"+0100,1\"\n", to: "a.csv")
    let handle = try #require(FileHandle(forWritingAtPath: file))
    try handle.seekToEnd()
    let piece = String(repeating: "x", count: 999_999)
    switch line {
    case .plain: break
    case .quotedField, .quotedFieldOfLines, .openQuote:
      try handle.write(contentsOf: Data("A,\"".utf8))
    }
    for _ in 0..<100 {
      try handle.write(contentsOf: Data((piece + (line == .quotedFieldOfLines ? "\n" : "x")).utf8))
    }
    if line == .quotedField || line == .quotedFieldOfLines {
      try handle.write(contentsOf: Data("\"".utf8))
    }
    try handle.write(contentsOf: Data("\nA,2024-06-20T02:00:00,\"+0300,1\"\n".utf8))
    try handle.close()

    let store = folder / "test.store"
    let run = try moaa("run", file, noaa, "--store", store, "--station", "A", "--format", "csv")
    #expect(run.status == 1)
    #expect(run.errors.contains("moaa: \(file), line 3: "), "\(run.errors)")
    #expect(
      run.output == """
        station,hour,count,min_tmp,mean_tmp,max_tmp
        A,2024-06-20T01:00:00Z,1,10.0,10.000000,10.0
        A,2024-06-20T02:00:00Z,1,30.0,30.000000,30.0

        """)
    #expect(run.peakBytes < 200_000_000, "\(run.peakBytes)")
    #expect(run.peakBytes > 5_000_000, "the measure works")
    #expect(try moaa("hours", "--by-station", "--store", store).lines.count > 15)
    let kept = try moaa("log", "dump", "quarantine", "--limit", "1", "--store", store)
    #expect(kept.output.contains("line=3"))
    guard line == .plain else { return }
    // Known again, and looked through for that, in as little memory.
    let again = try moaa("ingest", file, noaa, "--store", store)
    #expect(again.status == 0)
    #expect(again.errors.contains("ingested 0 records"))
    #expect(again.peakBytes < 200_000_000, "\(again.peakBytes)")
    #expect(kept.output.utf8.count < 10_000, "only the beginning is kept")
  }
}
