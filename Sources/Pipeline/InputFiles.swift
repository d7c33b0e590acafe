// Which files a command line names: files as they are, folders searched for files with NCEI's names,
// `-` for standard input.

import Glibc
import Observations

/// Finds input files.
public enum InputFiles {
  /// The files that `paths` name, each once, in order of name within a folder.
  /// - Parameter takesArchives: whether archives of such files are looked for in folders too.
  /// - Returns: paths that can be opened, and a failure for each of `paths` that names nothing.
  public static func find(
    _ paths: [String], takesArchives: Bool = false
  ) -> (files: [String], failures: [InputFailure]) {
    var files: [String] = []
    var failures: [InputFailure] = []
    var seen = Set<FileID>()
    func add(_ path: String, _ status: stat) {
      if seen.insert(FileID(status)).inserted { files.append(path) }
    }
    for path in paths {
      if path == "-" {
        if !files.contains(path) { files.append(path) }
        continue
      }
      var status = stat()
      guard stat(path, &status) == 0 else {
        // What stood in place of bytes that are no UTF-8.
        failures.append(
          InputFailure(path, path.contains("\u{FFFD}") ? nameIsNotText : errorText()))
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFREG, S_IFIFO: add(path, status)
      case S_IFDIR: addFolder(path)
      default:
        failures.append(InputFailure(path, "this is neither a file, nor a folder, nor a pipe"))
      }
    }
    return (files, failures)

    func addFolder(_ path: String) {
      let before = files.count
      let failuresBefore = failures.count
      walk(path, takesArchives, &failures, add)
      if files.count == before, failures.count == failuresBefore,
        !containsSeen(path, takesArchives, seen)
      {
        failures.append(
          InputFailure(
            path,
            "the folder holds no .csv, .csv.gz, .psv or .psv.gz file, and none named like "
              + "725300-94846-2014, 725300-94846-2014.gz or 1901.gz"
              + (takesArchives ? ", and no .tar or .tar.gz" : "")))
      }
    }
  }

  /// A file's identity in the file system, so that two ways to it are one file.
  private struct FileID: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }
  }

  /// Whether a path names a pipe, which gives its bytes once.
  static func isPipe(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// Whether a folder that gave nothing new holds a file that was named before.
  private static func containsSeen(
    _ folder: String, _ takesArchives: Bool, _ seen: Set<FileID>
  ) -> Bool {
    var found = false
    var ignored: [InputFailure] = []
    walk(folder, takesArchives, &ignored) { _, status in
      found = found || seen.contains(FileID(status))
    }
    return found
  }

  private static func walk(
    _ folder: String, _ takesArchives: Bool, _ failures: inout [InputFailure],
    _ add: (String, stat) -> Void
  ) {
    guard let directory = opendir(folder) else {
      failures.append(InputFailure(folder, errorText()))
      return
    }
    var names: [String] = []
    while let entry = readdir(directory) {
      let (name, isText) = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) {
          (String(cString: $0), String(validatingCString: $0) != nil)
        }
      }
      if name.hasPrefix(".") { continue }
      if isText {
        names.append(name)
      } else if entry.pointee.d_type == DT_DIR || isWanted(name, takesArchives) {
        failures.append(InputFailure("\(folder)/\(name)", nameIsNotText))
      }
    }
    closedir(directory)
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      var link = stat()
      var status = stat()
      guard lstat(path, &link) == 0, stat(path, &status) == 0 else {
        if isWanted(name, takesArchives) { failures.append(InputFailure(path, errorText())) }
        continue
      }
      if status.st_mode & S_IFMT == S_IFDIR {
        // A linked folder may lead round in a circle.
        if link.st_mode & S_IFMT == S_IFDIR { walk(path, takesArchives, &failures, add) }
      } else if status.st_mode & S_IFMT == S_IFREG, isWanted(name, takesArchives) {
        add(path, status)
      }
    }
  }

  /// Whether a file that is found in a folder or an archive is taken: by its name alone, which does not
  /// begin with a dot; archives made on a Mac hold a `._x.csv` beside every `x.csv`. What it holds is seen
  /// when it is read.
  /// - Parameter name: perhaps with folders before it.
  static func isWanted(_ name: String, _ takesArchives: Bool = false) -> Bool {
    guard name.split(separator: "/").last?.hasPrefix(".") == false else { return false }
    return [".csv", ".csv.gz", ".psv", ".psv.gz"].contains(where: name.hasSuffix)
      || StationYearFileName(name) != nil
      || StationYearFileName.isOfManyStations(name)
      || (takesArchives && [".tar", ".tar.gz", ".tgz"].contains(where: name.hasSuffix))
  }

  private static let nameIsNotText =
    "the name is not UTF-8 and cannot be written in messages or kept: rename it"

  static func errorText() -> String { String(cString: strerror(errno)) }
}
