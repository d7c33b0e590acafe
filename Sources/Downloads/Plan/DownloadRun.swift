// One download, from what is asked for to the files in the cache.
//
// Which files a request stands for depends on the request, the lists of stations and what the server has;
// not on what the cache has, nor on the order in which answers come.

import Observations

/// Downloads into a cache.
public final class DownloadRun {
  /// NOAA's server.
  public static let defaultBase = "https://www.ncei.noaa.gov"
  /// A year or day may still change so many days after its end: then the server is asked whether it has.
  static let settlingDays: Int64 = 7

  let cache: DownloadCache
  let address: NOAAAddress
  private let settings: HTTPSettings
  private var events: FetchEvents
  var report = DownloadReport()
  private let refreshes: Bool

  /// - Parameters:
  ///   - base: the server, such as `https://www.ncei.noaa.gov`.
  ///   - refreshes: whether the server is asked about files that the cache has.
  public init(
    _ cache: DownloadCache, base: String = DownloadRun.defaultBase, settings: HTTPSettings,
    refreshes: Bool = false, events: FetchEvents = FetchEvents(),
    onProgress: @escaping (_ doneCount: Int, _ byteCount: Int64) -> Void = { _, _ in }
  ) {
    self.cache = cache
    var base = base
    while base.hasSuffix("/") { base.removeLast() }
    address = NOAAAddress(base: base)
    self.settings = settings
    self.refreshes = refreshes
    self.events = events
    let onBytes = events.onBytes
    self.events.onBytes = { [weak self] receiving in
      guard let self else { return }
      onBytes(receiving)
      onProgress(report.fetchedCount + report.unchangedCount, report.byteCount + receiving)
    }
    self.events.onFile = { [weak self] outcome, _ in self?.note(outcome) }
  }

  /// Fetches what a request stands for and the cache lacks.
  public func run(_ request: DownloadRequest) throws(DownloadFailure) -> DownloadReport {
    try locked { () throws(DownloadFailure) in
      switch request.selection {
      case .archives: try fetchArchives(request)
      default:
        for part in parts(request) {
          if isOver { break }
          try fetch(part, request.selection)
        }
      }
    }
  }

  /// Fetches both lists of stations, or asks whether they have changed.
  public func runStationLists() throws(DownloadFailure) -> DownloadReport {
    try locked { () throws(DownloadFailure) in
      _ = try fetch([isdHistory(asks: true), ghcnhList(asks: true)], isNamed: true)
    }
  }

  private func locked(
    _ body: () throws(DownloadFailure) -> Void
  ) throws(DownloadFailure) -> DownloadReport {
    guard try cache.takeLock(onWait: events.onWait, shouldGiveUp: events.shouldStop) else {
      report.wasInterrupted = true
      return report
    }
    do throws(DownloadFailure) {
      try body()
    } catch {
      try? cache.save()
      throw error
    }
    try cache.save()
    return report
  }

  var isOver: Bool { report.wasInterrupted || report.notTriedCount > 0 }

  // MARK: Parts

  /// Days of one data set.
  struct Part {
    let dataset: Dataset
    let days: ClosedRange<Int64>
    let isOfYears: Bool

    var years: ClosedRange<Int> {
      DayText.year(days.lowerBound)...DayText.year(days.upperBound)
    }
  }

  /// Days of global-hourly first.
  private func parts(_ request: DownloadRequest) -> [Part] {
    let days = request.period.days
    var isOfYears = false
    if case .years = request.period { isOfYears = true }
    if let dataset = request.dataset {
      if dataset == .globalHourly, days.upperBound > Dataset.lastDayOfGlobalHourly {
        note(
          "global-hourly ends on \(DayText.text(Dataset.lastDayOfGlobalHourly)); later days are not there"
        )
      }
      return [Part(dataset: dataset, days: days, isOfYears: isOfYears)]
    }
    // A file of GHCNh holds a year, so a year is never taken from both.
    let last =
      isOfYears
      ? DayText.days(ofYear: DayText.year(Dataset.lastDayOfGlobalHourly)).lowerBound - 1
      : Dataset.lastDayOfGlobalHourly
    if days.upperBound > last {
      note(
        "global-hourly ends on \(DayText.text(Dataset.lastDayOfGlobalHourly)): what is later "
          + "\(isOfYears ? "than \(DayText.year(last)) " : "")comes from GHCNh, its successor")
    }
    var parts: [Part] = []
    if days.lowerBound <= last {
      parts.append(
        Part(
          dataset: .globalHourly, days: days.lowerBound...min(days.upperBound, last),
          isOfYears: isOfYears))
    }
    if days.upperBound > last {
      parts.append(
        Part(
          dataset: .ghcnh, days: max(days.lowerBound, last + 1)...days.upperBound,
          isOfYears: isOfYears))
    }
    return parts
  }

  func note(_ text: String) {
    if !report.notes.contains(text) { report.notes.append(text) }
  }

