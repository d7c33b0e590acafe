// An answer of the access API, which holds several stations and days, as a file for each station and day.
//
// Why: a station's day is then known by its name, whatever else was asked for with it; the next call asks
// only for what is missing; and ingest, which reads a file's rows about in the order of their times, gets
// files in that order.

import Glibc
import Observations

struct AnswerSplitter {
  /// A station's day.
  struct Key: Hashable {
    let station: String
    let day: Int64
  }

  /// The header line, with its end.
  private(set) var header: [UInt8] = []
  /// Rows as they came, with their ends.
  private(set) var rows: [Key: [UInt8]] = [:]
  /// Rows of stations and days that were not asked for, or that cannot be read, by reason.
  private(set) var strayCount = 0

  /// - Throws: `damaged` when it is no CSV of observations, or its last row is cut off.
  init(_ path: String, asked: Set<Key>) throws(DownloadFailure) {
    let bytes = try readWholeFile(path) ?? []
    guard bytes.last == UInt8(ascii: "\n"), let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
    else { throw DownloadFailure(.damaged, "the answer ends in the middle of a line") }
    header = Array(bytes[...end])
    var decoder = GlobalHourlyDecoder()
    var rows: [Key: [UInt8]] = [:]
    var strayCount = 0
    func take(_ row: DecodedRow) {
      guard let texts = row.wantedTexts, let key = Self.key(texts), asked.contains(key) else {
        strayCount += 1
        return
      }
      rows[key, default: []] += Array(row.bytes) + [UInt8(ascii: "\n")]
    }
    do {
      try bytes.withUnsafeBytes { try decoder.decode($0, take) }
      try decoder.finish(take)
    } catch {
      throw DownloadFailure(.damaged, "the answer cannot be read: \(error)")
    }
    self.rows = rows
    self.strayCount = strayCount
  }

  /// By what the row says, also where moaa would refuse it: that is for ingest to say.
  private static func key(_ texts: UnsafeBufferPointer<UnsafeRawBufferPointer?>) -> Key? {
    guard let station = texts[ObservationColumn.station.rawValue],
      let date = texts[ObservationColumn.date.rawValue], let time = Timestamp(date)
    else { return nil }
    return Key(
      station: String(decoding: ByteText.trimmed(station), as: UTF8.self), day: time.dayIndex)
  }
}
