// The stations of GHCNh: NCEI's ghcnh-station-list, of fixed width (.txt) or as CSV (.csv).
//
// Source: README File for GHCNh, version 1.0.1, section II. Columns from 1: ID 1-11, latitude 13-20,
// longitude 22-30, elevation 32-37, state 39-40, name 42-71, GSN 73-75, HCN/CRN 77-79, WMO 81-85,
// ICAO 87-90.

public enum GHCNhStationList {
  private static let missingElevationTenths: Int64 = -9_999

  /// Reads the list.
  /// - Returns: the stations in the list's order, and how many lines could not be read.
  public static func read(
    _ path: String
  ) throws(DownloadFailure) -> (stations: [Station], refusedCount: Int) {
    guard let bytes = try readWholeFile(path) else { throw .system("read", path) }
    var stations: [Station] = []
    var refusedCount = 0
    func take(_ station: Station?) {
      if let station { stations.append(station) } else { refusedCount += 1 }
    }
    if bytes.starts(with: "GHCN_ID,".utf8) {
      var lines = CSVLines(bytes)
      let header = lines.next() ?? []
      while let fields = lines.next() { take(station(fields, header)) }
    } else {
      for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
        take(station(ofLine: String(line)))
      }
    }
    guard !stations.isEmpty else {
      throw DownloadFailure(.damaged, "\(path) is not GHCNh's station list: no line can be read")
    }
    return (stations, refusedCount)
  }

  /// nil for a line that is none of the list of fixed width.
  static func station(ofLine line: String) -> Station? {
    let bytes = Array(line.utf8)
    func text(_ columns: ClosedRange<Int>) -> String {
      let (start, end) = (columns.lowerBound - 1, min(columns.upperBound, bytes.count))
      return start < end
        ? ListText.trimmed(String(decoding: bytes[start..<end], as: UTF8.self)[...]) : ""
    }
    guard bytes.count >= 37, bytes[11] == UInt8(ascii: " "), bytes[20] == UInt8(ascii: " ") else {
      return nil
    }
    return station(
      id: text(1...11), text(13...20), text(22...30), text(32...37), state: text(39...40),
      name: text(42...71), wmo: text(81...85), icao: text(87...90))
  }

  private static func station(_ fields: [String], _ header: [String]) -> Station? {
    func text(_ name: String) -> String {
      guard let index = header.firstIndex(of: name), index < fields.count else { return "" }
      return fields[index]
    }
    guard fields.count == header.count else { return nil }
    return station(
      id: text("GHCN_ID"), text("LATITUDE"), text("LONGITUDE"), text("ELEVATION"),
      state: text("STATE"), name: text("NAME"), wmo: text("WMO_ID"), icao: text("ICAO"))
  }

  private static func station(
    id: String, _ latitude: String, _ longitude: String, _ elevation: String, state: String,
    name: String, wmo: String, icao: String
  ) -> Station? {
    guard isID(id), ListText.scaled(latitude, decimals: 6) != nil,
      ListText.scaled(longitude, decimals: 6) != nil
    else { return nil }
    var station = Station(name: name)
    station.ghcnh = id
    station.country = String(id.prefix(2))
    station.state = state
    station.icao = icao
    station.wmo = wmo
    station.place = ListText.place(latitude, longitude)
    let tenths = ListText.scaled(elevation, decimals: 1)
    station.elevationTenths = tenths == missingElevationTenths ? nil : tenths
    return station
  }

  /// Eleven characters, of which the first two are a country's. Some ids have a dash.
  public static func isID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 11
      && bytes[..<2].allSatisfy { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }
      && bytes.allSatisfy { ISDHistory.isIDByte($0) || $0 == UInt8(ascii: "-") }
  }
}
