// What a backfill prints: the same figures as CSV, JSON and a table for people.

import Foundation
import Glibc
import Testing

@Suite struct BackfillOutputTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  /// Rows of CSV, by column.
  private func rows(csv: some StringProtocol) -> [[String: String]] {
    func fields(_ line: Substring) -> [String] {
      var fields = [""]
      var isQuoted = false
      for character in line {
        switch character {
        case "\"": isQuoted.toggle()
        case "," where !isQuoted: fields.append("")
        default: fields[fields.count - 1].append(character)
        }
      }
      return fields
    }
    let lines = csv.split(separator: "\n").map { fields(Substring($0)) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  private func rows(json: Any?) throws -> [[String: String]] {
    try #require(json as? [[String: Any]]).map { row in
      row.mapValues { value in
        switch value {
        case let text as String: text
        case let number as NSNumber: "\(number.doubleValue)"
        default: ""
        }
      }
    }
  }

  private func expectSame(
    _ csv: [[String: String]], _ json: [[String: String]], _ name: String
  ) {
    #expect(!csv.isEmpty && csv.count == json.count, "\(name)")
    for (left, right) in zip(csv, json) where left != right {
      let isSame =
        Set(left.keys) == Set(right.keys)
        && left.allSatisfy { key, text in
          right[key] == text || right[key].flatMap(Double.init) == Double(text)
        }
      #expect(isSame, "\(name): \(left), \(right)")
    }
  }

  @Test func jsonHasTheFiguresOfCSVForEveryTable() throws {
    let noaa = try folder.sample(stations: 6, days: 30)
    let names = try moaa("tables", "--format", "csv").lines.dropFirst().map {
      String($0.prefix { $0 != "," })
    }
    let words = ["backfill", noaa, "--by", names.joined(separator: ","), "--store", store]
    let csv = try MoaaProcess(words + ["--format", "csv"]).finish()
    let json = try MoaaProcess(words + ["--format", "json"]).finish()
    #expect(csv.status == 0 && json.status == 0)
    let parts = csv.output.split(separator: "\n\n")
    #expect(parts.count == names.count)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(Set(object.keys) == Set(names))
    for (name, part) in zip(names, parts) {
      expectSame(rows(csv: part), try rows(json: object[name]), name)
      // One alone is an array.
      let alone = try moaa("table", name, "--format", "json", "--store", store)
      let array = try JSONSerialization.jsonObject(with: Data(alone.output.utf8))
      expectSame(rows(csv: part), try rows(json: array), name)
      #expect(try moaa("table", name, "--format", "csv", "--store", store).lines.count > 1)
    }
  }

  @Test func aTableForPeopleHasHeadingsAndTheRuleBesideIt() throws {
    let file = try folder.write(
      """
      STATION,DATE,TMP
      A,2024-06-20T01:00:00,"+0100,1"
      A,2024-07-20T01:00:00,"-0101,1"

      """, to: "a.csv")
    let outcome = try moaa("backfill", file, "--by", "month,year", "--store", store)
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        month
        year  month  count  min_tmp    mean_tmp  max_tmp
        2024      6      1     10.0   10.000000     10.0
        2024      7      1    -10.1  -10.100000    -10.1

        year
        year  count  min_tmp   mean_tmp  max_tmp
        2024      2    -10.1  -0.050000     10.0

        """)
    #expect(
      outcome.errors.contains(
        "quality passed, reports all, weight reports, seasons meteorological"))
    #expect(outcome.errors.contains("read 1 file in "))
  }

  @Test func aTableInTheMakingStopsWhenInterrupted() throws {
    try shell(
      """
      (echo STATION,DATE,TMP; seq -f 'S%06.0f,2024-06-20T01:00:00,"+0100,1"' 30000) > many.csv
      """, in: folder.path)
    #expect(try moaa("backfill", folder / "many.csv", "--store", store).status == 0)
    for words in [
      ["table", "station-hour"], ["table", "year"], ["hours", "--results", "backfill"],
    ] {
      let clock = ContinuousClock()
      let start = clock.now
      let whole = try MoaaProcess(words + ["--store", store]).finish()
      #expect(whole.status == 0)
      let microseconds = (clock.now - start) / .microseconds(1)
      // In the middle of it; where the machine has other work, sooner or later.
      let statuses = try (1...5).map { _ in
        let process = try MoaaProcess(words + ["--store", store])
        usleep(UInt32(microseconds / 2))
        process.signal(SIGINT)
        let outcome = process.finish()
        #expect(outcome.status != 130 || whole.output.hasPrefix(outcome.output))
        return outcome.status
      }
      #expect(statuses.contains(130), "\(words): \(statuses)")
      #expect(statuses.allSatisfy { [0, 130].contains($0) }, "\(words): \(statuses)")
    }
  }

  @Test func nothingIsPrintedWithoutATableToPrint() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    #expect(try moaa("backfill", noaa, "--store", store).output == "")
  }
}
