// The same records in two formats give the same observations: isd-raw and the CSV derived from it.

import Observations
import TestSupport
import Testing

/// A file of fixed-width records, and the CSV files of its stations.
private let pairs: [(isd: String, csv: [String])] = [
  ("isd-raw/010060-99999-2014.gz", ["2014/01006099999.csv"]),
  ("isd-raw/014160-99999-2016.gz", ["2016/01416099999.csv.gz"]),
  ("isd-raw/104270-99999-1928.gz", ["1928/10427099999.csv"]),
  (
    "isd-raw/1901.gz",
    ["02907099999", "02950099999", "02960099999", "02972099999", "02981099999", "22707099999"]
      .map { "1901/\($0).csv" }
  ),
  ("isd-raw/725300-94846-2014.gz", ["2014/72530094846.csv.gz"]),
  ("isd-raw/726430-14920-2015", ["2015/72643014920.csv"]),
]

@Suite(.enabled(if: NOAAFiles.areAtHand, "the folder of real NOAA files is not at hand"))
struct SameRecordsTests {
  @Test(arguments: pairs)
  func bothFormatsGiveTheSameTexts(isd: String, csv: [String]) throws {
    let records = try texts(isd).sorted()
    let rows = try csv.flatMap { try texts("derived-csv/\($0)") }.sorted()
    #expect(records.count == rows.count)
    let difference = zip(records, rows).first { $0 != $1 }
    #expect(difference == nil)
  }

  /// Every observation: its station, time and temperature as read, and the text of every column but
  /// NAME, which the records do not have.
  private func texts(_ path: String) throws -> [String] {
    var decoder = FileDecoder(fileName: path)
    var lines: [String] = []
    func onRow(_ row: DecodedRow) {
      guard case .observation(let observation) = row.content else {
        Issue.record("\(path), line \(row.line): \(row.content)")
        return
      }
      let station = String(decoding: observation.station, as: UTF8.self)
      let texts = ObservationColumn.allCases.filter { $0 != .name }.map { column in
        let text = observation.text(column).map { String(decoding: $0, as: UTF8.self) }
        return "\(column.name)=\(text ?? "absent")"
      }
      let tenths = observation.temperature.tenths.map(String.init) ?? "missing"
      lines.append("\(station) \(observation.time) \(tenths) \(texts.joined(separator: "|"))")
    }
    try NOAAFiles.contents(path).withUnsafeBytes { try decoder.decode($0, onRow) }
    try decoder.finish(onRow)
    return lines
  }
}
