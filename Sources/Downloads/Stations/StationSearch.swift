// Stations found by words, place and time.

/// What stations must be like.
public struct StationSearch: Sendable {
  /// Each must stand in name, ids, ICAO identifier, WMO number or state; case and apostrophes make no difference.
  public var words: [String] = []
  public var filter = StationFilter()
  /// A day on which global-hourly has data, counted from 1970-01-01.
  public var activeDay: Int64?
  /// One of its ids, whole.
  public var id: String?
  /// Sorted by the distance from there; stations without a place are left out.
  public var near: GeoPoint?

  public init() {}

  /// The stations, with their distance from `near` in kilometres.
  public func find(in stations: [Station]) -> [(station: Station, kilometres: Double?)] {
    func plain(_ text: String) -> String { text.uppercased().filter { $0 != "'" } }
    let words = words.map(plain)
    var found: [(station: Station, kilometres: Double?)] = []
    for station in stations {
      if let id, station.isd != id, station.ghcnh != id { continue }
      if let activeDay, !station.isActive(on: activeDay...activeDay) { continue }
      guard filter.contains(station) else { continue }
      if !words.isEmpty {
        let text = plain(
          [
            station.name, station.isd ?? "", station.ghcnh ?? "", station.icao, station.wmo,
            station.state,
          ].joined(separator: "\n"))
        guard words.allSatisfy({ text.contains($0) }) else { continue }
      }
      guard let near else {
        found.append((station, nil))
        continue
      }
      if let place = station.place { found.append((station, Distance.kilometres(near, place))) }
    }
    if near != nil {
      found.sort {
        ($0.kilometres ?? 0, $0.station.id) < ($1.kilometres ?? 0, $1.station.id)
      }
    }
    return found
  }
}