  private func fetch(
    _ part: Part, _ selection: DownloadRequest.Selection
  ) throws(DownloadFailure) {
    let candidates: [String]
    var wantedCount: Int?
    var isNamed = false
    switch selection {
    case .archives: return
    case .ids(let ids):
      candidates = try stations(named: ids, for: part)
      isNamed = true
    case .chosen(let count, let filter):
      candidates = try stations(filter, for: part)
      if isOver { return }
      guard !candidates.isEmpty else {
        throw DownloadFailure(
          .refused,
          "no station of \(part.dataset.rawValue) is there in that area on "
            + "\(DayText.text(part.days.lowerBound)): `moaa stations` shows what is")
      }
      guard count != nil || candidates.count <= DownloadRequest.stationCountMax else {
        throw DownloadFailure(
          .refused,
          "\(candidates.count) stations are in that area: say how many with --stations N")
      }
      wantedCount = count
    }
    report.wantedStationCount = wantedCount
    // In rounds, each of as many stations as are still wanted, so that none too many is asked for.
    var found = 0
    var next = 0
    var roundCount = 0
    while next < candidates.count, found < wantedCount ?? .max, !isOver {
      let count = min(candidates.count - next, (wantedCount ?? candidates.count) - found)
      let round = Array(candidates[next..<(next + count)])
      next += count
      roundCount += 1
      try fetch(round, part, isNamed: isNamed)
      found += round.count { hasData($0, part) }
      if roundCount == Self.roundCountMax { break }
    }
    report.stationCount += found
    if let wantedCount, found < wantedCount, !isOver {
      note(
        "only \(found) of \(wantedCount) stations have data; \(next) of \(candidates.count) were asked"
      )
    }
    addPaths(part)
  }

  /// Where so many rounds have not found enough, there is not enough.
  private static let roundCountMax = 20

  private func addPaths(_ part: Part) {
    var paths: [String] = []
    switch (part.dataset, part.isOfYears) {
    case (.globalHourly, false): paths = part.days.map(NOAAAddress.dayFolder)
    case (.globalHourly, true): paths = part.years.map { "global-hourly/\($0)" }
    case (.ghcnh, _): paths = part.years.map { "ghcnh/\($0)" }
    }
    for path in paths
    where cache.manifest.entries.values.contains(where: {
      $0.content != nil && $0.path.hasPrefix(path + "/")
    }) {
      report.paths.append(cache.absolute(path))
    }
    if part.dataset == .globalHourly, !part.isOfYears { addYearFiles(part.days) }
  }

  /// A station whose year was fetched is not fetched by the day: then its file of the year holds it.
  private func addYearFiles(_ days: ClosedRange<Int64>) {
    for day in days {
      let folder = cache.absolute(NOAAAddress.dayFolder(day)) + "/"
      for path in (try? DayFiles.paths(day, dataset: .globalHourly, in: cache)) ?? []
      where !path.hasPrefix(folder) && !report.paths.contains(path) {
        report.paths.append(path)
      }
    }
  }

  // MARK: Files

  private func fetch(
    _ stations: [String], _ part: Part, isNamed: Bool
  ) throws(DownloadFailure) {
    if part.dataset == .globalHourly, !part.isOfYears {
      try fetchDays(stations, part.days, isNamed: isNamed)
      return
    }
    var files: [WantedFile] = []
    for station in stations {
      for year in part.years {
        let place = address.year(part.dataset, station, year)
        let state = state(place.path, endOf: DayText.days(ofYear: year).upperBound)
        guard state != .settled else {
          report.knownCount += 1
          continue
        }
        files.append(
          WantedFile(
            url: place.url, path: place.path, asksForChanges: state == .mayHaveChanged,
            fault: BodyCheck.rows(part.dataset == .ghcnh ? .ghcnh : .globalHourly)))
      }
    }
    _ = try fetch(files, isNamed: isNamed)
  }

  enum State {
    case absent, mayHaveChanged, settled
  }

  /// What the cache has of something that ends with a day.
  func state(_ path: String, endOf day: Int64) -> State {
    guard let entry = cache.entry(path) else { return .absent }
    let isSettled = entry.checkedSeconds >= (day + 1 + Self.settlingDays) * 86_400
    if isSettled, !refreshes { return .settled }
    return entry.content == nil ? .absent : .mayHaveChanged
  }

  private func fetchArchives(_ request: DownloadRequest) throws(DownloadFailure) {
    guard case .years(let years) = request.period else {
      preconditionFailure("archives are of years")
    }
    var files: [WantedFile] = []
    for year in years {
      let place = address.archive(year)
      report.paths.append(cache.absolute(place.path))
      let state = state(place.path, endOf: DayText.days(ofYear: year).upperBound)
      if state == .settled {
        report.knownCount += 1
      } else {
        files.append(
          WantedFile(
            url: place.url, path: place.path, asksForChanges: state == .mayHaveChanged,
            fault: BodyCheck.gzip))
      }
    }
    _ = try fetch(files, isNamed: true)
    report.paths.removeAll { path in
      !cache.entries.contains { cache.absolute($0.path) == path && $0.content != nil }
    }
  }

