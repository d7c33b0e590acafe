// Raw topic values as the replaced pipeline's producer wrote them (Python's json.dumps), 162 bytes each.

import Glibc
import Observations

enum RawRecords {
  private static let stationCount = 100

  /// Writes `count` lines in time order: 100 stations, each with a METAR every hour at its own minute
  /// and a SYNOP on every third full hour, which is what NOAA's files hold.
  static func write(to path: String, count: Int) throws {
    var bytes: [UInt8] = []
    let begin = Timestamp(year: 2014, month: 1, day: 1)!.secondsSinceEpoch
    var written = 0
    var hour: Int64 = 0
    while written < count {
      if hour % 3 == 0 {
        for station in 0..<stationCount where written < count {
          append(station, begin + hour * 3600, "FM-12", hour, to: &bytes)
          written += 1
        }
      }
      for station in 0..<stationCount where written < count {
        append(station, begin + hour * 3600 + 51 * 60, "FM-15", hour, to: &bytes)
        written += 1
      }
      hour += 1
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw BenchError.system(path) }
    defer { close(descriptor) }
    var offset = 0
    while offset < bytes.count {
      let part = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + offset, bytes.count - offset)
      }
      guard part > 0 else { throw BenchError.system(path) }
      offset += part
    }
  }

  private static func append(
    _ station: Int, _ seconds: Int64, _ type: String, _ hour: Int64, to bytes: inout [UInt8]
  ) {
    // A daily wave and a station's own offset, with enough noise that compression has work to do.
    let noise = Int(
      truncatingIfNeeded: (seconds &* 6_364_136_223_846_793_005 &+ Int64(station)) >> 40)
    let tenths = 100 + station + Int(hour % 24) * 5 + noise % 20
    let digits = String(tenths.magnitude)
    let value =
      (tenths < 0 ? "-" : "+") + String(repeating: "0", count: 4 - digits.count) + digits
    let time = Timestamp(secondsSinceEpoch: seconds).description.dropLast()
    bytes.append(
      contentsOf: """
        {"STATION": "\(72_530_000_000 + station)", "DATE": "\(time)", "SOURCE": "7", \
        "REPORT_TYPE": "\(type)", "CALL_SIGN": "KORD", "QUALITY_CONTROL": "V030", \
        "TMP": "\(value),5"}\n
        """.utf8)
  }
}
