// Exit codes of a backfill, and the message that comes with each.

import Glibc
import Testing

@Suite struct BackfillExitCodeTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }
  private static let header = "STATION,DATE,TMP\n"

  private func backfill(_ words: String...) throws -> Outcome {
    try MoaaProcess(["backfill"] + words + ["--format", "csv", "--store", store]).finish()
  }

  @Test func aTableThatDoesNotExistGivesTwoAndMakesNoStore() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    for names in ["hourr", "year,hourr", "Year", "year;day"] {
      let outcome = try backfill(noaa, "--by", names)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("is not a table: `moaa tables` lists them"))
    }
    #expect(access(store, F_OK) != 0)
    #expect(try backfill(noaa).status == 0)
    #expect(try moaa("table", "hourr", "--store", store).status == 2)
  }

  @Test func anEmptyTableNameGivesTwo() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    #expect(try backfill(noaa, "--by", "").status == 2)
    #expect(try backfill(noaa, "--by", ",").status == 2)
    #expect(try backfill(noaa).status == 0)
    let table = try moaa("table", "", "--store", store)
    #expect(table.status == 2)
    #expect(table.errors.contains("`moaa tables` lists them"))
  }

  @Test func anotherRuleGivesFiveUntilAReset() throws {
    let noaa = try folder.sample(stations: 1, days: 3)
    let first = try backfill(noaa, "--by", "year")
    for words in [["--quality", "all"], ["--reports", "routine"]] {
      let refused = try backfill(noaa, "--by", "year", words[0], words[1])
      #expect(refused.status == 5)
      #expect(refused.output == "")
      #expect(refused.errors.contains("`moaa reset backfill`"), "\(refused.errors)")
      // Weight and seasons are no part of it.
      #expect(try backfill(noaa, "--weight", "stations", "--seasons", "quarter").status == 0)
    }
    #expect(try backfill(noaa, "--by", "year").output == first.output)
    let reset = try moaa("reset", "backfill", "--store", store)
    #expect(reset.status == 0)
    #expect(reset.errors == "1 file content was forgotten\n")
    let other = try backfill(noaa, "--by", "year", "--reports", "routine")
    #expect(other.status == 0, "\(other.errors)")
    #expect(other.output != first.output)
  }

  @Test func rowsThatCannotBeReadGiveOneWithFileAndLineAndAreKeptOnce() throws {
    let file = try folder.write(
      Self.header + "A,2024-06-20T01:00:00,\"+0100,1\"\nA,2024-13-20T01:51:00,\"+0200,1\"\n",
      to: "bad.csv")
    let outcome = try backfill(file, "--by", "hour")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("moaa: \(file), line 3: DATE is not a moment"))
    #expect(outcome.errors.contains("1 row could not be read; kept: `moaa log dump quarantine`"))
    #expect(
      outcome.lines == [
        "hour,count,min_tmp,mean_tmp,max_tmp", "2024-06-20T01:00:00Z,1,10.0,10.000000,10.0",
      ])
    // Known now, and refused already.
    #expect(try backfill(file).status == 0)
    let kept = try quarantinedRows(store)
    #expect(kept.count == 1)
    #expect(kept[0].contains("file=\(file) line=3"))
  }

  @Test func rowsThatTheRuleRefusesGiveZeroAndAreCounted() throws {
    let file = try folder.write(
      Self.header + "A,2024-06-20T01:00:00,\"+9999,9\"\nA,2024-06-20T02:00:00,\"+0100,3\"\n",
      to: "refused.csv")
    let outcome = try backfill(file)
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("2 new rows: 0 accepted, 1 refused: missing-temperature, 1"))
    #expect(try quarantinedRows(store) == [])
  }

  @Test func filesThatCannotBeReadGiveOneAndTheOthersCount() throws {
    let good = try folder.write(
      Self.header + "A,2024-06-20T01:00:00,\"+0100,1\"\n", to: "good.csv")
    let bad = [
      try folder.write("", to: "empty.csv"), try folder.write("a,b\n1,2\n", to: "other.csv"),
      folder / "missing.csv",
    ]
    let outcome = try MoaaProcess(
      ["backfill", good] + bad + ["--by", "year", "--format", "csv", "--store", store]
    ).finish()
    #expect(outcome.status == 1)
    for file in bad { #expect(outcome.errors.contains("moaa: \(file)"), "\(outcome.errors)") }
    #expect(outcome.lines.last == "2024,1,10.0,10.000000,10.0")
    try expectWhole(store)
  }

  @Test func aTableBeforeAnyBackfillGivesFour() throws {
    #expect(try moaa("table", "year", "--store", store).status == 4)
    let noaa = try folder.sample(stations: 1, days: 1)
    #expect(try moaa("run", noaa, "--store", store).status == 0)
    let table = try moaa("table", "year", "--store", store)
    #expect(table.status == 4)
    #expect(table.errors.contains("Run `moaa backfill PATH...` first"))
  }
}
