// The files of a backfill, as a command line names them.

import Glibc

/// Finds files; keeps copies of streams as long as the value lives.
struct BackfillInput {
  var files: [BackfillFile] = []
  var failures: [InputFailure] = []
  private(set) var spools: [SpooledInput] = []

  /// - Parameter shouldStop: asked while a stream is copied.
  init(_ paths: [String], shouldStop: () -> Bool) {
    let found = InputFiles.find(paths.flatMap(Self.expanded), takesArchives: true)
    failures = found.failures
    for path in found.files {
      do throws(InputFailure) {
        files.append(try file(path, shouldStop))
      } catch { failures.append(error) }
    }
  }

  private mutating func file(
    _ path: String, _ shouldStop: () -> Bool
  ) throws(InputFailure) -> BackfillFile {
    if path == "-" || InputFiles.isPipe(path) {
      let spool = try SpooledInput(path, shouldStop: shouldStop)
      spools.append(spool)
      let name = path == "-" ? "standard input" : path
      return BackfillFile(
        path: spool.path, name: name, key: nil, stamp: try Self.stamp(spool.path, name))
    }
    guard let absolute = realpath(path, nil) else {
      throw InputFailure(path, InputFiles.errorText())
    }
    defer { free(absolute) }
    return BackfillFile(
      path: path, name: path, key: FileKey(absolutePath: absolute),
      stamp: try Self.stamp(path, path))
  }

  private static func stamp(_ path: String, _ name: String) throws(InputFailure) -> FileStamp {
    guard let stamp = FileStamp(path: path) else {
      throw InputFailure(name, InputFiles.errorText())
    }
    return stamp
  }

  /// The files that a pattern stands for, such as `2023/*.csv` that no shell has expanded: what names a
  /// file or matches none is left as it is.
  private static func expanded(_ path: String) -> [String] {
    guard path.contains(where: { "*?[".contains($0) }), access(path, F_OK) != 0 else {
      return [path]
    }
    var matches = glob_t()
    defer { globfree(&matches) }
    guard glob(path, 0, nil, &matches) == 0 else { return [path] }
    return (0..<Int(matches.gl_pathc)).compactMap { index in
      matches.gl_pathv[index].map { String(cString: $0) }
    }
  }
}
