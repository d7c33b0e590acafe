// What the store remembers of a content besides its partials: what was counted, and whose it is.

import Aggregation
import Observations

/// One content.
struct ContentRecord: Hashable, Sendable {
  var counts = RowCounts()
  /// The stations that it has a partial of.
  var stations: [[UInt8]] = []

  /// Text lines of `name value`.
  func encoded() -> [UInt8] {
    var bytes = Array("accepted \(counts.accepted)".utf8)
    for reason in counts.refused.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      bytes += "\nrefused/\(reason.rawValue) \(counts.refused[reason] ?? 0)".utf8
    }
    // A station id has no control characters.
    for station in stations { bytes += Array("\nstation ".utf8) + station }
    return bytes
  }

  init() {}

  /// nil when the bytes are not such a record.
  init?(_ bytes: [UInt8]) {
    var accepted: Int64 = 0
    var refused: [RejectionReason: Int64] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      guard let blank = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
      let name = String(decoding: line[..<blank], as: UTF8.self)
      let value = line[line.index(after: blank)...]
      if name == "station" {
        stations.append(Array(value))
      } else if let count = Int64(String(decoding: value, as: UTF8.self)) {
        if name == "accepted" {
          accepted = count
        } else if name.hasPrefix("refused/"),
          let reason = RejectionReason(rawValue: String(name.dropFirst("refused/".count)))
        {
          refused[reason] = count
        } else {
          return nil
        }
      } else {
        return nil
      }
    }
    counts = RowCounts(accepted: accepted, refused: refused)
  }
}
