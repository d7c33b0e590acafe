// `moaa hours --format csv` is a contract: its bytes, for figures worked out by hand.

import Testing

@Suite struct HoursTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  /// Ingests and aggregates rows of station, time and TMP.
  private func fill(_ rows: [(station: String, date: String, temperature: String)]) throws {
    let lines = rows.map { "\"\($0.station)\",\"\($0.date)\",\"\($0.temperature)\"\n" }
    let file = try folder.write("\"STATION\",\"DATE\",\"TMP\"\n" + lines.joined(), to: "rows.csv")
    #expect(try moaa("run", file, "--store", store, "--format", "csv").status == 0)
  }

  private func hours(_ words: String...) throws -> String {
    let outcome = try MoaaProcess(["hours", "--format", "csv", "--store", store] + words).finish()
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    return outcome.output
  }

  @Test func bothFormsAreSortedAndExact() throws {
    try fill([
      ("99999900002", "2024-06-20T10:00:00", "+0211,1"),
      ("72530094846", "2024-06-20T10:59:59", "-0005,5"),
      ("72530094846", "2024-06-20T10:10:00", "+0000,1"),
      ("72530094846", "2024-06-20T09:59:59", "+0601,1"),
      // Before 1970, where time is negative, and on the year's turn.
      ("99999900002", "1969-12-31T23:59:00", "-0931,1"),
      ("99999900002", "1970-01-01T00:00:00", "-0001,1"),
      // Refused: missing, and suspect.
      ("99999900002", "2024-06-20T11:00:00", "+9999,9"),
      ("99999900002", "2024-06-20T11:00:00", "+0100,2"),
    ])
    #expect(
      try hours() == """
        hour,count,min_tmp,mean_tmp,max_tmp
        1969-12-31T23:00:00Z,1,-93.1,-93.100000,-93.1
        1970-01-01T00:00:00Z,1,-0.1,-0.100000,-0.1
        2024-06-20T09:00:00Z,1,60.1,60.100000,60.1
        2024-06-20T10:00:00Z,3,-0.5,6.866667,21.1

        """)
    #expect(
      try hours("--by-station") == """
        station,hour,count,min_tmp,mean_tmp,max_tmp
        72530094846,2024-06-20T09:00:00Z,1,60.1,60.100000,60.1
        72530094846,2024-06-20T10:00:00Z,2,-0.5,-0.250000,0.0
        99999900002,1969-12-31T23:00:00Z,1,-93.1,-93.100000,-93.1
        99999900002,1970-01-01T00:00:00Z,1,-0.1,-0.100000,-0.1
        99999900002,2024-06-20T10:00:00Z,1,21.1,21.100000,21.1

        """)
    #expect(
      try hours("--from", "1970-01-01", "--to", "2024-06-20T10:00") == """
        hour,count,min_tmp,mean_tmp,max_tmp
        1970-01-01T00:00:00Z,1,-0.1,-0.100000,-0.1
        2024-06-20T09:00:00Z,1,60.1,60.100000,60.1

        """)
    #expect(
      try hours("--station", "72530094846", "--from", "2024-06-20T09:00:01") == """
        station,hour,count,min_tmp,mean_tmp,max_tmp
        72530094846,2024-06-20T10:00:00Z,2,-0.5,-0.250000,0.0

        """)
    #expect(try hours("--station", "nobody") == "station,hour,count,min_tmp,mean_tmp,max_tmp\n")
  }

  /// 1/640, -1/640 and 3/640 of a degree end in a 5 at the seventh decimal.
  @Test func meansAreRoundedHalfToEven() throws {
    for (hour, temperature) in [("08", "+0001,1"), ("09", "-0001,1"), ("10", "+0003,1")] {
      try fill(
        (0..<64).map { number in
          let minute = number % 60 < 10 ? "0\(number % 60)" : "\(number % 60)"
          return (
            "72530094846", "2024-06-20T\(hour):\(minute):0\(number / 60)",
            number == 63 ? temperature : "+0000,1"
          )
        })
    }
    #expect(
      try hours() == """
        hour,count,min_tmp,mean_tmp,max_tmp
        2024-06-20T08:00:00Z,64,0.0,0.001562,0.1
        2024-06-20T09:00:00Z,64,-0.1,-0.001562,0.0
        2024-06-20T10:00:00Z,64,0.0,0.004688,0.3

        """)
  }

  @Test func runPrintsWhatHoursPrints() throws {
    let noaa = try folder.sample(stations: 3, days: 2)
    for form in [[], ["--by-station"], ["--from", "2024-06-20T05", "--to", "2024-06-21"]] {
      for format in ["csv", "json", "table"] {
        let words = form + ["--format", format, "--store", store]
        let run = try MoaaProcess(["run", noaa] + words).finish()
        #expect(run.status == 0)
        #expect(run.output == (try MoaaProcess(["hours"] + words).finish().output))
        #expect(run.lines.count > 15)
      }
    }
  }

  @Test func theResultHashIsThatOfBothForms() throws {
    let noaa = try folder.sample(stations: 3, days: 2)
    #expect(try moaa("run", noaa, "--store", store, "--format", "csv").status == 0)
    let file = try folder.write(hours() + hours("--by-station"), to: "hours.csv")
    let sum = try MoaaProcess([file], program: "/usr/bin/sha256sum").finish().output.prefix(64)
    let replay = try moaa("replay", "--format", "csv", "--store", store)
    #expect(replay.lines.last?.split(separator: ",").last == sum)
  }

  @Test func anOpenHourIsShownAndNotFinal() throws {
    try fill([
      ("72530094846", "2024-06-20T10:00:00", "+0211,1"),
      ("72530094846", "2024-06-20T11:29:59", "+0211,1"),
    ])
    let json = try moaa("hours", "--format", "json", "--store", store)
    #expect(json.lines.filter { $0.contains("\"final\":false") }.count == 2)
    try fill([("72530094846", "2024-06-20T11:30:00", "+0211,1")])
    let later = try moaa("hours", "--format", "json", "--store", store)
    #expect(later.lines.filter { $0.contains("\"final\":false") }.count == 1)
  }

  @Test func anEmptySelectionIsToldPlainly() throws {
    let file = try folder.write(
      "STATION,DATE,TMP\n72530094846,2024-06-20T10:00:00,\"+0211,1\"\n", to: "row.csv")
    let times = ["--from", "2024-06-20T08", "--to", "2024-06-20T09", "--store", store]
    for words in [["run", file] + times, ["hours"] + times] {
      let table = try MoaaProcess(words).finish()
      #expect(table.status == 0)
      #expect(table.output == "")
      #expect(
        table.errors.contains("no hours between 2024-06-20T08:00:00Z and 2024-06-20T09:00:00Z\n"))
    }
    let station = try moaa("hours", "--station", "nobody", "--store", store)
    #expect(station.errors == "no hours of station nobody\n")
    #expect(
      try moaa("hours", "--from", "2025-01-01", "--format", "json", "--store", store).output
        == "[]\n")
  }
}
