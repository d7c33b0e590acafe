// Where each station was in the latest of its years.

extension RollUps {
  /// Walks the stations that have a year with a report which counts, in ascending order of their ids:
  /// id, name, latitude, longitude and mean elevation, as they are in the latest such year.
  ///
  /// - Precondition: a table of stations and years is among `sets`.
  public func latestPlaces(_ body: (Row) throws -> Void) rethrows {
    precondition(sets.contains { $0.grouping == .stationYear }, "only what was asked for")
    var latest: [[UInt8]: RollUpGroup] = [:]
    for group in stationYears {
      if let known = latest[group.station], known.time.year >= group.time.year { continue }
      latest[group.station] = group
    }
    for group in latest.values.sorted(by: { $0.station.lexicographicallyPrecedes($1.station) }) {
      let figures: [ResultColumn.Figure] = [
        .station, .city, .latitude, .longitude, .meanElevation,
      ]
      try body(figures.map { group.cell($0, weight) })
    }
  }
}

extension RollUpGroup.Time {
  fileprivate var year: Int {
    guard case .year(let year) = self else { preconditionFailure("a group of a year") }
    return year
  }
}
