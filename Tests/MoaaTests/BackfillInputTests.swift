// The ways to name what is to be backfilled.

import Testing

@Suite struct BackfillInputTests {
  let folder = TemporaryFolder()

  private func table(_ store: String) throws -> String {
    let outcome = try moaa("table", "station-hour", "--format", "csv", "--store", store)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  /// The table of a folder's files.
  private func expected(_ noaa: String) throws -> String {
    #expect(try moaa("backfill", noaa, "--store", folder / "folder.store").status == 0)
    return try table(folder / "folder.store")
  }

  @Test func standardInputIsReadWhateverItsFormat() throws {
    let noaa = try folder.sample(stations: 3, days: 5)
    let expected = try expected(noaa)
    try shell("tar -czf all.tar.gz noaa", in: folder.path)
    let store = folder / "test.store"
    for _ in 0..<2 {
      let outcome = try moaa("backfill", "-", "--store", store, input: folder / "all.tar.gz")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try table(store) == expected)
    }
    // Its bytes tell that it is the same, by whatever way they come.
    #expect(try moaa("backfill", noaa, "--store", store).errors.contains("3 with a content known"))
    #expect(try table(store) == expected)
  }

  @Test func aPipeOfUncompressedRowsIsRead() throws {
    let noaa = try folder.sample(stations: 1, days: 5)
    let expected = try expected(noaa)
    try shell("gzip noaa/*", in: folder.path)
    let store = folder / "test.store"
    try shell("zcat noaa/*.gz | \(moaaPath) backfill - --store \(store)", in: folder.path)
    #expect(try table(store) == expected)
  }

  @Test func aWrongFormatIsRefusedAndLeavesTheFilesToTheRightOne() throws {
    let noaa = try folder.sample(stations: 2, days: 2)
    let expected = try expected(noaa)
    let store = folder / "test.store"
    let wrong = try moaa("backfill", noaa, "--input-format", "isd", "--store", store)
    #expect(wrong.status == 1)
    #expect(wrong.errors.contains("no row can be read as isd: leave --input-format out"))
    #expect(try quarantinedRows(store) == [])
    #expect(try moaa("backfill", noaa, "--store", store).status == 0)
    #expect(try table(store) == expected)
  }

  @Test func aPatternInQuotesNamesFiles() throws {
    let noaa = try folder.sample(stations: 4, days: 2)
    let expected = try expected(noaa)
    try shell("mkdir other && mv noaa/0* other && gzip noaa/*", in: folder.path)
    let store = folder / "test.store"
    let outcome = try moaa(
      "backfill", "other/*.csv", "n*/*.csv.gz", "--store", store, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("read 4 files"))
    #expect(try table(store) == expected)
    let nothing = try moaa("backfill", "no*/*.txt", "--store", store, in: folder.path)
    #expect(nothing.status == 1)
    #expect(nothing.errors.contains("moaa: no*/*.txt: No such file or directory"))
  }

  @Test func namesWithBlanksAndLineEndsAreNames() throws {
    let file = try folder.write(
      "STATION,DATE,TMP\nA,2024-06-20T01:00:00,\"+0100,1\"\n", to: "in/a b\nc*.csv")
    let store = folder / "test.store"
    #expect(try moaa("backfill", file, "--store", store).status == 0)
    #expect(try moaa("backfill", folder / "in", "--store", store).errors.contains("read "))
    #expect(try table(store).split(separator: "\n").count == 2)
  }

  @Test func foldersThatLeadRoundInACircleAreReadOnce() throws {
    let noaa = try folder.sample(stations: 2, days: 1)
    let expected = try expected(noaa)
    try shell("mkdir noaa/sub && ln -s .. noaa/sub/up && ln -s . noaa/loop", in: folder.path)
    let store = folder / "test.store"
    let outcome = try moaa(
      "backfill", noaa, noaa + "/sub/up", noaa + "/loop/loop", "--store", store)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("read 2 files"))
    #expect(try table(store) == expected)
  }
}
