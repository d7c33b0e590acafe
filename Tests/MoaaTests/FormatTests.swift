// Tables, CSV and JSON of every command that prints results.

import Foundation
import Testing

@Suite struct FormatTests {
  let folder = TemporaryFolder()
  private var store: String { folder / "test.store" }

  /// Every command with `--format`, and its columns.
  private static let commands: [(words: [String], columns: String)] = [
    (["hours"], "hour,count,min_tmp,mean_tmp,max_tmp"),
    (["hours", "--by-station"], "station,hour,count,min_tmp,mean_tmp,max_tmp"),
    (["replay"], "from,until,records,result_hash"),
    (
      ["replay", "--verify"],
      "from,until,records,result_hash,windows_compared,emissions_compared,differences"
    ),
    (["explain", "2024-06-20T08"], "offset,station,time,tmp,quality,report_type,verdict"),
    (
      ["log", "topics"],
      "topic,start_offset,high_watermark,records,segments,bytes,retention_hours,retention_bytes"
    ),
    (["log", "groups"], "group,topic,next_offset,lag,rule"),
    (
      ["log", "segments", "raw_probes_results"],
      "base_offset,next_offset,records,batches,bytes,oldest_append_time,newest_append_time,sealed,"
        + "content_hash"
    ),
    (["log", "verify", "--deep"], "topics,segments,batches,records,bytes_read,faults"),
    (
      ["log", "retain", "--dry-run"],
      "topic,base_offset,records,bytes,newest_append_time,verdict,group"
    ),
    (["doctor"], "subject,state,detail"),
    (
      ["log", "dump", "raw_probes_results"],
      "offset,kind,event_time,append_time,key,value,headers"
    ),
    (
      ["log", "tail", "quarantine", "--lines", "100"],
      "offset,kind,event_time,append_time,key,value,headers"
    ),
  ]

  private func fill() throws {
    let noaa = try folder.sample(stations: 3, days: 2)
    // Names and bytes that every format must put in quotes.
    try folder.write(
      "STATION,DATE,TMP\nx,\"a, \"\"b\"\"\nc\",+0100\u{1}\r\n", to: "noaa/odd, \"name\".csv")
    #expect(try moaa("run", noaa, "--store", store, "--format", "csv").status == 1)
  }

  private func output(_ words: [String], _ format: String) throws -> String {
    let outcome = try MoaaProcess(words + ["--format", format, "--store", store]).finish()
    #expect(outcome.status == 0, "\(words): \(outcome.errors)")
    return outcome.output
  }

