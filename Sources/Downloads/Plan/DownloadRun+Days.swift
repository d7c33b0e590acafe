// Days of global-hourly, by calls of the access API.

import Glibc
import Observations

extension DownloadRun {
  /// Fetches what the cache lacks of stations and days.
  func fetchDays(
    _ stations: [String], _ days: ClosedRange<Int64>, isNamed: Bool
  ) throws(DownloadFailure) {
    var files: [WantedFile] = []
    var first = days.lowerBound
    while first <= days.upperBound {
      let last = min(days.upperBound, first + Int64(NOAAAddress.daysPerCallMax) - 1)
      let lacking = stations.filter { station in
        (first...last).contains { !isKnown(station, $0) }
      }
      report.knownCount += (stations.count - lacking.count) * Int(last - first + 1)
      for start in stride(from: 0, to: lacking.count, by: NOAAAddress.stationsPerCallMax) {
        let end = min(lacking.count, start + NOAAAddress.stationsPerCallMax)
        let call = Array(lacking[start..<end])
        files.append(callFile(call, first...last))
      }
      first = last + 1
    }
    _ = try fetch(files, isNamed: isNamed)
    guard isNamed else { return }
    for station in stations {
      for day in days {
        let year = NOAAAddress.yearPath(.globalHourly, station, DayText.year(day))
        let entry = cache.entry(NOAAAddress.dayPath(station, day))
        if let entry, entry.content == nil, cache.entry(year) == nil {
          report.missing.append("\(station) on \(DayText.text(day))")
        }
      }
    }
  }

  /// Whether a station's day is settled, by itself or within its year.
  private func isKnown(_ station: String, _ day: Int64) -> Bool {
    state(NOAAAddress.dayPath(station, day), endOf: day) == .settled
      || state(NOAAAddress.yearPath(.globalHourly, station, DayText.year(day)), endOf: day)
        == .settled
  }

  private func callFile(_ stations: [String], _ days: ClosedRange<Int64>) -> WantedFile {
    let url = address.call(stations, days)
    return WantedFile(
      url: url, path: "answers/" + FileDigest.sha256(url).prefix(16), isKept: false,
      fault: BodyCheck.rows(.globalHourly)
    ) { [cache, unowned self] (path, answer) throws(DownloadFailure) in
      let keys = stations.flatMap { station in
        days.map { AnswerSplitter.Key(station: station, day: $0) }
      }
      let split = try AnswerSplitter(path, asked: Set(keys))
      report.strayRowCount += split.strayCount
      for key in keys {
        let path = NOAAAddress.dayPath(key.station, key.day)
        var content: ManifestEntry.Content?
        if let rows = split.rows[key] {
          let bytes = split.header + rows
          try Folders.make(cache.absolute(NOAAAddress.dayFolder(key.day)))
          try Folders.replace(cache.absolute(path), with: bytes)
          var digest = FileDigest(.sha256)
          bytes.withUnsafeBytes { digest.update($0) }
          content = ManifestEntry.Content(byteCount: Int64(bytes.count), sha256: digest.finish())
        } else {
          // What an earlier answer had would be found by those who read the folder.
          unlink(cache.absolute(path))
        }
        try cache.add(
          ManifestEntry(
            path: path, content: content, url: url, fetchedSeconds: answer.fetchedSeconds))
      }
    }
  }

  /// Whether what the cache has of a station holds observations of the days.
  func hasData(_ station: String, _ part: Part) -> Bool {
    if part.dataset == .globalHourly, !part.isOfYears {
      return part.days.contains { day in
        cache.entry(NOAAAddress.dayPath(station, day))?.content != nil
          || cache.entry(NOAAAddress.yearPath(.globalHourly, station, DayText.year(day)))?.content
            != nil
      }
    }
    return part.years.contains { year in
      guard let entry = cache.entry(NOAAAddress.yearPath(part.dataset, station, year)),
        entry.content != nil
      else { return false }
      return part.isOfYears || holds(entry.path, part.days)
    }
  }

  /// Whether a file has a row of one of the days.
  private func holds(_ path: String, _ days: ClosedRange<Int64>) -> Bool {
    struct Found: Error {}
    var decoder = FileDecoder(fileName: path)
    do {
      _ = try readPieces(cache.absolute(path)) { piece in
        try decoder.decode(piece) { row in
          if case .observation(let observation) = row.content,
            days.contains(observation.time.dayIndex)
          {
            throw Found()
          }
        }
      }
      return false
    } catch {
      return error is Found
    }
  }
}

/// As `readFile`, for bodies that throw what they like.
private func readPieces(
  _ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void
) throws -> Bool {
  var failure: (any Error)?
  let isThere = try readFile(path) { (piece) throws(DownloadFailure) in
    guard failure == nil else { return }
    do { try body(piece) } catch { failure = error }
  }
  if let failure { throw failure }
  return isThere
}
