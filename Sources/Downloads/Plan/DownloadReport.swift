// What a download did.

/// Counts and what went wrong, in the order of the work.
public struct DownloadReport: Sendable {
  /// Files that came, or calls that were answered.
  public internal(set) var fetchedCount = 0
  /// Bytes that came over the network.
  public internal(set) var byteCount: Int64 = 0
  /// What the cache had already, and needed no question.
  public internal(set) var knownCount = 0
  /// What the server said has not changed.
  public internal(set) var unchangedCount = 0
  /// Stations that the server has nothing of, though they were asked for by name.
  public internal(set) var missing: [String] = []
  /// What failed, and why.
  public internal(set) var failures: [DownloadFailure] = []
  /// What was not tried, after failures.
  public internal(set) var notTriedCount = 0
  /// Rows of answers that nobody asked for, or that could not be told apart.
  public internal(set) var strayRowCount = 0
  /// Folders and files in which the observations lie, to be given to `moaa run`.
  public internal(set) var paths: [String] = []
  /// Stations that have data, as far as any was asked for.
  public internal(set) var stationCount = 0
  /// How many were asked for; nil where that was not said.
  public internal(set) var wantedStationCount: Int?
  public internal(set) var notes: [String] = []
  public internal(set) var wasInterrupted = false

  public init() {}
}