  @Test func csvHasTheDeclaredHeaderAndJSONTheSameRows() throws {
    try fill()
    for (words, columns) in Self.commands {
      let csv = Self.parseCSV(try output(words, "csv"))
      #expect(csv.first?.joined(separator: ",") == columns, "\(words)")
      let isLines = ["dump", "tail"].contains { words.contains($0) }
      let json = try output(words, "json")
      var rows: [[String: Any]]
      if isLines {
        rows = try json.split(separator: "\n").map { try Self.parse($0) as? [String: Any] ?? [:] }
      } else if words[0] == "explain" {
        let object = try #require(try Self.parse(json) as? [String: Any])
        #expect(Set(object.keys) == ["figures", "records", "emissions"])
        #expect(object["figures"] is [String: Any])
        #expect((object["emissions"] as? [Any])?.isEmpty == false)
        rows = try #require(object["records"] as? [[String: Any]])
      } else {
        rows = try #require(try Self.parse(json) as? [[String: Any]], "\(words)")
      }
      #expect(rows.count == csv.count - 1, "\(words)")
      if words != ["log", "retain", "--dry-run"] { #expect(!rows.isEmpty, "\(words)") }
      for (row, fields) in zip(rows, csv.dropFirst()) {
        for (name, field) in zip(csv[0], fields) {
          switch row[name] {
          case let text as String: #expect(text == field, "\(words) \(name)")
          case is NSNull: #expect(field == "", "\(words) \(name)")
          case let number as NSNumber where ["yes", "no"].contains(field):
            #expect(number.boolValue == (field == "yes"), "\(words) \(name)")
          case let number as NSNumber:
            #expect(number.doubleValue == Double(field), "\(words) \(name)")
          default: Issue.record("\(words): \(name) is not in \(row)")
          }
        }
        // Hours tell in JSON what their CSV, a contract, must not.
        let more = words[0] == "hours" ? 2 : 0
        #expect(row.count == fields.count + more, "\(words)")
      }
    }
  }

  @Test func tablesAreAligned() throws {
    try fill()
    for (words, columns) in Self.commands where !words.contains("dump") && !words.contains("tail") {
      var lines = try output(words, "table").split(
        separator: "\n", omittingEmptySubsequences: false)
      // Of what `explain` prints, the first table.
      if let end = lines.firstIndex(of: "") { lines = Array(lines[..<end]) }
      let names = lines[0].split(separator: " ").map(String.init)
      let more = words[0] == "hours" ? ["final", "revision"] : []
      #expect(names == columns.split(separator: ",").map(String.init) + more, "\(words)")
      // Two blanks stand between columns, in every line at the same places.
      let width = lines.map(\.count).max() ?? 0
      var isBlank = [Bool](repeating: true, count: width)
      for line in lines {
        for (place, character) in line.enumerated() where character != " " {
          isBlank[place] = false
        }
        #expect(line.last != " ", "\(words): a line ends with blanks")
      }
      let gaps = isBlank.split { !$0 }.filter { $0.count >= 2 }
      #expect(gaps.count >= names.count - 1, "\(words):\n\(lines.joined(separator: "\n"))")
    }
  }

  /// Line breaks inside a value would make a dump's lines ambiguous.
  @Test func aDumpIsALineARecordInTableAndJSON() throws {
    try fill()
    let topics = try output(["log", "topics"], "csv").split(separator: "\n").dropFirst()
    for topic in topics {
      let fields = topic.split(separator: ",", omittingEmptySubsequences: false)
      for format in ["table", "json"] {
        let dump = try output(["log", "dump", String(fields[0])], format)
        #expect(dump.utf8.count { $0 == 10 } == Int(fields[3]), "\(fields[0])")
      }
    }
  }

  @Test func dumpsBeginAndEndWhereAsked() throws {
    try fill()
    let dump = ["log", "dump", "raw_probes_results"]
    let all = try output(dump, "table").split(separator: "\n")
    func part(_ words: String...) throws -> [Substring] {
      try output(dump + words, "table").split(separator: "\n")
    }
    #expect(try part("--from", "17") == Array(all[17...]))
    #expect(try part("--from", "17", "--limit", "3") == Array(all[17..<20]))
    #expect(try part("--from", "17", "--to", "19") == Array(all[17..<19]))
    #expect(try part("--to", "0") == [])
    #expect(try part("--limit", "0") == [])
    #expect(try part("--from", "\(all.count)") == [])
    #expect(try part("--from", "2000-01-01") == all)
    #expect(try part("--from", "2999-01-01") == [])
    let beyond = try MoaaProcess(dump + ["--from", "\(all.count + 1)", "--store", store]).finish()
    #expect(beyond.status == 2)
    #expect(beyond.errors.contains("holds offsets 0 up to"))
    let unknown = try moaa("log", "dump", "nothing", "--store", store)
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("nothing"))
  }

  private static func parse(_ text: some StringProtocol) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text.utf8))
  }

  /// RFC 4180 with line feeds.
  private static func parseCSV(_ text: String) -> [[String]] {
    var rows: [[String]] = []
    var row = [""]
    var isQuoted = false
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    while let scalar = next {
      next = scalars.next()
      switch scalar {
      case "\"" where isQuoted && next == "\"":
        row[row.count - 1] += "\""
        next = scalars.next()
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: row.append("")
      case "\n" where !isQuoted:
        rows.append(row)
        row = [""]
      default: row[row.count - 1].unicodeScalars.append(scalar)
      }
    }
    return rows
  }
}
