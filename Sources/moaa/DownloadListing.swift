// What a cache holds, and whether it is still what came.

import Arguments
import Downloads
import Observations

enum DownloadListing {
  /// Lists files; of a request, what is there of it.
  static func list(
    _ cache: DownloadCache, _ request: DownloadRequest?, _ format: OutputFormat
  ) throws -> ExitCode {
    var table = ResultTable(format, ["path", "bytes", "fetched", "checked"])
    var byteCount: Int64 = 0
    let entries = try request.map { try OfflineRequest.entries($0, in: cache) } ?? cache.entries
    for entry in entries {
      guard let content = entry.content, cache.entry(entry.path) != nil else { continue }
      byteCount += content.byteCount
      try table.add([
        .text(cache.absolute(entry.path)), .number(content.byteCount),
        .text(Timestamp(secondsSinceEpoch: entry.fetchedSeconds).description),
        .text(Timestamp(secondsSinceEpoch: entry.checkedSeconds).description),
      ])
    }
    try table.finish()
    Message.plain(
      "\(NumberText.count(Int64(table.rowCount), "file")), \(NumberText.bytes(byteCount)), in "
        + cache.folder)
    guard let request else { return .success }
    let missing = try OfflineRequest.missing(request, in: cache)
    for text in missing { Message.error(text) }
    return missing.isEmpty ? .success : .inputRefused
  }

  static func verify(_ cache: DownloadCache, _ format: OutputFormat) throws -> ExitCode {
    var table = ResultTable(format, ["path", "state"])
    var (count, faultCount) = (0, 0)
    try cache.verify(shouldStop: { Interruption.isRequested }) { entry, fault in
      guard entry.content != nil else { return }
      count += 1
      Message.transient("verifying  \(NumberText.grouped(Int64(count))) files")
      guard let fault else { return }
      faultCount += 1
      try table.add([.text(cache.absolute(entry.path)), .text(fault.rawValue)])
    }
    Message.endTransient()
    if Interruption.isRequested { return .interrupted }
    if faultCount > 0 || format != .table { try table.finish() }
    Message.plain(
      faultCount == 0
        ? "\(NumberText.count(Int64(count), "file")) as they came"
        : "\(NumberText.count(Int64(faultCount), "file")) of \(count) differ: remove them, and run the "
          + "download again")
    return faultCount == 0 ? .success : .checkFailed
  }
}
