// Reads the sample back, through the decoder that reads real files.

import Observations
import SampleData

extension SampleData {
  /// The whole file of a station.
  func bytes(_ station: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    write(station) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// The rows of a station's file; a row that the decoder rejects is an error.
  func rows(_ station: Int) throws -> [SampleRow] {
    var decoder = GlobalHourlyDecoder()
    var rows: [SampleRow] = []
    func onRow(_ row: DecodedRow) throws {
      switch row.content {
      case .rejected(let reason): throw UnreadableRow(line: row.line, reason: reason)
      case .observation(let observation): rows.append(SampleRow(observation))
      }
    }
    try write(station) { try decoder.decode($0, onRow) }
    try decoder.finish(onRow)
    return rows
  }
}

struct UnreadableRow: Error {
  let line: Int
  let reason: RejectionReason
}

/// What the tests ask of a row.
struct SampleRow {
  let station: String
  let time: Timestamp
  let reportType: String
  let tenths: Int?
  let qualityCode: Character

  init(_ row: ObservationRow) {
    station = String(decoding: row.station, as: UTF8.self)
    time = row.time
    reportType = String(decoding: row.text(.reportType)!, as: UTF8.self)
    tenths = row.temperature.tenths.map(Int.init)
    qualityCode = Character(Unicode.Scalar(row.temperature.qualityCode))
  }

  /// Whether a value may be used: there, and not said to be wrong.
  var isGood: Bool { tenths != nil && !"2367".contains(qualityCode) }
}

/// FNV-1a, 64 bits.
func fingerprint(_ bytes: [UInt8], after hash: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
  bytes.reduce(hash) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

func day(_ year: Int, _ month: Int, _ day: Int) -> Timestamp {
  Timestamp(year: year, month: month, day: day)!
}
