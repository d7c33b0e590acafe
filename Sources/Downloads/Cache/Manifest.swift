// Which files of the cache are complete: `manifest.tsv`, a line a file.
//
// What must hold: a file that has no line does not count, so a line is written after its file is under its
// name. Lines are appended as files come; the last of a path counts, and a last line without its end,
// of a process that was killed, counts for nothing. The end of a run rewrites the whole, sorted.

import Glibc

struct Manifest {
  private static let heading =
    "#moaa-cache/1\t" + ManifestEntry.columns.joined(separator: "\t") + "\n"

  let path: String
  private(set) var entries: [String: ManifestEntry] = [:]
  /// Whether the file holds what counts for nothing, perhaps at its end.
  private var isUntidy = false
  /// Whether lines were appended.
  private var needsSorting = false

  /// Reads it; empty where there is none.
  init(_ path: String) throws(DownloadFailure) {
    self.path = path
    guard let bytes = try readWholeFile(path), !bytes.isEmpty else { return }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("#moaa-cache/1\t") else {
      throw DownloadFailure(
        .local, "\(path) was written by another version of moaa: name another folder with --cache")
    }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // What comes after the last newline: nothing, or the beginning of a line.
    if let rest = lines.popLast(), !rest.isEmpty { isUntidy = true }
    for line in lines.dropFirst() {
      guard let entry = ManifestEntry(line: line) else {
        isUntidy = true
        continue
      }
      if entries.updateValue(entry, forKey: entry.path) != nil { isUntidy = true }
    }
  }

  /// Adds an entry, on the disk when this returns.
  mutating func add(_ entry: ManifestEntry) throws(DownloadFailure) {
    if entries.isEmpty || isUntidy {
      // After half a line nothing can be appended.
      entries[entry.path] = entry
      try rewrite()
      return
    }
    entries[entry.path] = entry
    let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { throw .system("write", path) }
    defer { close(file) }
    // Untidy until it is known to be written whole.
    isUntidy = true
    try Folders.writeAll(Array(entry.line.utf8), to: file, path)
    guard fdatasync(file) == 0 else { throw .system("write", path) }
    isUntidy = false
    needsSorting = true
  }

  /// Rewrites the file, sorted, when it is not so already.
  mutating func save() throws(DownloadFailure) {
    if isUntidy || needsSorting { try rewrite() }
  }

  private mutating func rewrite() throws(DownloadFailure) {
    var text = Self.heading
    for entry in entries.values.sorted(by: { $0.path < $1.path }) { text += entry.line }
    try Folders.replace(path, with: Array(text.utf8))
    isUntidy = false
    needsSorting = false
  }
}
