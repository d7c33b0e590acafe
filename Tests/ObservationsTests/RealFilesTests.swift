// Real files of NOAA in all formats: every row can be read, and the counts are the known ones.

import Observations
import TestSupport
import Testing

/// What a file holds, as counted by other means when it was collected.
struct RealFile: CustomTestStringConvertible, Sendable {
  let path: String
  let rowCount: Int
  let missingCount: Int
  /// Rows with codes 2, 3, 6 and 7 that have a temperature.
  let suspectCount: Int
  let summaryCount: Int
  let tenths: ClosedRange<Int16>

  var testDescription: String { path }
}

private func file(
  _ path: String, _ rowCount: Int, missing: Int = 0, suspect: Int = 0, summaries: Int = 0,
  _ tenths: ClosedRange<Int16>
) -> RealFile {
  RealFile(
    path: path, rowCount: rowCount, missingCount: missing, suspectCount: suspect,
    summaryCount: summaries, tenths: tenths)
}

private let files: [RealFile] = [
  file("global-hourly/2000/31725099999.csv", 2055, missing: 7, suspect: 1, -377...350),
  file("global-hourly/2023/41024099999.csv", 11568, suspect: 3, 179...451),
  file("global-hourly/fragments/40435099999_rewritten.csv", 5, missing: 3, 180...190),
  file("global-hourly/fragments/72214904899_2014_onerow.csv", 1, -15 ... -15),
  file("global-hourly/fragments/78724099999_2001_first20.csv", 20, 269...350),
  file("global-hourly/fragments/78724099999_rewritten_crlf.csv", 8, missing: 1, 220...310),
  file("derived-csv/1901/02907099999.csv", 1095, -250...239),
  file("derived-csv/1901/02950099999.csv", 1095, -222...278),
  file("derived-csv/1901/02960099999.csv", 1095, -272...306),
  file("derived-csv/1901/02972099999.csv", 1092, -239...317),
  file("derived-csv/1901/02981099999.csv", 1094, missing: 1, -106...294),
  file("derived-csv/1901/22707099999.csv", 1094, -333...306),
  file("derived-csv/1928/10427099999.csv", 376, missing: 56, suspect: 1, -178...272),
  file("derived-csv/2014/01006099999.csv", 2816, -235...30),
  file(
    "derived-csv/2014/72530094846.csv.gz", 13087, missing: 383, suspect: 3, summaries: 377,
    -267...322),
  file("derived-csv/2015/72643014920.csv", 154, missing: 6, summaries: 6, -200...11),
  file("derived-csv/2016/01416099999.csv.gz", 7174, missing: 3565, -56...271),
  file("isd-raw/010060-99999-2014.gz", 2816, -235...30),
  file("isd-raw/014160-99999-2016.gz", 7174, missing: 3565, -56...271),
  file("isd-raw/104270-99999-1928.gz", 376, missing: 56, suspect: 1, -178...272),
  file("isd-raw/1901.gz", 6565, missing: 1, -333...317),
  file(
    "isd-raw/725300-94846-2014.gz", 13087, missing: 383, suspect: 3, summaries: 377, -267...322),
  file("isd-raw/726430-14920-2015", 154, missing: 6, summaries: 6, -200...11),
  file("isd-lite/071690-99999-2017.gz", 8742, missing: 82, -102...354),
  file("isd-lite/071790-34051-2017.gz", 8705, missing: 243, -110...360),
  file("isd-lite/071810-99999-2017.gz", 8744, missing: 88, -116...349),
  file("isd-lite/071900-99999-2017.gz", 8721, missing: 81, -112...351),
  file("isd-lite/317350-99999-2016.gz", 8736, -310...310),
  file("isd-lite/317540-99999-2016.gz", 2626, missing: 7, -407...317),
  file("isd-lite/318010-99999-2016.gz", 2916, missing: 15, -385...334),
  file("isd-lite/642820-99999-2014", 1, 10...10),
  file("isd-lite/725755-24101-2014.gz", 8706, -160...372),
  file("isd-lite/997726-99999-2009", 1, 153...153),
]

// Disabled, and reported as skipped, where the files are not there.
@Suite(.enabled(if: NOAAFiles.areAtHand, "the folder of real NOAA files is not at hand"))
struct RealFilesTests {
  @Test(arguments: files)
  func everyRowIsAnObservationAndTheCountsAreTheKnownOnes(_ file: RealFile) throws {
    let bytes = try NOAAFiles.contents(file.path)
    var decoder = FileDecoder(fileName: file.path)
    let firstLine = file.path.hasSuffix(".csv") || file.path.hasSuffix(".csv.gz") ? 2 : 1
    var rowCount = 0
    var missingCount = 0
    var suspectCount = 0
    var summaryCount = 0
    var tenths: [Int16] = []
    func onRow(_ row: DecodedRow) throws {
      rowCount += 1
      #expect(row.line == rowCount + firstLine - 1)
      guard case .observation(let observation) = row.content else {
        Issue.record("line \(row.line): \(row.content)")
        return
      }
      if ReportKind(observation.text(.reportType)) == .summary {
        summaryCount += 1
      }
      switch QualityRule.passed.refusal(of: observation.temperature) {
      case .missingTemperature: missingCount += 1
      case .suspectOrErroneous: suspectCount += 1
      default: break
      }
      if let value = observation.temperature.tenths { tenths.append(value) }
      try checkRoundTrip(observation)
    }
    for start in stride(from: 0, to: bytes.count, by: 65_536) {
      try bytes[start..<min(bytes.count, start + 65_536)].withUnsafeBytes {
        try decoder.decode($0, onRow)
      }
    }
    try decoder.finish(onRow)
    #expect(rowCount == file.rowCount)
    #expect(missingCount == file.missingCount)
    #expect(suspectCount == file.suspectCount)
    #expect(summaryCount == file.summaryCount)
    #expect(tenths.min() == file.tenths.lowerBound && tenths.max() == file.tenths.upperBound)
  }

  @Test func theListAboveIsAllThereIs() throws {
    let parts = ["global-hourly", "derived-csv", "isd-raw", "isd-lite"]
    let found = try parts.map(NOAAFiles.paths(in:)).reduce(into: Set()) { $0.formUnion($1) }
    #expect(found == Set(files.map(\.path)))
  }

  private func checkRoundTrip(_ observation: ObservationRow) throws {
    var json: [UInt8] = []
    RawObservationEncoder.append(observation, to: &json)
    json.withUnsafeBytes { value in
      RawObservation.read(value) { result in
        guard case .success(let parts) = result, parts.time == observation.time,
          parts.temperature == observation.temperature,
          parts.station.elementsEqual(observation.station),
          parts.reportType.elementsEqual(observation.text(.reportType) ?? parts.reportType)
        else {
          Issue.record("\(String(decoding: value, as: UTF8.self)) reads as \(result)")
          return
        }
      }
    }
  }
}
