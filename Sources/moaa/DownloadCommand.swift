// `moaa download`: NOAA's observations into a cache, for later commands.

import Arguments
import Downloads
import Glibc

enum DownloadCommand: Subcommand {
  static let declaration = Command(
    "download", "Fetch NOAA's observations into a cache, from which later commands read.",
    options: [
      .value("date", "DAY", "A day, such as 2022-06-24."),
      .value("to", "DAY", "The last of several days, 31 at most."),
      .value("year", "YEAR", "A whole year, or several: 2021-2023."),
      .value("station", "IDS", "Stations by id, with commas between."),
      .value(
        "stations", "N",
        "So many stations that have data then, in a fixed order that spreads them over the world."),
      CacheOptions.country, CacheOptions.box,
      .flag(
        "archive", "With --year: the archive of all stations of global-hourly, several GB a year."),
      .value(
        "dataset", "NAME",
        "Take the data from there (default: global-hourly to 2025-08-31, where it ends, then ghcnh).",
        choices: Dataset.allCases.map(\.rawValue)),
      .flag("station-lists", "Fetch the lists of stations, for `moaa stations`."),
      .flag("refresh", "Ask the server whether files that are there have changed."),
      .flag("offline", "Use no network: list what of it is there."),
      .flag("verify", "Compare every file of the cache with the hash it came with."),
      CacheOptions.cache,
      .value(
        "base-url", "URL",
        "The server (default: $MOAA_DOWNLOAD_URL, else \(DownloadRun.defaultBase)). https, unless this is "
          + "http."),
      .value("retries", "N", "Further attempts for what may pass.", default: "5"),
      .value(
        "timeout", "DURATION", "Give an attempt up when nothing comes for so long.", default: "30s"),
      .value("contact", "TEXT", "Your address, told to the server with every request."),
      CommonOptions.format,
    ],
    discussion: """
      Days of global-hourly come from NOAA's access API, 50 stations a call, and are kept as a file for \
      each station and day; years, and GHCNh, are files of a station and year. A year or day may still \
      change for a week after its end: until then the server is asked each time; later it is not.

      It may be stopped anywhere and run again: only what is missing is fetched, parts of files are \
      continued, and no half file ever has a whole one's name. A server that fails is asked again, later \
      and later; one that has nothing is not. Four connections at most.

      Ids are 11 characters: USAF and WBAN number for global-hourly, GHCNh's own for ghcnh. One of the \
      other list is translated where it is surely the same station.

      Exit code 1: something that was asked for is not there. 3: --verify found a difference. 4: the \
      server or this machine failed; run it again to go on.
      """,
    examples: [
      "moaa download --date 2022-06-24 --stations 100",
      "moaa download --date 2026-03-01 --country GM --stations 20",
      "moaa download --year 2021-2023 --station 72530094846,03772099999",
      "moaa download --offline --date 2022-06-24",
    ])

  static func run(_ arguments: ParsedArguments) throws -> ExitCode {
    let folder = try CacheOptions.folder(arguments)
    if arguments.flag("verify") {
      return try DownloadListing.verify(
        try DownloadCache(folder), CommonOptions.outputFormat(arguments))
    }
    let wantsLists = arguments.flag("station-lists")
    let request = try DownloadWords.request(arguments)
    if arguments.flag("offline") {
      return try DownloadListing.list(
        try DownloadCache(folder), request, CommonOptions.outputFormat(arguments))
    }
    guard wantsLists || request != nil else {
      throw UsageError(
        message:
          "say what to download: --date DAY or --year YEAR, and --station or --stations N; or "
          + "--station-lists")
    }
    let settings = try DownloadWords.settings(arguments)
    let cache = try DownloadCache(folder)
    let base = DownloadWords.base(arguments)
    var code = ExitCode.success
    if wantsLists {
      code = tell(
        try run(cache, base, settings, arguments) { (run) throws(DownloadFailure) in
          try run.runStationLists()
        })
    }
    if let request, code == .success {
      code = tell(
        try run(cache, base, settings, arguments) { (run) throws(DownloadFailure) in
          try run.run(request)
        })
    }
    return code
  }

  private static func run(
    _ cache: DownloadCache, _ base: String, _ settings: HTTPSettings, _ arguments: ParsedArguments,
    _ body: (DownloadRun) throws(DownloadFailure) -> DownloadReport
  ) throws -> DownloadReport {
    let stopwatch = Stopwatch()
    var events = FetchEvents()
    events.shouldStop = { Interruption.isRequested }
    events.onWait = { Message.plain("waiting for another download into the same cache to end") }
    events.onRetry = { failure, seconds in
      Message.endTransient()
      Message.warning("\(failure); trying again in \(Int64(seconds.rounded(.up))) s")
    }
    let run = DownloadRun(
      cache, base: base, settings: settings, refreshes: arguments.flag("refresh"), events: events,
      onProgress: { doneCount, byteCount in
        guard Message.isTerminal else { return }
        let rate = Int64(Double(byteCount) / max(stopwatch.seconds, 0.001))
        Message.transient(
          "downloading  \(NumberText.count(Int64(doneCount), "file"))  "
            + "\(NumberText.bytes(byteCount))  \(NumberText.bytes(rate))/s")
      })
    defer { Message.endTransient() }
    return try body(run)
  }

  private static func tell(_ report: DownloadReport) -> ExitCode {
    for note in report.notes { Message.plain(note) }
    for missing in report.missing.prefix(exampleCount) {
      Message.error("not there: \(missing)")
    }
    if report.missing.count > exampleCount {
      Message.error("not there: \(report.missing.count - exampleCount) more")
    }
    for failure in report.failures { Message.error(failure.description) }
    if report.strayRowCount > 0 {
      Message.warning(
        "\(NumberText.count(Int64(report.strayRowCount), "row")) of answers were left out: of no station "
          + "and day that was asked for")
    }
    if report.notTriedCount > 0 {
      Message.error(
        "\(NumberText.count(Int64(report.notTriedCount), "file")) not tried, because others failed: run the "
          + "same command again to go on")
    }
    var parts = [
      "downloaded \(NumberText.count(Int64(report.fetchedCount), "file")), "
        + NumberText.bytes(report.byteCount)
    ]
    if report.unchangedCount > 0 { parts.append("\(report.unchangedCount) unchanged") }
    if report.knownCount > 0 {
      parts.append("\(NumberText.grouped(Int64(report.knownCount))) there already")
    }
    if report.stationCount > 0 {
      parts.append("\(NumberText.count(Int64(report.stationCount), "station")) with data")
    }
    Message.plain(parts.joined(separator: "; "))
    for path in report.paths { try? StandardOutput.write(path + "\n") }
    if report.wasInterrupted { return .interrupted }
    if !report.failures.isEmpty || report.notTriedCount > 0 { return .failure }
    let lacks = report.wantedStationCount.map { report.stationCount < $0 } ?? false
    return !report.missing.isEmpty || lacks || report.strayRowCount > 0 ? .inputRefused : .success
  }

  private static let exampleCount = 20
}
