// Files of every format as rows: the format is recognised or named, and no cut changes anything.

import Observations
import TestSupport
import Testing

@testable import Pipeline

/// A file with a name, for a format that needs it.
struct NamedFile: CustomTestStringConvertible, Sendable {
  let claim: String
  let name: String
  let text: String

  var testDescription: String { claim }
}

private let files = [
  NamedFile(claim: "CSV", name: "a.csv", text: Observed.csv),
  NamedFile(
    claim: "ISD with a wrong line", name: "725300-94846-2014",
    text: Observed.isd + "wrong\n" + Observed.isd),
  NamedFile(
    claim: "ISD-Lite that ends in a row", name: "725300-94846-2014",
    text: Observed.isdLite + "2014 01"),
  NamedFile(claim: "text of no format", name: "x", text: "hello\nworld\n"),
  NamedFile(
    claim: "ISD of many pieces", name: "725300-94846-2014",
    text: String(repeating: Observed.isd, count: 1000)),
]

@Suite struct RowChunkReaderTests {
  private func rows(
    _ path: String, format: ObservationFormat? = nil, chunkByteCount: Int = 65_536
  ) throws -> [String] {
    let reader = try RowChunkReader(
      path: path, name: path, format: format, chunkByteCount: chunkByteCount)
    var lines: [String] = []
    while let chunk = reader.next() {
      for row in chunk.rows {
        let start = Int(row.start) + Int(row.stationByteCount)
        let value = chunk.bytes[start..<(start + Int(row.valueByteCount))]
        let verdict = row.refusal?.rawValue ?? "\(row.seconds)"
        lines.append(
          "\(row.line) \(verdict) \(String(decoding: value, as: UTF8.self)) \(row.chain)")
      }
    }
    if let line = reader.end?.unfinished { lines.append("\(line.line) \(line.reason.rawValue)") }
    if let failure = reader.end?.failure { lines.append("failure: \(failure.message)") }
    return lines
  }

  @Test(arguments: files)
  func theRowsDependOnNoCut(_ file: NamedFile) throws {
    let work = try Workspace()
    let path = try work.write(file.name, file.text)
    let whole = try rows(path)
    #expect(!whole.isEmpty)
    for chunkByteCount in [1, 2, 3, 7, 50, 51, 52, 106, 1000] {
      #expect(try rows(path, chunkByteCount: chunkByteCount) == whole)
    }
  }

  @Test func theRowsBeforeADamagedPlaceDependOnNoCut() throws {
    let work = try Workspace()
    var random = SeededGenerator(seed: 3)
    let text = CSV.file("001", count: 2000) { _ in Int.random(in: -300...400, using: &random) }
    let packed = try gzip(Array(text.utf8), in: work.folder)
    // In the middle of the data, and in the checksum behind them.
    for place in [packed.count / 2, packed.count - 6] {
      var damaged = packed
      damaged[place] ^= 0xFF
      let path = try work.write("a.csv.gz", damaged)
      let whole = try rows(path)
      #expect(whole.last?.contains("damaged") == true && whole.count > 500)
      for chunkByteCount in [50, 997, 4096, 16_384, 32_768, 262_144, 1 << 20] {
        let isSame = try rows(path, chunkByteCount: chunkByteCount) == whole
        #expect(isSame, "a buffer of \(chunkByteCount)")
      }
    }
  }

  @Test func theFormatIsRecognisedFromTheFirstBytesWhateverTheName() throws {
    let work = try Workspace()
    for (name, text) in [("725300-94846-2014", Observed.csv), ("a.csv", Observed.isd)] {
      let found = try rows(try work.write(name, text))
      #expect(found.count == 1)
      #expect(
        found.first?.contains(#"{"STATION":"72530094846","DATE":"2014-01-01T00:51:00""#) == true)
    }
  }

  @Test func aFormatThatIsNamedCounts() throws {
    let work = try Workspace()
    let path = try work.write("725300-94846-2014", "damaged\n" + Observed.isd)
    #expect(try rows(path).first?.hasPrefix("failure: this is not CSV with the columns") == true)
    let found = try rows(path, format: .isd)
    #expect(found.count == 2)
    #expect(found.first?.hasPrefix("1 wrong-length damaged") == true)
  }

  @Test func isdLiteNeedsTheStationInTheFilesName() throws {
    let work = try Workspace()
    let named = try rows(try work.write("725300-94846-2014", Observed.isdLite))
    #expect(named.first?.contains(#""STATION":"72530094846","DATE":"2014-01-01T01:00:00""#) == true)
    let unnamed = try rows(try work.write("lite.txt", Observed.isdLite))
    #expect(unnamed.count == 1)
    #expect(unnamed.first?.hasPrefix("failure: ISD-Lite has its station only in") == true)
  }
}
