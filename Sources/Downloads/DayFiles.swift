// The files of a cache that hold a day.

/// Says from which files of a cache a day is read, without a network.
public enum DayFiles {
  /// The files that hold observations of a day, of each station one: that of its year, else that of the
  /// day itself. Files of a year hold other days too.
  /// - Parameter day: counted from 1970-01-01.
  /// - Returns: absolute paths as the cache's folder is, sorted by station; of one data set.
  /// - Throws: `notThere` when there is none, with the command that fetches them.
  public static func paths(
    _ day: Int64, dataset: Dataset? = nil, in cache: DownloadCache
  ) throws(DownloadFailure) -> [String] {
    let dataset = dataset ?? .of(day: day)
    let year = DayText.year(day)
    var byStation: [String: String] = [:]
    // Sorted, so that of a station's two files that of the year comes to stand last.
    let folders =
      dataset == .globalHourly
      ? [NOAAAddress.dayFolder(day) + "/", "global-hourly/\(year)/"] : ["ghcnh/\(year)/"]
    for folder in folders {
      for entry in cache.entries where entry.path.hasPrefix(folder) {
        let name = String(entry.path.dropFirst(folder.count))
        // A file that was fetched before the day was over does not hold it.
        guard entry.content != nil, entry.checkedSeconds >= (day + 1) * 86_400,
          cache.entry(entry.path) != nil
        else { continue }
        byStation[name] = cache.absolute(entry.path)
      }
    }
    guard !byStation.isEmpty else {
      throw DownloadFailure(
        .notThere,
        "the cache \(cache.folder) holds no observations of \(DayText.text(day)): "
          + "`moaa download --date \(DayText.text(day)) --stations 100` fetches some")
    }
    return byStation.sorted { $0.key < $1.key }.map(\.value)
  }
}
