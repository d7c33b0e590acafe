// What a cache has of a request, without asking a server.

/// Answers from the cache alone.
public enum OfflineRequest {
  /// Files that hold observations of the period, of named stations or of all.
  /// - Throws: where stations of an area are asked for and the cache has no list of them.
  public static func entries(
    _ request: DownloadRequest, in cache: DownloadCache
  ) throws(DownloadFailure) -> [ManifestEntry] {
    let ids = try ids(request, in: cache)
    let days = request.period.days
    let years = DayText.year(days.lowerBound)...DayText.year(days.upperBound)
    return cache.entries.filter { entry in
      let parts = entry.path.split(separator: "/")
      guard parts.count >= 3, let name = parts.last else { return false }
      if request.selection == .archives {
        guard parts[1] == "archive", let year = Int(name.prefix(4)) else { return false }
        return years.contains(year)
      }
      if let ids, !ids.contains(station(ofName: name)) { return false }
      if let dataset = request.dataset, parts[0] != dataset.rawValue { return false }
      if parts[1] == "days" {
        return days.contains { parts[2] == DayText.text($0) }
      }
      return Int(parts[1]).map(years.contains) ?? false
    }
  }

  /// `STATION.csv`, `GHCNh_STATION_YEAR.psv`.
  private static func station(ofName name: Substring) -> String {
    String(name.hasPrefix("GHCNh_") ? name.dropFirst(6).prefix(11) : name.prefix(11))
  }

  /// The ids of the stations that are asked for; nil for all.
  private static func ids(
    _ request: DownloadRequest, in cache: DownloadCache
  ) throws(DownloadFailure) -> Set<String>? {
    switch request.selection {
    case .ids(let ids): return Set(ids)
    case .chosen(_, let filter) where filter != StationFilter():
      let paths = StationLists.paths(in: cache)
      guard paths.isdHistory != nil || paths.ghcnhList != nil else {
        throw DownloadFailure(
          .notThere,
          "the cache \(cache.folder) has no list of stations to choose from: "
            + "`moaa download --station-lists` fetches it")
      }
      let lists = try StationLists(isdHistory: paths.isdHistory, ghcnhList: paths.ghcnhList)
      return Set(
        (lists.isd + lists.ghcnh).filter(filter.contains).flatMap { [$0.isd, $0.ghcnh] }
          .compactMap { $0 })
    default: return nil
    }
  }

  /// What is not there, in words; empty when all is.
  public static func missing(
    _ request: DownloadRequest, in cache: DownloadCache
  ) throws(DownloadFailure) -> [String] {
    let found = try entries(request, in: cache).filter {
      $0.content != nil && cache.entry($0.path) != nil
    }
    if case .ids(let ids) = request.selection {
      return ids.filter { id in !found.contains { $0.path.contains(id) } }
        .map { "\($0): nothing of that time is in the cache" }
    }
    if case .chosen(let count?, _) = request.selection {
      let stations = Set(found.map { $0.path.split(separator: "/").last ?? "" })
      guard stations.count < count else { return [] }
      return ["\(stations.count) of \(count) stations are in the cache"]
    }
    return found.isEmpty ? ["nothing of that time is in the cache"] : []
  }
}
