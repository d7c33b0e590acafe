// The command line of `moaa download`, as what the library takes.

import Arguments
import Downloads
import Glibc

enum DownloadWords {
  /// nil when nothing is asked for.
  static func request(_ arguments: ParsedArguments) throws -> DownloadRequest? {
    guard let period = try period(arguments) else {
      for name in ["to", "station", "stations", "country", "bbox", "dataset"]
      where arguments.isGiven(name) {
        throw UsageError(message: "--\(name) needs --date DAY or --year YEAR")
      }
      if arguments.flag("archive") { throw UsageError(message: "--archive needs --year YEAR") }
      return nil
    }
    let dataset = arguments.value("dataset").flatMap { Dataset(rawValue: $0) }
    return DownloadRequest(
      period: period, selection: try selection(arguments, period, dataset), dataset: dataset)
  }

  private static func period(_ arguments: ParsedArguments) throws -> DownloadRequest.Period? {
    let first = try CacheOptions.day(arguments, "date")
    let last = try CacheOptions.day(arguments, "to")
    let years = try arguments.value(
      "year", expecting: "a year such as 2022, or years such as 2021-2023", Self.years)
    if let first {
      guard years == nil else { throw UsageError(message: "--date and --year: give one of them") }
      let last = last ?? first
      guard last >= first else { throw UsageError(message: "--to is before --date") }
      guard last - first < Int64(DownloadRequest.dayCountMax) else {
        throw UsageError(
          message: "more than \(DownloadRequest.dayCountMax) days: take whole years with --year")
      }
      return .days(first...last)
    }
    if let years {
      guard last == nil else { throw UsageError(message: "--to goes with --date") }
      return .years(years)
    }
    return nil
  }

  private static func years(_ text: String) -> ClosedRange<Int>? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let years = parts.compactMap { part in
      part.utf8.count == 4 ? Int(part).flatMap { $0 >= 1750 && $0 <= 2999 ? $0 : nil } : nil
    }
    guard years.count == parts.count, let first = years.first, let last = years.last,
      years.count <= 2, first <= last
    else { return nil }
    return first...last
  }

  private static func selection(
    _ arguments: ParsedArguments, _ period: DownloadRequest.Period, _ dataset: Dataset?
  ) throws -> DownloadRequest.Selection {
    let count = try arguments.integer("stations", in: 1...Int64(DownloadRequest.stationCountMax))
    let filter = try CacheOptions.filter(arguments)
    let isFiltered = filter.country != nil || filter.box != nil
    if arguments.flag("archive") {
      guard case .years(let years) = period else {
        throw UsageError(message: "--archive needs --year YEAR")
      }
      guard !isFiltered, count == nil, !arguments.isGiven("station") else {
        throw UsageError(message: "--archive is of all stations: choose none")
      }
      guard dataset != .ghcnh, years.upperBound <= DayText.year(Dataset.lastDayOfGlobalHourly)
      else {
        throw UsageError(
          message:
            "--archive is of global-hourly, which ends with 2025: GHCNh's archives have names that "
            + "change")
      }
      return .archives
    }
    if let text = arguments.value("station") {
      guard count == nil, !isFiltered else {
        throw UsageError(
          message: "--station names stations: leave --stations, --country and --bbox out")
      }
      return .ids(try ids(text))
    }
    // Of what is there, all may be meant.
    guard count != nil || isFiltered || arguments.flag("offline") else {
      throw UsageError(
        message: "say which stations: --station IDS, --stations N, --country CODE or --bbox N,W,S,E"
      )
    }
    return .chosen(count: count.map(Int.init), filter)
  }

  private static func ids(_ text: String) throws(UsageError) -> [String] {
    var ids: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      // 725300-94846, as the names of fixed-width files have it.
      let bytes = Array(part.utf8)
      let isParted = bytes.count == 12 && bytes[6] == UInt8(ascii: "-")
      let id = (isParted ? String(part.prefix(6) + part.suffix(5)) : String(part)).uppercased()
      guard id.utf8.count == 11,
        id.unicodeScalars.allSatisfy({
          ("0"..."9").contains($0) || ("A"..."Z").contains($0) || $0 == "-"
        })
      else {
        throw UsageError(
          message:
            "--station: '\(part)' is not the id of a station, such as 72530094846 or USW00094846: "
            + "`moaa stations WORDS` finds them")
      }
      if !ids.contains(id) { ids.append(id) }
    }
    return ids
  }

  static func base(_ arguments: ParsedArguments) -> String {
    arguments.value("base-url") ?? getenv("MOAA_DOWNLOAD_URL").map { String(cString: $0) }
      .flatMap { $0.isEmpty ? nil : $0 } ?? DownloadRun.defaultBase
  }

  static func settings(_ arguments: ParsedArguments) throws -> HTTPSettings {
    let base = base(arguments)
    guard base.hasPrefix("https://") || base.hasPrefix("http://"),
      base.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw UsageError(
        message: "--base-url: '\(base)' is not an address such as \(DownloadRun.defaultBase)")
    }
    let retryCount = try arguments.integer("retries", in: 0...100) ?? 5
    let timeout =
      try arguments.value("timeout", expecting: "a duration such as 30s or 2m") { text in
        Duration.seconds(text).flatMap { $0 >= 1 && $0 <= 3600 ? $0 : nil }
      } ?? 30
    let contact = try arguments.value("contact", expecting: "a line of plain text") { text in
      !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? text : nil
    }
    return HTTPSettings(
      userAgent: "moaa/\(Version.text) ("
        + (contact ?? "downloads NOAA observations, 4 connections at most; no contact given") + ")",
      timeoutSeconds: timeout, retryCount: Int(retryCount),
      allowsPlainHTTP: base.hasPrefix("http://"))
  }
}
