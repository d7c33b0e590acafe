// The two lists of stations, from files or from a cache.

public struct StationLists: Sendable {
  public let isd: [Station]
  public let ghcnh: [Station]
  /// Lines that could not be read.
  public let refusedCount: Int

  /// - Parameters: paths; nil for a list that is not to be had.
  public init(isdHistory: String?, ghcnhList: String?) throws(DownloadFailure) {
    var refusedCount = 0
    var isd: [Station] = []
    var ghcnh: [Station] = []
    if let isdHistory {
      let read = try ISDHistory.read(isdHistory)
      isd = read.stations
      refusedCount += read.refusedCount
    }
    if let ghcnhList {
      let read = try GHCNhStationList.read(ghcnhList)
      ghcnh = read.stations
      refusedCount += read.refusedCount
    }
    self.isd = isd
    self.ghcnh = ghcnh
    self.refusedCount = refusedCount
  }

  /// The paths of the lists that a cache has.
  public static func paths(
    in cache: DownloadCache
  ) -> (isdHistory: String?, ghcnhList: String?) {
    let address = NOAAAddress(base: "")
    func path(_ place: NOAAAddress.Place) -> String? {
      cache.entry(place.path) == nil ? nil : cache.absolute(place.path)
    }
    return (path(address.isdHistory), path(address.ghcnhList))
  }

  /// Stations in an order that is the same everywhere and spreads them over the world: by the SHA-256 of
  /// their ids. Of the first N+1 the first N are the first N.
  static func spread(_ ids: [String]) -> [String] {
    ids.map { (hash: FileDigest.sha256($0), id: $0) }.sorted { ($0.hash, $0.id) < ($1.hash, $1.id) }
      .map(\.id)
  }
}
