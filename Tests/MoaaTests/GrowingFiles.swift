// Ten small files in two versions: half of their rows, then all of them, a few unusable ones among
// them.

enum GrowingFiles {
  /// - Returns: the folders of both versions.
  static func make(in folder: TemporaryFolder) throws -> [String] {
    let whole = try folder.sample("whole", stations: 10, days: 3)
    for (index, name) in TemporaryFolder.names(in: whole).enumerated() {
      var lines = folder.text("whole/\(name)").split(separator: "\n").map { $0 + "\n" }
      if index.isMultiple(of: 3) {
        lines.insert("\"not\",\"an\",\"observation\"\n", at: 20)
        lines.insert("a quote \"that never ends\n", at: 10)
      }
      try folder.write(lines.joined(), to: "whole/\(name)")
      try folder.write(lines.prefix(lines.count / 2).joined(), to: "half/\(name)")
    }
    return [folder / "half", whole]
  }
}
