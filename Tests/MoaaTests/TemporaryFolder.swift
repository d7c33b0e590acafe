// A folder of its own for every test, removed with everything in it.

import Foundation

final class TemporaryFolder: Sendable {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "moaa-program-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  static func / (folder: TemporaryFolder, name: String) -> String { folder.path + "/" + name }

  /// What a file holds; empty when there is none.
  func text(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: self / name) ?? Data(), as: UTF8.self)
  }

  /// Writes a file, and the folders above it.
  /// - Returns: its path.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let url = URL(fileURLWithPath: self / name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return self / name
  }

  /// The names in a folder, sorted.
  static func names(in path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// A generated data set.
  /// - Returns: its folder.
  func sample(_ name: String = "noaa", stations: Int, days: Int, seed: Int = 1) throws -> String {
    let made = try moaa(
      "sample", "--out", self / name, "--stations", "\(stations)", "--days", "\(days)", "--seed",
      "\(seed)")
    precondition(made.status == 0, "no sample: \(made.errors)")
    return self / name
  }
}
