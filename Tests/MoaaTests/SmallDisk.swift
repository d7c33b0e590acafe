// A small file system in memory, to be filled; only root may mount one.

import Testing

/// A file system of a given size, unmounted with the value.
final class SmallDisk {
  let path: String

  init(in folder: TemporaryFolder, size: String) throws {
    path = folder / "disk"
    try folder.write("", to: "disk/hidden")
    try Self.run("mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path)
  }

  deinit { try? Self.run("umount", path) }

  func resize(_ size: String) throws { try Self.run("mount", "-o", "remount,size=\(size)", path) }

  private static func run(_ words: String...) throws {
    let outcome = try MoaaProcess(words, program: "/usr/bin/env").finish()
    try #require(outcome.status == 0, "\(words): \(outcome.errors)")
  }
}
