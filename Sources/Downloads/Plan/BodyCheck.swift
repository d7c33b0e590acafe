// Whether a body is what was asked for: servers answer with pages of words, and status 200.

import Glibc
import Observations

enum BodyCheck {
  /// Enough for every header.
  private static let beginningByteCount = 1 << 16

  static func rows(
    _ format: ObservationFormat
  ) -> (_ path: String) throws(DownloadFailure) -> String? {
    { (path) throws(DownloadFailure) in
      let beginning = try beginning(path)
      if beginning.isEmpty { return "the server sent nothing" }
      var decoder = FileDecoder(format: format, fileName: path)
      do {
        try beginning.withUnsafeBytes { try decoder.decode($0) { _ in } }
        return decoder.isBetweenRows || decoder.lineCount > 0
          ? nil : "the server sent no header line"
      } catch {
        return "the server sent something else (\(error))"
      }
    }
  }

  static func gzip(_ path: String) throws(DownloadFailure) -> String? {
    try beginning(path).starts(with: [0x1F, 0x8B])
      ? nil : "the server sent something else than gzip"
  }

  static func isdHistory(_ path: String) throws(DownloadFailure) -> String? {
    try beginning(path).starts(with: "\"USAF\",\"WBAN\"".utf8)
      ? nil : "the server sent something else than isd-history.csv"
  }

  static func ghcnhList(_ path: String) throws(DownloadFailure) -> String? {
    let first = try beginning(path).prefix { $0 != UInt8(ascii: "\n") }
    return GHCNhStationList.station(ofLine: String(decoding: first, as: UTF8.self)) == nil
      ? "the server sent something else than GHCNh's station list" : nil
  }

  private static func beginning(_ path: String) throws(DownloadFailure) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .system("read", path) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: beginningByteCount)
    let count = read(file, &bytes, bytes.count)
    guard count >= 0 else { throw .system("read", path) }
    return Array(bytes[..<count])
  }
}