  /// - Parameter isNamed: whether what the server does not have is told.
  func fetch(
    _ files: [WantedFile], isNamed: Bool
  ) throws(DownloadFailure) -> [FetchOutcome] {
    guard !files.isEmpty else { return [] }
    let fetcher = Fetcher(cache, settings, events)
    let outcomes = try fetcher.fetch(files)
    if fetcher.wasInterrupted { report.wasInterrupted = true }
    for (file, outcome) in zip(files, outcomes) {
      guard case .failed(let failure) = outcome else { continue }
      switch failure.kind {
      case .notThere: if isNamed { report.missing.append(file.url) }
      case .notTried: if !report.wasInterrupted { report.notTriedCount += 1 }
      default: report.failures.append(failure)
      }
    }
    return outcomes
  }

  private func note(_ outcome: FetchOutcome) {
    switch outcome {
    case .fetched(let byteCount):
      report.fetchedCount += 1
      report.byteCount += byteCount
    case .unchanged: report.unchangedCount += 1
    case .failed: break
    }
  }

  // MARK: Stations

  private func isdHistory(asks: Bool) -> WantedFile {
    let place = address.isdHistory
    return WantedFile(
      url: place.url, path: place.path, asksForChanges: asks, fault: BodyCheck.isdHistory)
  }

  private func ghcnhList(asks: Bool) -> WantedFile {
    let place = address.ghcnhList
    return WantedFile(
      url: place.url, path: place.path, asksForChanges: asks, fault: BodyCheck.ghcnhList)
  }

  /// The lists, fetched where the cache lacks them; nil when they could not be.
  private func stationLists(withGHCNh: Bool) throws(DownloadFailure) -> StationLists? {
    var files: [WantedFile] = []
    if cache.entry(address.isdHistory.path) == nil { files.append(isdHistory(asks: false)) }
    if withGHCNh, cache.entry(address.ghcnhList.path) == nil {
      files.append(ghcnhList(asks: false))
    }
    for outcome in try fetch(files, isNamed: true) {
      if case .failed = outcome { return nil }
    }
    return try StationLists(
      isdHistory: cache.absolute(address.isdHistory.path),
      ghcnhList: withGHCNh ? cache.absolute(address.ghcnhList.path) : nil)
  }

  /// The stations of an area, in the order in which they are asked for.
  private func stations(
    _ filter: StationFilter, for part: Part
  ) throws(DownloadFailure) -> [String] {
    guard let lists = try stationLists(withGHCNh: part.dataset == .ghcnh) else {
      report.notTriedCount += 1
      return []
    }
    switch part.dataset {
    case .globalHourly:
      let ids = lists.isd.filter { filter.contains($0) && $0.isActive(on: part.days) }
        .compactMap(\.isd)
      return StationLists.spread(Array(Set(ids)))
    case .ghcnh:
      // GHCNh's list says nothing of when a station reports. Those that global-hourly had to its end are
      // asked first.
      let end = Dataset.lastDayOfGlobalHourly
      let merged = StationMatch.merged(isd: lists.isd, ghcnh: lists.ghcnh)
      let stations = merged.filter { $0.ghcnh != nil && filter.contains($0) }
      let isLive = stations.filter { $0.isActive(on: (end - 30)...end) }.compactMap(\.ghcnh)
      let others = stations.filter { !$0.isActive(on: (end - 30)...end) }.compactMap(\.ghcnh)
      return StationLists.spread(Array(Set(isLive))) + StationLists.spread(Array(Set(others)))
    }
  }

  /// Stations that were named, as the data set names them.
  private func stations(
    named ids: [String], for part: Part
  ) throws(DownloadFailure) -> [String] {
    let isForGHCNh = part.dataset == .ghcnh
    let foreign = Set(ids.filter { GHCNhStationList.isID($0) != isForGHCNh })
    guard !foreign.isEmpty else { return ids }
    guard let lists = try stationLists(withGHCNh: true) else {
      report.notTriedCount += 1
      return []
    }
    var other: [String: String] = [:]
    for station in StationMatch.merged(isd: lists.isd, ghcnh: lists.ghcnh) {
      guard let isd = station.isd, let ghcnh = station.ghcnh else { continue }
      if isForGHCNh { other[isd] = ghcnh } else { other[ghcnh] = isd }
    }
    var result: [String] = []
    for id in ids {
      if !foreign.contains(id) {
        result.append(id)
      } else if let same = other[id] {
        note("\(id) is \(same) in \(part.dataset.rawValue)")
        result.append(same)
      } else {
        throw DownloadFailure(
          .refused,
          "\(id) has no station of \(part.dataset.rawValue) that is surely the same: `moaa stations --id "
            + "\(id)` shows it; name the id of \(part.dataset.rawValue), or choose with --dataset")
      }
    }
    return result
  }
}
