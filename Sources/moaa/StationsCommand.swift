// `moaa stations`: NOAA's stations, searched and shown.

import Arguments
import Downloads
import Glibc

enum StationsCommand: Subcommand {
  static let declaration = Command(
    "stations", "Search NOAA's stations, and show which are the same in both data sets.",
    positionals: [
      Positional("WORDS", .any, "Words of the name, or parts of an id, all of which must be there.")
    ],
    options: [
      .value("id", "ID", "The station with this id, of either data set."),
      CacheOptions.country, CacheOptions.box,
      .value("near", "LAT,LON", "Sorted by distance from this place, with kilometres."),
      .value("active-on", "DAY", "Only stations of which global-hourly has data then."),
      .value("limit", "N", "So many rows at most."),
      .value("isd-history", "FILE", "NCEI's isd-history.csv (default: the cache's)."),
      .value(
        "ghcnh-list", "FILE", "NCEI's ghcnh-station-list, .txt or .csv (default: the cache's)."),
      CacheOptions.cache, CommonOptions.format,
    ],
    discussion: """
      The lists come into the cache by `moaa download --station-lists`, or whenever a download needs them. \
      `isd` is the id in global-hourly, `ghcnh` that in GHCNh. A row has both where they are surely the \
      same: `matched_by` says in which identifiers they agree (wban, wmo, icao), they lie within 10 km of \
      each other, and no second station agrees in as many. `first` and `last` are the days between which \
      global-hourly has data; GHCNh's list says nothing of time.
      """,
    examples: [
      "moaa stations chicago", "moaa stations --near 52.5,13.4 --active-on 2022-06-24 --limit 5",
      "moaa stations --id USW00094846 --format json",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    var search = StationSearch()
    search.words = arguments.positionals("WORDS")
    search.filter = try CacheOptions.filter(arguments)
    search.activeDay = try CacheOptions.day(arguments, "active-on")
    search.id = arguments.value("id")?.uppercased()
    search.near = try arguments.value(
      "near", expecting: "two numbers of degrees: latitude, longitude", GeoPoint.init)
    let limit = try arguments.integer("limit", in: 1...1_000_000).map(Int.init) ?? .max

    let lists = try lists(arguments)
    let found = search.find(in: StationMatch.merged(isd: lists.isd, ghcnh: lists.ghcnh))
    var table = ResultTable(
      CommonOptions.outputFormat(arguments),
      [
        "isd", "ghcnh", "matched_by", "name", "country", "state", "icao", "wmo", "latitude",
        "longitude", "elevation", "first", "last",
      ] + (search.near == nil ? [] : ["km"]))
    for (station, kilometres) in found.prefix(limit) {
      try table.add(cells(station) + (kilometres.map { [.number(tenths($0 * 10))] } ?? []))
    }
    try table.finish()
    if found.count > limit {
      Message.plain("\(limit) of \(NumberText.count(Int64(found.count), "station"))")
    } else if found.isEmpty {
      Message.plain("no station is like that")
    }
    return .success
  }

  private static func lists(_ arguments: ParsedArguments) throws -> StationLists {
    var isdHistory = arguments.value("isd-history")
    var ghcnhList = arguments.value("ghcnh-list")
    if isdHistory == nil || ghcnhList == nil {
      let cache = try DownloadCache(try CacheOptions.folder(arguments))
      let paths = StationLists.paths(in: cache)
      isdHistory = isdHistory ?? paths.isdHistory
      ghcnhList = ghcnhList ?? paths.ghcnhList
      guard isdHistory != nil || ghcnhList != nil else {
        throw DownloadFailure(
          .notThere,
          "there is no list of stations in the cache \(cache.folder): `moaa download --station-lists` "
            + "fetches both, or name files with --isd-history and --ghcnh-list")
      }
    }
    let lists = try StationLists(isdHistory: isdHistory, ghcnhList: ghcnhList)
    if isdHistory == nil {
      Message.plain("without global-hourly's stations: its list is not there")
    }
    if ghcnhList == nil { Message.plain("without GHCNh's stations: their list is not there") }
    if lists.refusedCount > 0 {
      Message.warning(
        "\(NumberText.count(Int64(lists.refusedCount), "line")) of the lists cannot be read")
    }
    return lists
  }

  private static func cells(_ station: Station) -> [Cell] {
    func text(_ text: String?) -> Cell {
      text.map { $0.isEmpty ? .missing : .text($0) } ?? .missing
    }
    return [
      text(station.isd), text(station.ghcnh), text(station.matchedBy), text(station.name),
      text(station.country), text(station.state), text(station.icao), text(station.wmo),
      station.place.map { .number(degrees($0.latitude)) } ?? .missing,
      station.place.map { .number(degrees($0.longitude)) } ?? .missing,
      station.elevationTenths.map { .number(tenths(Double($0))) } ?? .missing,
      text(station.firstDay.map(DayText.text)), text(station.lastDay.map(DayText.text)),
    ]
  }

  /// `-87.9316`: as many decimals as needed, at least three.
  private static func degrees(_ millionths: Int64) -> String {
    var digits = String(millionths.magnitude % 1_000_000)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.count > 3, digits.last == "0" { digits.removeLast() }
    return "\(millionths < 0 ? "-" : "")\(millionths.magnitude / 1_000_000).\(digits)"
  }

  private static func tenths(_ tenths: Double) -> String {
    let value = Int64(tenths.rounded(.toNearestOrEven))
    return "\(value < 0 ? "-" : "")\(value.magnitude / 10).\(value.magnitude % 10)"
  }
}
