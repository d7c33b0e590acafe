// What a download asks of its caller, and tells it.

import Glibc

/// Callbacks of a download, all on its thread.
public struct FetchEvents {
  var onFile: (FetchOutcome, _ url: String) -> Void = { _, _ in }
  /// Bytes that are being received, of files that are not done.
  public var onBytes: (Int64) -> Void = { _ in }
  /// An attempt failed, and so many seconds later there will be another.
  public var onRetry: (DownloadFailure, _ seconds: Double) -> Void = { _, _ in }
  /// Another download into the same cache has to end first.
  public var onWait: () -> Void = {}
  public var shouldStop: () -> Bool = { false }
  /// The wall clock, in seconds since 1970 UTC.
  public var now: () -> Int64 = {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec)
  }

  public init() {}
}
