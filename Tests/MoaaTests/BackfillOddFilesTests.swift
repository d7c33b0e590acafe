// Files as they should not be: each is read for what it is, or named, and the others count.

import Foundation
import Glibc
import Testing

@Suite struct BackfillOddFilesTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }
  private static let header = "STATION,DATE,TMP\n"

  private func row(_ station: String, _ date: String = "2024-06-20T01:00:00") -> String {
    "\(station),\(date),\"+0100,1\"\n"
  }

  private func backfill(_ path: String) throws -> Outcome {
    let outcome = try moaa(
      "backfill", path, "--by", "station-hour", "--format", "csv", "--store", store)
    try expectWhole(store)
    return outcome
  }

  /// The stations of the table that was printed.
  private func stations(_ outcome: Outcome) -> [String] {
    outcome.lines.dropFirst().map { String($0.prefix { $0 != "," }) }
  }

  @Test func theContentDecidesAndNotTheName() throws {
    try folder.write(Self.header + row("PLAIN"), to: "in/plain.csv.gz")
    try folder.write(Self.header + row("GZIP"), to: "in/zipped")
    try folder.write(Self.header + row("TAR"), to: "in/packed")
    try shell(
      "gzip -c zipped > gzip.csv; tar -cf tar.csv --transform s/packed/x.csv/ packed; rm zipped packed",
      in: folder / "in")
    let outcome = try backfill(folder / "in")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(stations(outcome) == ["GZIP", "PLAIN", "TAR"])
  }

  @Test func byteOrderMarksLineEndsAndFilesWithoutRowsAreNoFaults() throws {
    try folder.write("\u{FEFF}" + Self.header + row("BOM"), to: "in/bom.csv")
    try folder.write(
      (Self.header + row("CRLF")).replacingOccurrences(of: "\n", with: "\r\n"), to: "in/crlf.csv")
    try folder.write(Self.header, to: "in/header.csv")
    try folder.write(String((Self.header + row("LAST")).dropLast()), to: "in/last.csv")
    let outcome = try backfill(folder / "in")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(stations(outcome) == ["BOM", "CRLF", "LAST"])
  }

  @Test func whatIsNoObservationIsNamedAndTheRestCounts() throws {
    let bad = [
      "empty.csv": "", "web.csv": "<html>404</html>\n",
      "nul.csv": String(repeating: "\0", count: 1000),
    ]
    for (name, text) in bad { try folder.write(text, to: "in/" + name) }
    try folder.write(
      Self.header + row("A") + row("B", "2024-06-20T0\u{0}:00:00") + row("C"), to: "in/good.csv")
    let outcome = try backfill(folder / "in")
    #expect(outcome.status == 1)
    for name in bad.keys { #expect(outcome.errors.contains("in/\(name)"), "\(outcome.errors)") }
    #expect(outcome.errors.contains("in/good.csv, line 3: the row holds a NUL byte"))
    #expect(stations(outcome) == ["A", "C"])
  }

  @Test func theFirstYearIsKeptAndTheLastIsAhead() throws {
    try folder.write(
      Self.header + row("A", "0001-01-01T00:00:00") + row("A", "0001-12-31T23:59:59")
        + row("A", "9999-12-31T23:59:59"), to: "in/a.csv")
    let outcome = try backfill(folder / "in")
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("2 accepted, 1 refused: too-far-ahead"))
    for (rule, year) in [("meteorological", 2), ("quarter", 1)] {
      let seasons = try moaa(
        "table", "season", "--seasons", rule, "--format", "csv", "--store", store)
      #expect(seasons.lines.last?.hasPrefix("\(year),") == true, "\(seasons.output)")
    }
  }

  @Test func aHugeLineIsRefusedInBoundedMemory() throws {
    try shell(
      """
      mkdir in; cd in; (printf 'STATION,DATE,TMP\\n\(row("A").dropLast())\\nA,"'
      head -c 100000000 /dev/zero | tr '\\0' x; printf '\\n\(row("B").dropLast())\\n') > huge.csv
      """, in: folder.path)
    let outcome = try backfill(folder / "in")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("in/huge.csv, line 3: the line is longer than any row may be"))
    #expect(stations(outcome) == ["A", "B"])
    #expect(outcome.peakBytes < 100_000_000, "\(outcome.peakBytes)")
  }

  @Test func thousandsOfTinyFilesAreReadAndSkippedNextTime() throws {
    try shell(
      """
      mkdir in; cd in; for i in $(seq -f %04.0f 3000); do
        printf 'STATION,DATE,TMP\\n%s,2024-06-20T01:00:00,"+0100,1"\\n' $i > $i.csv
      done
      """, in: folder.path)
    usleep(100_000)
    let outcome = try backfill(folder / "in")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("read 3,000 files"))
    #expect(stations(outcome).count == 3000)
    let again = try backfill(folder / "in")
    #expect(again.errors.contains("skipped 3,000 unchanged"), "\(again.errors)")
    #expect(again.output == outcome.output)
  }

  /// Links, folders and devices have no content; a name that leads elsewhere is only a name; of two members
  /// with one name the last counts, as when it is unpacked.
  @Test func oddMembersOfAnArchiveAreNoFaults() throws {
    try shell(
      """
      mkdir -p in/d.csv; cd in
      printf 'STATION,DATE,TMP\\n\(row("OLD").dropLast())\\n' > a.csv
      ln -s /etc/passwd link.csv; ln a.csv hard.csv; mkfifo fifo.csv
      tar -cPf ../odd.tar d.csv link.csv a.csv hard.csv fifo.csv
      printf 'STATION,DATE,TMP\\n\(row("NEW").dropLast())\\n' > a.csv
      tar -rf ../odd.tar a.csv
      tar -rPf ../odd.tar --transform 's,a.csv,../../up.csv,' a.csv
      """, in: folder.path)
    let outcome = try backfill(folder / "odd.tar")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(stations(outcome) == ["NEW"])
    #expect(TemporaryFolder.names(in: folder.path).contains("up.csv") == false)
  }
}
