// The folder in which downloads are kept, for later commands to use without a network.
//
//   manifest.tsv                          which files are complete
//   lock                                  held by a download
//   lists/isd-history.csv                 the stations of global-hourly
//   lists/ghcnh-station-list.txt          those of GHCNh
//   global-hourly/days/DAY/STATION.csv    a station's day, from the access API
//   global-hourly/YEAR/STATION.csv        a station's year
//   global-hourly/archive/YEAR.tar.gz     all stations of a year
//   ghcnh/YEAR/GHCNh_STATION_YEAR.psv     a station's year of GHCNh
//
// Beside them lie NAME.part and NAME.part.source, of files that are being fetched.

import Glibc

/// A cache of downloads. Reading it needs no lock: files appear under their names when they are complete.
public final class DownloadCache {
  public let folder: String
  private(set) var manifest: Manifest
  private var lock: Int32 = -1

  /// Opens a cache, which need not be there yet.
  public init(_ folder: String) throws(DownloadFailure) {
    self.folder = folder
    manifest = try Manifest(folder + "/manifest.tsv")
  }

  deinit { if lock >= 0 { close(lock) } }

  /// Where a file of the cache is.
  public func absolute(_ path: String) -> String { "\(folder)/\(path)" }

  /// Everything that is known to be complete, by path.
  public var entries: [ManifestEntry] { manifest.entries.values.sorted { $0.path < $1.path } }

  /// What is known of a path; nil where nothing is, or where the file has gone since.
  public func entry(_ path: String) -> ManifestEntry? {
    guard let entry = manifest.entries[path] else { return nil }
    guard let content = entry.content else { return entry }
    var status = stat()
    guard stat(absolute(path), &status) == 0, Int64(status.st_size) == content.byteCount else {
      return nil
    }
    return entry
  }

  // MARK: Writing

  /// Makes the folder, waits for other downloads into it, and reads what they left.
  /// - Parameters:
  ///   - onWait: called once when another download has to end first.
  ///   - shouldGiveUp: asked while waiting.
  /// - Returns: false when it was given up.
  func takeLock(
    onWait: () -> Void, shouldGiveUp: () -> Bool
  ) throws(DownloadFailure) -> Bool {
    try Folders.make(folder)
    let path = absolute("lock")
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .system("write", path) }
    lock = file
    var hasWaited = false
    while true {
      var request = flock()
      request.l_type = Int16(F_WRLCK)
      request.l_whence = Int16(SEEK_SET)
      request.l_len = 1
      // F_OFD_SETLK of linux/fcntl.h, which the module map does not show.
      if fcntl(file, 37, &request) == 0 { break }
      guard errno == EAGAIN || errno == EACCES || errno == EINTR else {
        throw DownloadFailure(
          .local,
          "cannot lock \(path): \(errorText()). The file system must support locks; network file systems "
            + "often do not")
      }
      if !hasWaited { onWait() }
      hasWaited = true
      if shouldGiveUp() { return false }
      usleep(100_000)
    }
    manifest = try Manifest(absolute("manifest.tsv"))
    return true
  }

  func add(_ entry: ManifestEntry) throws(DownloadFailure) { try manifest.add(entry) }

  func save() throws(DownloadFailure) { try manifest.save() }

  // MARK: Verifying

  public enum Fault: String, Sendable {
    case missing
    /// Another size or hash than when it was fetched.
    case changed
  }

  /// Reads every file, and compares size and SHA-256.
  /// - Parameter onEntry: called for each entry, with what is wrong with its file.
  public func verify(
    shouldStop: () -> Bool, _ onEntry: (ManifestEntry, Fault?) throws -> Void
  ) throws {
    for entry in entries {
      if shouldStop() { return }
      guard let content = entry.content else {
        try onEntry(entry, nil)
        continue
      }
      if let found = try FileDigest.sha256(ofFile: absolute(entry.path)) {
        let isSame = found.byteCount == content.byteCount && found.hash == content.sha256
        try onEntry(entry, isSame ? nil : .changed)
      } else {
        try onEntry(entry, .missing)
      }
    }
  }
}
