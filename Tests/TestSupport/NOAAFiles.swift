// Real files of NOAA, where they are at hand: in the folder that MOAA_NOAA_DATA names, else in
// ../shared/data/noaa beside the package. They are not part of it.

import Foundation

public enum NOAAFiles {
  public static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["MOAA_NOAA_DATA"] {
      return URL(fileURLWithPath: path)
    }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return package.deletingLastPathComponent().appendingPathComponent("shared/data/noaa")
  }()

  /// Tests that need them are disabled, and reported as skipped, where they are not.
  public static let areAtHand = FileManager.default.fileExists(
    atPath: folder.appendingPathComponent("global-hourly").path)

  /// The paths of all files below a folder of theirs, hidden ones left out.
  public static func paths(in part: String) throws -> Set<String> {
    let root = folder.appendingPathComponent(part)
    var found: Set<String> = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
      var isFolder: ObjCBool = false
      let path = root.appendingPathComponent(name).path
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
        found.insert("\(part)/\(name)")
      }
    }
    return found
  }

  /// A file's bytes, inflated where its name ends in `.gz`.
  public static func contents(_ path: String) throws -> [UInt8] {
    let url = folder.appendingPathComponent(path)
    guard path.hasSuffix(".gz") else { return Array(try Data(contentsOf: url)) }
    let gzip = Process()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-dc", url.path]
    let pipe = Pipe()
    gzip.standardOutput = pipe
    try gzip.run()
    let bytes = Array(pipe.fileHandleForReading.readDataToEndOfFile())
    gzip.waitUntilExit()
    guard gzip.terminationStatus == 0 else { throw GzipFailed(path: path) }
    return bytes
  }
}

public struct GzipFailed: Error {
  public let path: String
}
